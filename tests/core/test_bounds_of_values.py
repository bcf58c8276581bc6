"""Values in every codec and wrapping, as records: whole and the same, or one error, bounded in memory and time."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_kit import same, values

from unicache._blocking import BlockingIo
from unicache._core.records.codec import JSON, MAX_VALUE, PICKLE, RICH, TEXT, decode, format_of
from unicache._core.records.envelope import pack, unpack
from unicache._core.records.record import Record
from unicache._core.records.seal import Encryption, Signing
from unicache._core.records.wrapping import Wrapping
from unicache._core.values import Values
from unicache.errors import ValueFormatError

NAME = b"shop:k"
WRAPPINGS = [
    Wrapping(MAX_VALUE, 0),
    Wrapping(MAX_VALUE, None, Signing({"k": bytes(32)})),
    Wrapping(MAX_VALUE, 20, Encryption({"k": bytes(32)})),
]


@given(values, st.binary(min_size=1, max_size=30), st.sampled_from(WRAPPINGS))
def test_every_value_comes_back_the_same_through_every_wrapping_and_the_envelope(
    value: typing.Any, name: bytes, wrapping: Wrapping
) -> None:
    wrapped = Values(BlockingIo(), format_of("msgpack"), wrapping)
    record = unpack(name, pack(name, wrapped.record(name, value)))
    assert isinstance(record, Record)
    assert same(wrapped.value(name, record), value)


@pytest.mark.parametrize("name", ["msgpack", "json", "raw", "pickle"])
def test_the_size_of_a_value_is_bounded_both_ways_by_the_caches_own_limit(name: str) -> None:
    values_of = Values(BlockingIo(), format_of(name), Wrapping(limit=100))
    wide = Values(BlockingIo(), format_of(name))
    with pytest.raises(ValueFormatError, match="more than 100 bytes"):
        values_of.record(NAME, "x" * 101)
    assert values_of.value(NAME, values_of.record(NAME, "x" * 50)) == "x" * 50
    with pytest.raises(ValueFormatError, match="more than 100 bytes"):
        values_of.value(NAME, wide.record(NAME, "x" * 101))


BOMBS = [b"[" * 200_000, b'{"k":' * 200_000, b"\x91" * 200_000, b"]\x93" * 100_000, b"1 1", b"", b"nul", b"{}{}"]


@pytest.mark.parametrize("number", [RICH, TEXT, JSON, PICKLE])
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: str(bomb[:8]))
def test_a_bomb_is_a_value_or_the_one_error(number: int, bomb: bytes) -> None:
    try:
        decode(number, bomb, format_of("pickle").readers)
    except ValueFormatError as error:
        assert error.__context__ is None  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("name", ["json", "pickle"])
def test_cut_and_flipped_bytes_are_a_value_or_the_one_error(name: str) -> None:
    form = format_of(name)
    codec, data = form.write({"secret": [1, 2.5, "secret", {"secret": None}]})
    cuts = [data[:end] for end in range(len(data))]
    flips = [data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at in range(len(data)) for bit in range(8)]
    for changed in cuts + (flips if name == "json" else []):  # pickles are signed: nobody reads a flipped one
        try:
            decode(codec, changed, form.readers)
        except ValueFormatError as error:
            assert ("secret" in str(error), error.__context__) == (False, None)  # noqa: PT017 - both are right
