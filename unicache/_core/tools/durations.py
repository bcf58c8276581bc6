"""Durations as users write them, to seconds as the engine counts them. Pure; nothing here knows a clock.

What must not live here: what a duration is *for* (times to live, windows, deadlines), and points in time.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

from unicache.errors import InvalidArgument
from unicache.typing import Duration

__all__ = ["LONGEST", "SHORTEST", "optional_seconds", "seconds"]

SHORTEST = 0.001
"""One millisecond, the grain of expiry on the server: anything shorter would round to "at once" or to "never"."""

LONGEST = 100 * 365.25 * 86400.0
"""One hundred years."""

_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}  # milliseconds
_DIGITS = 15
_GRAIN = 1_000_000_000_000_000
_NUMBER = rf"[0-9]{{1,{_DIGITS}}}(?:\.[0-9]{{1,{_DIGITS}}})?"
_TEXT = "".join(rf"(?:({_NUMBER}){unit})?" for unit in _UNITS)
_BARE = r"[+-]?[0-9]+(?:\.[0-9]*)?"


def seconds(value: Duration, argument: str) -> float:
    """A duration in seconds.

    ``value``     seconds as int or float, a ``timedelta``, or text: numbers with the units ``w d h m s ms``, each at
                  most once and the largest first, without spaces
    ``argument``  the name of the user's argument, for the error

    Raises InvalidArgument for anything shorter than a millisecond or longer than a hundred years, for NaN, bool, points
    in time and all else. Parts of a second are exact: the nearest float to what was written.
    """
    number = value if type(value) is float or type(value) is int else _number(value, argument)
    if SHORTEST <= number <= LONGEST:  # False for NaN
        return float(number)
    raise _out_of_range(number, argument)


def optional_seconds(value: Duration | None, argument: str) -> float | None:
    """As ``seconds``, and None for None, where a signature lets None mean "no expiry"."""
    return None if value is None else seconds(value, argument)


def _number(value: object, argument: str) -> float:
    """The seconds in what is not plainly a number, their size not yet looked at."""
    if isinstance(value, str):
        return _parsed(value, argument)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _wrong_type(value, argument)


@lru_cache(maxsize=256)
def _parsed(text: str, argument: str) -> float:
    match = re.fullmatch(_TEXT, text)
    if match is None or not text:
        raise _bad_text(text, argument)
    parts = zip(match.groups(), _UNITS.values(), strict=True)
    return sum(_grains(number) * unit for number, unit in parts if number) / (1000 * _GRAIN)


def _grains(number: str) -> int:
    """Whole numbers, because in floats 0.1 s + 49.1 ms is not 149.1 ms; and a quotient of whole numbers is exact."""
    whole, _, part = number.partition(".")
    return int(whole) * _GRAIN + int(part.ljust(_DIGITS, "0"))


def _bad_text(text: str, argument: str) -> InvalidArgument:
    if re.fullmatch(_BARE, text):
        message = f"{argument} must be text with units, not a bare number: write '60s', or pass the number 60"
    else:
        message = f"{argument} must be text like '1h30m' or '250ms' (units w d h m s ms, largest first, no spaces)"
    return InvalidArgument(message, argument=argument)


def _wrong_type(value: object, argument: str) -> InvalidArgument:
    if isinstance(value, date):  # a datetime is one too
        message = f"{argument} must be a duration, not a point in time: pass the difference to now"
    else:
        message = f"{argument} must be seconds, a timedelta or text like '1h30m', not {type(value).__name__}"
    return InvalidArgument(message, argument=argument)


def _out_of_range(number: float, argument: str) -> InvalidArgument:
    if number < SHORTEST:
        message = f"{argument} must be at least 1 ms (0.001 seconds), not {'zero' if number == 0 else 'less'}"
    elif number > LONGEST:
        message = f"{argument} must be at most 100 years, not more"
    else:
        message = f"{argument} must be a number of seconds, not NaN"
    return InvalidArgument(message, argument=argument)
