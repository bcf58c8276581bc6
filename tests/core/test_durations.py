"""Durations: what is read, to the last bit, and what is refused."""

import contextlib
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.tools.durations import LONGEST, SHORTEST, optional_seconds, seconds
from unicache.errors import InvalidArgument

DAY = 86400.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (60, 60.0),
        (0.3, 0.3),
        (0.001, 0.001),
        (timedelta(minutes=5), 300.0),
        (timedelta(milliseconds=250), 0.25),
        ("60s", 60.0),
        ("250ms", 0.25),
        ("1ms", 0.001),
        ("5m", 300.0),
        ("5m5ms", 300.005),
        ("1h30m", 5400.0),
        ("1.5s", 1.5),
        ("0.5h", 1800.0),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("1w2d3h4m5s6ms", 9 * DAY + 3 * 3600 + 4 * 60 + 5.006),
        ("0h5s", 5.0),
        (timedelta(days=50 * 365), 50 * 365 * DAY),
        (LONGEST, LONGEST),
    ],
)
def test_durations_are_read_exactly(value, expected):
    result = seconds(value, "ttl")
    assert result == expected
    assert type(result) is float


def test_parts_of_a_text_are_added_without_rounding():
    assert seconds("0.1s49.1ms", "ttl") == 0.1491
    assert (0.1 * 1000 + 49.1) / 1000 != 0.1491


def test_subclasses_of_numbers_are_numbers():
    class Ttl(IntEnum):
        SHORT = 30

    assert seconds(Ttl.SHORT, "ttl") == 30.0


WRONG_NUMBERS = [0, 0.0, -0.0, -1, -0.5, 0.0009, math.nan, math.inf, -math.inf, LONGEST * 1.001, 10**400, -(10**400)]
WRONG_TYPES = [True, False, None, b"60s", [60], Decimal(60), Fraction(60), 60j, object()]
WRONG_DELTAS = [timedelta(0), timedelta(seconds=-1), timedelta(microseconds=999), timedelta.max, timedelta.min]
MOMENTS = [datetime(2020, 1, 1), datetime(2999, 1, 1, tzinfo=UTC), date(2999, 1, 1)]
NO_TEXTS = ["", " ", "60", "1.5", "-60", "s", "ms", "nan", "inf", "nans", "1h30", "1x", "1H", "1e3s", ".5s", "5.s"]
BAD_TEXTS = ["1 h", " 1h", "1h ", "1h\n", "-1h", "+1h", "1m1h", "1s1s", "1ms1s", "\u0661s", "9" * 5000 + "s"]
WRONG_LENGTHS = ["0s", "0.9ms", "6000w"]


@pytest.mark.parametrize(
    "value", [*WRONG_NUMBERS, *WRONG_TYPES, *WRONG_DELTAS, *MOMENTS, *NO_TEXTS, *BAD_TEXTS, *WRONG_LENGTHS]
)
def test_everything_else_is_refused_by_name(value):
    with pytest.raises(InvalidArgument, match=r"^stale must be ") as caught:
        seconds(value, "stale")
    assert caught.value.argument == "stale"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("60", "not a bare number"),
        (datetime(2020, 1, 1), "point in time"),
        (0, "not zero"),
        (-1, "at least 1 ms"),
        (math.nan, "NaN"),
        (math.inf, "100 years"),
        (True, "not bool"),
        ("soon", "1h30m"),
        ("", "1h30m"),
    ],
)
def test_the_error_says_what_to_do(value, words):
    with pytest.raises(InvalidArgument, match=words):
        seconds(value, "ttl")


def test_an_error_does_not_show_the_text_it_was_given():
    with pytest.raises(InvalidArgument) as caught:
        seconds("hunter2", "ttl")
    assert "hunter2" not in str(caught.value)


def test_the_name_of_the_argument_is_that_of_the_call_at_hand():
    for argument in ("ttl", "soft"):
        with pytest.raises(InvalidArgument, match=f"^{argument} must"):
            seconds("never", argument)


def test_none_is_no_expiry_only_where_it_may_be():
    assert optional_seconds(None, "ttl") is None
    assert optional_seconds("1s", "ttl") == 1.0
    with pytest.raises(InvalidArgument):
        optional_seconds(0, "ttl")


@given(st.integers(1, 3_000_000_000_000))
def test_whole_milliseconds_read_alike_as_text_number_and_timedelta(milliseconds):
    expected = milliseconds / 1000
    assert seconds(f"{milliseconds}ms", "ttl") == expected
    assert seconds(f"{milliseconds // 1000}s{milliseconds % 1000}ms", "ttl") == expected
    assert seconds(timedelta(milliseconds=milliseconds), "ttl") == expected
    assert seconds(expected, "ttl") == expected


@given(st.one_of(st.text(alphabet="0123456789.wdhms -", max_size=12), st.floats(), st.integers(), st.timedeltas()))
def test_the_answer_is_in_range_or_an_error(value):
    with contextlib.suppress(InvalidArgument):
        assert SHORTEST <= seconds(value, "ttl") <= LONGEST
