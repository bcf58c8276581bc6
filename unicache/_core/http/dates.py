"""HTTP dates: the three forms that RFC 9110 5.6.7 wants understood, and the one it wants sent. Pure; nothing raises.

What is almost a date is none: a time that was guessed wrong would make something fresh that is not.
"""

import re
from calendar import timegm
from datetime import UTC, datetime

__all__ = ["http_date", "moment"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAY = "(?:" + "|".join(_DAYS) + ")"
_LONG_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"

_FORMS = (
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def moment(text: str | None, now: float) -> float | None:
    """The date as unix seconds; None when it is none. ``now`` tells the century of a year of two digits."""
    for form in _FORMS:
        if text is not None and (found := form.fullmatch(text)):
            return _moment(found.groupdict(), now)
    return None


def _moment(parts: dict[str, str], now: float) -> float | None:
    year, second = int(parts["year"]), int(parts["second"])
    if len(parts["year"]) == 2:
        year = _full_year(year, now)
    numbers = (year, _MONTHS.index(parts["month"]) + 1, int(parts["day"]), int(parts["hour"]), int(parts["minute"]))
    try:
        found = datetime(*numbers, min(second, 59), tzinfo=UTC)  # a leap second is a date, but not one of datetime's
    except ValueError:
        return None
    return float(timegm(found.timetuple())) if second <= 60 else None


def _full_year(digits: int, now: float) -> int:
    """The year that ends so and is not more than 50 years ahead."""
    this = datetime.fromtimestamp(now, UTC).year
    year = this - this % 100 + digits
    return year - 100 if year > this + 50 else year


def http_date(when: float) -> str:
    """Unix seconds as an IMF-fixdate."""
    at = datetime.fromtimestamp(int(when), UTC)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} GMT"
    )
