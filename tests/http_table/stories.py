"""Stories: what an application answers, what a client asks, what it must get. Data, run by every driver alike.

A header is written as it looks on the wire. ``<-60>`` in one is the date a minute before the step that sends it. What
must not live here: how a story is run, and what it is about (``lines``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from unicache._core.http.dates import http_date
from unicache._core.http.fields import Headers, normal

__all__ = [
    "CRASH",
    "HIT",
    "MISS",
    "VALIDATED",
    "Origin",
    "Step",
    "Story",
    "after",
    "ask",
    "headers_of",
    "reply",
    "story",
]

HIT, MISS, VALIDATED = "hit", "miss", "validated"

SOON = 3.0
"""Seconds between steps that do not say."""


def headers_of(texts: Iterable[str], now: float) -> Headers:
    """The fields, with the dates in place of their marks."""
    dated = (re.sub(r"<([+-]?\d+)>", lambda mark: http_date(now + int(mark[1])), text) for text in texts)
    return normal((name, value) for name, _, value in (text.partition(":") for text in dated))


@dataclass(frozen=True)
class Origin:
    """What the application does when it is asked. ``status`` 0 stands for a crash.

    ``confused``  it says 304 to whatever is conditional
    ``parts``     it answers ranges itself
    ``says``      what it says of its response by ``set_response_options``
    """

    status: int = 200
    headers: tuple[str, ...] = ()
    body: bytes = b"body"
    confused: bool = False
    parts: bool = False
    says: dict[str, Any] = field(default_factory=dict)


CRASH = Origin(0)


@dataclass(frozen=True)
class Step:
    """One request. ``expect`` is hit, miss or validated; None when it is no matter."""

    url: str = "/page"
    method: str = "GET"
    headers: tuple[str, ...] = ()
    origin: Origin | None = None
    after: float = SOON
    expect: str | None = None
    status: int | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    body: bytes | None = None
    sees: tuple[str, ...] = ()
    cache_status: str = ""


@dataclass(frozen=True)
class Story:
    """Steps, the lines that they show, and the options of the cache they are about."""

    lines: tuple[int, ...]
    name: str
    steps: tuple[Step, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{'-'.join(f'{line:03}' for line in self.lines)} {self.name}"


def reply(*headers: str, status: int = 200, body: bytes = b"body", **more: Any) -> Step:
    """A plain GET, and what the application answers."""
    return Step(origin=Origin(status, headers, body), **more)


def ask(*headers: str, expect: str | None = None, origin: Origin | None = None, **more: Any) -> Step:
    """What the client asks; if the application is asked, it answers as it did last unless ``origin`` says otherwise."""
    return Step(headers=headers, expect=expect, origin=origin, **more)


def after(seconds: float, *headers: str, expect: str | None = None, **more: Any) -> Step:
    """As ``ask``, so much later."""
    return ask(*headers, expect=expect, after=seconds, **more)


def story(lines: int | tuple[int, ...], name: str, *steps: Step, **options: Any) -> Story:
    """One row of the table."""
    return Story(lines if isinstance(lines, tuple) else (lines,), name, _with_origins(steps), options)


def _with_origins(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Each step with an origin: its own, or that of the step before."""
    found: list[Step] = []
    for step in steps:
        last = found[-1].origin if found else Origin()
        found.append(replace(step, origin=step.origin or last))
    return tuple(found)
