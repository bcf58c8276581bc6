"""Remembered failures as records: what comes back, and what never does."""

import json
from typing import Any

import pytest

from unicache._blocking import BlockingIo
from unicache._core.loads.failures import recalled, remembered
from unicache._core.records.codec import encode
from unicache._core.records.record import FAILURE, Record, TagVersion
from unicache._core.records.wrapping import Wrapping
from unicache._core.values import Values

VALUES = Values(BlockingIo())
NAME = b":k"


class NoRow(LookupError):
    pass


class NoUser(NoRow):
    pass


class Awkward(LookupError):
    def __init__(self, *, table: str) -> None:
        super().__init__(table)


def record_of(error: Exception) -> Record:
    record = remembered(VALUES, NAME, error, ())
    assert record is not None
    return record


def forged(path: Any, arguments: Any) -> Record:
    return Record(encode([path, arguments])[1], FAILURE, 1, 0.0)


@pytest.mark.parametrize("arguments", [(), ("no row",), (1, None, b"x", ("a", 2.5), {"k": [True]})])
def test_class_and_arguments_come_back(arguments: tuple[Any, ...]) -> None:
    error = recalled(VALUES, NAME, record_of(NoRow(*arguments)), [NoRow])
    assert (type(error), error and error.args) == (NoRow, arguments)


def test_a_note_says_that_it_was_remembered() -> None:
    error = recalled(VALUES, NAME, record_of(NoRow("x")), [NoRow])
    assert error is not None
    assert "its loader did not run" in error.__notes__[0]


@pytest.mark.parametrize("declared", [NoUser, NoRow, LookupError, Exception])
def test_a_derived_class_comes_back_as_itself(declared: type[Exception]) -> None:
    assert type(recalled(VALUES, NAME, record_of(NoUser("x")), [declared])) is NoUser


@pytest.mark.parametrize("declared", [[], [KeyError], [NoUser]])
def test_a_class_that_was_not_declared_is_not_made(declared: list[type[Exception]]) -> None:
    assert recalled(VALUES, NAME, record_of(NoRow("x")), declared) is None


@pytest.mark.parametrize("path", ["os:system", "builtins:eval", "json:JSONDecodeError", "nowhere:Error", 7, None])
def test_a_name_alone_makes_nothing(path: Any) -> None:
    assert recalled(VALUES, NAME, forged(path, ["true"]), [NoRow]) is None


def test_a_constructor_that_refuses_its_arguments_makes_nothing() -> None:
    assert recalled(VALUES, NAME, record_of(Awkward(table="users")), [Awkward]) is None
    error = json.JSONDecodeError("wrong", "[", 1)
    assert recalled(VALUES, NAME, record_of(error), [ValueError]) is None


def test_arguments_that_are_no_values_are_not_stored() -> None:
    assert remembered(VALUES, NAME, NoRow(object()), ()) is None


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x01", b"\x93\x01\x02\x03"])
def test_bytes_that_are_no_failure_make_nothing(payload: bytes) -> None:
    assert recalled(VALUES, NAME, Record(payload, FAILURE, 1, 0.0), [Exception]) is None


def test_it_carries_its_tags() -> None:
    tags = (TagVersion("red", b"0" * 16),)
    record = remembered(VALUES, NAME, NoRow(), tags)
    assert record is not None
    assert (record.tags, record.codec, record.soft) == (tags, FAILURE, 0.0)


def test_a_failure_that_is_larger_than_a_value_may_be_is_not_remembered() -> None:
    small = Values(BlockingIo(), wrapping=Wrapping(limit=100))
    assert remembered(small, NAME, NoRow("x"), ()) is not None
    assert remembered(small, NAME, NoRow("x" * 100), ()) is None
