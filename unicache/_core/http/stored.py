"""What is kept of a URL: its page and its responses, as values and as bytes. Pure, and nothing executable in them.

A *page* is what all variants of a URL have in common. It has a random generation that its variants must have too, so
that removing the page removes them all. A variant is found under a digest of the request fields it varies by; what
those fields said is not kept.

    55 48 <version> <kind>  4 bytes  length of the description
                            8 bytes  length of the body
                            the description, as MessagePack
                            the body

Whether the bytes are those that were written is checked by the envelope around them.
"""

import struct
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from unicache._core.http.fields import Headers, first

__all__ = ["Page", "Stored", "grown", "pack_page", "pack_stored", "unpack_page", "unpack_stored"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """A response, but for its body. Times are seconds; ``requested`` and ``received`` are unix time.

    ``length``      of the body in bytes
    ``age``         when it came
    ``lifetime``    for which it is fresh, counted from age 0
    ``revalidate``  for which it may then be served while it is renewed
    ``if_error``    for which it may be served when the application fails
    ``strict``      it must never be served stale
    ``validate``    it must never be served without asking
    ``tag``         an entity-tag of the cache's own making, of which the application does not know
    """

    status: int
    headers: Headers
    length: int
    requested: float
    received: float
    age: float
    lifetime: float
    revalidate: float = 0.0
    if_error: float = 0.0
    strict: bool = False
    validate: bool = False
    tag: str = ""

    @property
    def etag(self) -> str | None:
        """What clients know it by."""
        return first(self.headers, "etag") or self.tag or None

    def age_at(self, now: float) -> float:
        """Its age; a clock that stepped back makes nobody younger than he came."""
        return self.age + max(0.0, now - self.received)

    def ttl_at(self, now: float) -> float:
        """Seconds of freshness left; negative when it is stale."""
        return self.lifetime - self.age_at(now)


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a URL.

    ``generation``  16 random bytes, which its variants carry too
    ``varies``      the sets of request fields that its responses varied by, the latest first
    ``variants``    the digests of its variants, the oldest first
    ``until``       unix time at which the last of them goes
    ``outdated``    unix time before which what was received is stale; 0 for never
    ``passing``     its responses could not be stored: do not wait for each other
    """

    generation: bytes
    varies: tuple[tuple[str, ...], ...] = ()
    variants: tuple[bytes, ...] = ()
    until: float = 0.0
    outdated: float = 0.0
    passing: bool = False


MOST_VARIES = 4
"""Sets of request fields that the responses of one URL may vary by; of more, the oldest are forgotten."""


def grown(page: Page, vary: tuple[str, ...], digest: bytes, until: float, most: int) -> Page:
    """The page with one more variant, the newest; of more than ``most``, the oldest go."""
    return replace(
        page,
        varies=(vary, *(each for each in page.varies if each != vary))[:MOST_VARIES],
        variants=(*(each for each in page.variants if each != digest), digest)[-most:],
        until=max(page.until, until),
        passing=False,
    )


_HEADER = struct.Struct("<2sBBIQ")
_MAGIC, _VERSION = b"UH", 1
_PAGE, _RESPONSE = 1, 2
_write = msgspec.msgpack.Encoder().encode
_PAGES = msgspec.msgpack.Decoder(Page)
_RESPONSES = msgspec.msgpack.Decoder(tuple[bytes, Stored])


def pack_page(page: Page) -> bytes:
    """The bytes of a page."""
    return _pack(_PAGE, _write(page))


def unpack_page(data: bytes) -> Page | None:
    """The page; None for anything else."""
    found = _unpack(_PAGE, data, _PAGES)
    return None if found is None else found[0]


def pack_stored(generation: bytes, stored: Stored, body: bytes) -> bytes:
    """The bytes of a response with its body."""
    return _pack(_RESPONSE, _write((generation, stored)), body)


def unpack_stored(generation: bytes, data: bytes) -> tuple[Stored, bytes] | None:
    """The response and its body; None for anything else, and for one of another generation."""
    found = _unpack(_RESPONSE, data, _RESPONSES)
    if found is None or found[0][0] != generation or found[0][1].length != len(found[1]):
        return None
    return found[0][1], found[1]


def _pack(kind: int, description: bytes, body: bytes = b"") -> bytes:
    return b"".join((_HEADER.pack(_MAGIC, _VERSION, kind, len(description), len(body)), description, body))


def _unpack(kind: int, data: bytes, decoder: "msgspec.msgpack.Decoder[T]") -> tuple[T, bytes] | None:
    if len(data) < _HEADER.size:
        return None
    magic, version, found, description, body = _HEADER.unpack_from(data)
    if (magic, version, found) != (_MAGIC, _VERSION, kind) or len(data) != _HEADER.size + description + body:
        return None
    middle = _HEADER.size + description
    try:
        return decoder.decode(data[_HEADER.size : middle]), data[middle:]
    except (msgspec.MsgspecError, ValueError):  # text that is not UTF-8 is a ValueError
        return None
