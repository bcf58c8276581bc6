"""What is not for everybody's eyes is not shown by rich either, which takes structs apart (P10)."""

import msgspec
import pytest
from rich.pretty import pretty_repr

from unicache import Entry, Result
from unicache import subdocument as sd
from unicache._core.records.record import Record
from unicache._core.setup.node import Credentials

VALUE = "the secret"

DISCREET = [
    Credentials(password=VALUE),
    Entry(key="k", value=VALUE, cas=1, ttl=None, tags=(), age=0.0, stale=False),
    Record(VALUE.encode(), codec=1, cas=1, created=0.0),
    Result(VALUE, "hit"),
    sd.set("path", VALUE),
]


@pytest.mark.parametrize("thing", DISCREET, ids=lambda thing: type(thing).__name__)
def test_what_is_discreet_shows_nobody_more_than_its_repr(thing: msgspec.Struct) -> None:
    assert VALUE not in repr(thing)
    assert pretty_repr([thing]) == f"[{thing!r}]"
