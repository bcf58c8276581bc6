"""How long a response is fresh and how old it is (RFC 9111 4.2). Pure: ``now`` is an argument, in unix seconds."""

from dataclasses import dataclass

from unicache._core.http.dates import moment
from unicache._core.http.directives import Control
from unicache._core.http.fields import Headers, delta, first, lines, members
from unicache._core.http.messages import Head
from unicache._core.http.rules import Rules

__all__ = ["HEURISTIC", "Lifetime", "Times", "date_of", "initial_age", "is_strict", "lifetime_of", "window"]

HEURISTIC = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
"""Statuses whose responses may be fresh without saying so (RFC 9110 15.1; 206 is never stored)."""

_STRICT = ("must-revalidate", "proxy-revalidate", "s-maxage", "no-cache")


@dataclass(frozen=True, slots=True)
class Times:
    """When a request was sent and its response's head came, in unix seconds."""

    requested: float
    received: float

    @property
    def delay(self) -> float:
        """How long the response was under way, at most."""
        return max(0.0, self.received - self.requested)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Seconds of freshness; ``explicit`` if the response says so itself, ``chosen`` if an option does."""

    seconds: float
    explicit: bool = False
    chosen: bool = False

    @property
    def known(self) -> bool:
        """Whether anybody said how long, as opposed to a guess."""
        return self.explicit or self.chosen


def lifetime_of(head: Head, control: Control, rules: Rules, now: float) -> Lifetime:
    """s-maxage before max-age before Expires before the option before the heuristic. Never negative."""
    explicit = _explicit(head.headers, control, now)
    if explicit is not None:
        return Lifetime(max(0.0, explicit), explicit=True)
    if rules.ttl is not None:
        return Lifetime(rules.ttl, chosen=True)
    return Lifetime(_heuristic(head, control, rules, now))


def _explicit(headers: Headers, control: Control, now: float) -> float | None:
    for name in ("s-maxage", "max-age"):
        found = control.directives.seconds(name)
        if found is not None:
            return found
    if control.target is not None:
        return None
    return _until_expires(headers, now)


def _until_expires(headers: Headers, now: float) -> float | None:
    """Expires - Date. Several, or one that is no date, have expired (RFC 9111 4.2, 5.3)."""
    found = lines(headers, "expires")
    if not found:
        return None
    expires = moment(found[0], now) if len(found) == 1 else None
    return 0.0 if expires is None else expires - date_of(headers, now)


def date_of(headers: Headers, now: float) -> float:
    """When the response was made, by its own word if it has one, else now."""
    date = moment(first(headers, "date"), now)
    return now if date is None else date


def _heuristic(head: Head, control: Control, rules: Rules, now: float) -> float:
    """A part of the time since Last-Modified (RFC 9111 4.2.2)."""
    modified = moment(first(head.headers, "last-modified"), now)
    if modified is None or not (head.status in HEURISTIC or "public" in control.directives):
        return 0.0
    since = date_of(head.headers, now) - modified
    return max(0.0, min(since * rules.heuristic, rules.heuristic_limit))


def initial_age(headers: Headers, times: Times) -> float:
    """The age that a response has when it comes (RFC 9111 4.2.3)."""
    apparent = max(0.0, times.received - date_of(headers, times.received))
    found = members(headers, "age")
    said = delta(found[0]) if found else None
    return max(apparent, (said or 0) + times.delay)


def is_strict(control: Control) -> bool:
    """Whether the response must not be used when it is stale, whatever is configured (RFC 9111 4.2.4)."""
    return any(name in control.directives for name in _STRICT)


def window(control: Control, name: str, otherwise: float) -> float:
    """A window after freshness, in seconds: the directive's, else the option's (RFC 5861)."""
    found = control.directives.seconds(name)
    return otherwise if found is None else float(found)
