"""Parts of a stored body (RFC 9110 14). Pure; a range that cannot be understood is none, and nothing raises."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unicache._core.http.fields import split

__all__ = ["Range", "content_range", "length_of", "multipart", "parts_of", "ranges_of"]

_SPEC = re.compile(r"([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18})")
_UNIT = re.compile(r"bytes[ \t]*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes from ``start`` up to, and not with, ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.stop - self.start


def ranges_of(value: str, length: int, most: int) -> tuple[Range, ...] | None:
    """The parts that a Range field asks for of a body of ``length`` bytes.

    None when it is to be ignored: another unit, malformed, more than ``most`` ranges, or together as long as the body.
    An empty tuple when there is nothing in the body that it asks for.
    """
    unit = _UNIT.match(value)
    specs = split(value[unit.end() :]) if unit else []
    found = [_SPEC.fullmatch(spec) for spec in specs]
    if not found or len(found) > most or not all(found):
        return None
    ranges = tuple(part for match in found if match and (part := _resolved(match, length)) is not None)
    if any(match and match[2] and int(match[2]) < int(match[1]) for match in found):
        return None
    overlapping = len(ranges) > 1 and sum(part.length for part in ranges) >= length
    return None if overlapping else ranges


def _resolved(match: re.Match[str], length: int) -> Range | None:
    """The part within the body; None when it lies outside."""
    if match[3] is not None:
        start, stop = max(0, length - int(match[3])), length
    else:
        start = int(match[1])
        stop = min(length, int(match[2]) + 1) if match[2] else length
    return Range(start, stop) if start < stop else None


def content_range(part: Range | None, length: int) -> str:
    """The value of Content-Range; None for a range that could not be satisfied."""
    return f"bytes */{length}" if part is None else f"bytes {part.start}-{part.stop - 1}/{length}"


def multipart(
    ranges: tuple[Range, ...], length: int, content_type: str | None, boundary: str
) -> Iterator[bytes | Range]:
    """The body of a multipart/byteranges response: bytes to be sent, and ranges whose bytes are to be sent."""
    for part in ranges:
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        yield f"\r\n--{boundary}\r\n{kind}Content-Range: {content_range(part, length)}\r\n\r\n".encode("latin-1")
        yield part
    yield f"\r\n--{boundary}--\r\n".encode("latin-1")


def length_of(pieces: tuple[bytes | Range, ...]) -> int:
    """Bytes in all pieces."""
    return sum(piece.length if isinstance(piece, Range) else len(piece) for piece in pieces)


def parts_of(pieces: tuple[bytes | Range, ...], body: bytes) -> bytes:
    """The pieces with the body's bytes in place of the ranges."""
    return b"".join(body[piece.start : piece.stop] if isinstance(piece, Range) else piece for piece in pieces)
