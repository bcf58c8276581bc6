"""Pickle as a codec: what it takes, what it refuses, and that nobody else looks at one."""

import os
import pickle
import typing

import pytest

from unicache._core.records.codec import decode, format_of
from unicache.errors import ValueFormatError


class Planted:
    """What runs when it is unpickled."""

    def __reduce__(self) -> typing.Any:
        return os.abort, ()


def test_pickle_takes_what_no_other_codec_does() -> None:
    value = {"when": [complex(1, 2), range(3), bytearray(b"x"), ValueError("x").args]}
    form = format_of("pickle")
    assert decode(*form.write(value), form.readers) == value


@pytest.mark.parametrize("name", ["msgpack", "json", "raw"])
def test_a_planted_pickle_is_not_even_looked_at(name: str) -> None:
    codec, payload = format_of("pickle").write(Planted())
    for number in (codec, *range(256)):
        try:
            decode(number, payload, format_of(name).readers)
            decode(number, pickle.dumps(Planted()), format_of(name).readers)
        except ValueFormatError:
            continue


def test_what_cannot_be_pickled_is_refused() -> None:
    for value in (lambda: 1, [(item for item in ())]):
        with pytest.raises(ValueFormatError, match="cannot be pickled") as caught:
            format_of("pickle").write(value)
        assert caught.value.__context__ is None
