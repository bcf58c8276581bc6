"""What may become of a request and of a response: one small class each, closed by ``assert_never`` where they are used.

Each carries the ``Status`` that tells why. What must not live here: how a verdict is come to (``policy``), and how it
is carried out.
"""

from dataclasses import dataclass

from unicache._core.http.fields import Headers
from unicache._core.http.messages import Head
from unicache._core.http.ranges import Range
from unicache._core.http.status import Status
from unicache._core.http.stored import Stored

__all__ = [
    "Again",
    "Answer",
    "FallBack",
    "Forward",
    "Freshened",
    "GatewayTimeout",
    "Keep",
    "NotModified",
    "OnRequest",
    "OnResponse",
    "PartialContent",
    "Pass",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "Revalidate",
    "Serve",
    "ServeStale",
]


@dataclass(frozen=True, slots=True)
class Serve:
    """The stored response. ``bodiless`` for HEAD."""

    head: Head
    status: Status
    bodiless: bool = False


@dataclass(frozen=True, slots=True)
class NotModified:
    """304: the client has it."""

    head: Head
    status: Status


@dataclass(frozen=True, slots=True)
class PartialContent:
    """206: these pieces, of which the ranges are to be cut from the stored body."""

    head: Head
    status: Status
    pieces: tuple[bytes | Range, ...]


@dataclass(frozen=True, slots=True)
class RangeNotSatisfiable:
    """416: the body has nothing there."""

    head: Head
    status: Status


@dataclass(frozen=True, slots=True)
class PreconditionFailed:
    """412: the stored response is not the one that the client means."""

    head: Head
    status: Status


@dataclass(frozen=True, slots=True)
class GatewayTimeout:
    """504: the client wants it from the cache only, and it is not there."""

    head: Head
    status: Status


Answer = Serve | NotModified | PartialContent | RangeNotSatisfiable | PreconditionFailed | GatewayTimeout
"""What is sent without asking the application."""


@dataclass(frozen=True, slots=True)
class ServeStale:
    """The stored response although it is stale, and ``refresh`` it beside the client."""

    answer: Answer
    status: Status
    refresh: bool


@dataclass(frozen=True, slots=True)
class Revalidate:
    """Ask the application with these fields, which hold the stored response's validators if it has any."""

    headers: Headers
    status: Status


@dataclass(frozen=True, slots=True)
class Forward:
    """Ask the application with the request as it is.

    ``joins``   one run may answer all who ask meanwhile
    ``stores``  the response may be stored, if it says so itself
    ``fetches`` the whole is to be asked for beside the client, who asks for a part
    """

    status: Status
    joins: bool
    stores: bool
    fetches: bool = False


OnRequest = Answer | ServeStale | Revalidate | Forward


@dataclass(frozen=True, slots=True)
class Pass:
    """Pass the response on, and store nothing. ``drops``: what is stored holds no more."""

    status: Status
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """Pass the response on, and store it as ``stored``, by the request fields ``vary``, under ``tags``."""

    stored: Stored
    vary: tuple[str, ...]
    tags: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Freshened:
    """The stored response holds, with new fields. ``keeps``: and is stored so; ``drops``: they forbid to store it."""

    stored: Stored
    answer: Answer
    status: Status
    keeps: bool
    drops: bool


@dataclass(frozen=True, slots=True)
class FallBack:
    """The application failed: serve the stale response."""

    answer: Answer
    status: Status


@dataclass(frozen=True, slots=True)
class Again:
    """The 304 is about nothing that is stored: ask once more, for the whole and without conditions."""

    status: Status


OnResponse = Pass | Keep | Freshened | FallBack | Again
