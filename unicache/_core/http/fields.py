"""Header fields as lists of pairs, and how their values split into members. Pure; nothing here raises.

Names are lower case: whoever takes messages from a server says ``normal`` once, and everybody compares plainly. Lines
of one name stay apart and in their order. What must not live here: what any particular field means.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

__all__ = [
    "MOST_SECONDS",
    "Headers",
    "combined",
    "delta",
    "end_to_end",
    "first",
    "lines",
    "members",
    "normal",
    "safe",
    "size_of",
    "split",
    "without",
]

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, and values as latin-1 text without white space around."""

MOST_SECONDS = 2**31
"""RFC 9111 1.2.2: what is larger counts as this."""

_DIGITS = re.compile(r"[0-9]+")

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|[^",]++|[",]', re.DOTALL)
_UNSAFE = re.compile(r"[\r\n\0]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")

_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def normal(pairs: Iterable[tuple[str, str]]) -> Headers:
    """The fields as the policy wants them."""
    return tuple([(name.lower(), value.strip(" \t")) for name, value in pairs])


def lines(headers: Headers, name: str) -> list[str]:
    """The values of all lines of this name."""
    return [value for each, value in headers if each == name]


def first(headers: Headers, name: str) -> str | None:
    """The value of the first line of this name."""
    for each, value in headers:
        if each == name:
            return value
    return None


def combined(headers: Headers, name: str) -> str | None:
    """All lines of this name as one value; None when there is none (RFC 9110 5.3)."""
    found = lines(headers, name)
    return ", ".join(found) if found else None


def split(value: str) -> list[str]:
    """The members of a list, without empty ones; a comma inside a quoted string separates nothing (RFC 9110 5.6.1)."""
    parts = _parts(value) if '"' in value else value.split(",")
    return [member for part in parts if (member := part.strip(" \t"))]


def _parts(value: str) -> Iterator[str]:
    start = 0
    for piece in _PIECE.finditer(value):
        if piece[0] == ",":
            yield value[start : piece.start()]
            start = piece.end()
        elif piece[0] == '"':  # it is never closed, so what follows is not a quoted string
            yield from value[start:].split(",")
            return
    yield value[start:]


def members(headers: Headers, name: str) -> list[str]:
    """The members of all lines of this name."""
    return [member for value in lines(headers, name) for member in split(value)]


def without(headers: Headers, names: Container[str]) -> Headers:
    """The fields but for these."""
    return tuple([pair for pair in headers if pair[0] not in names])


def end_to_end(headers: Headers) -> Headers:
    """The fields that are not about one connection: what may be stored (RFC 9111 3.1)."""
    named = {member.lower() for member in members(headers, "connection")}
    return without(headers, _BY_HOP | named)


def safe(headers: Headers) -> bool:
    """Whether every field can be sent as it is: names are tokens, and no value breaks out of its line."""
    return all(_NAME.fullmatch(name) and not _UNSAFE.search(value) for name, value in headers)


def size_of(headers: Sequence[tuple[str, str]]) -> int:
    """Characters of names and values, and four for each line."""
    return sum(len(name) + len(value) + 4 for name, value in headers)


def delta(text: str) -> int | None:
    """Delta-seconds; None for anything else (RFC 9111 1.2.2)."""
    if not _DIGITS.fullmatch(text):
        return None
    digits = text.lstrip("0") or "0"
    return MOST_SECONDS if len(digits) > 10 else min(int(digits), MOST_SECONDS)
