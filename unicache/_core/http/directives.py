"""Cache-Control, and the fields that are meant for one kind of cache in its place (RFC 9111 5.2, RFC 9213). Pure.

What must not live here: what follows from a directive. Nothing here raises: what cannot be understood is invalid, and
an invalid lifetime is none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from unicache._core.http.fields import MOST_SECONDS, Headers, delta, lines, members, split
from unicache._core.http.structured import dictionary

__all__ = ["Control", "Directives", "cache_control", "control_of"]

_INVALID = "\0"
"""Stands for an argument that is there and cannot be understood."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_SECONDS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})
_FLAGS = frozenset({"must-revalidate", "must-understand", "no-store", "no-transform", "proxy-revalidate", "public"})
_LISTS = frozenset({"no-cache", "private"})


@dataclass(frozen=True, slots=True)
class Directives:
    """Names in lower case, each with the arguments of all its occurrences; None is none."""

    given: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def seconds(self, name: str) -> int | None:
        """The argument as seconds; None when the directive is absent, 0 when it is invalid. The first one counts."""
        found = self.given.get(name)
        if found is None:
            return None
        return delta(found[0] or "") or 0

    def bare(self, name: str) -> bool:
        """Whether it is there at least once without a list of field names; what is no such list counts as none."""
        return any(not _names(argument) for argument in self.given.get(name, ()))

    def names(self, name: str) -> frozenset[str]:
        """The field names that its occurrences list."""
        return frozenset(each for argument in self.given.get(name, ()) for each in _names(argument))


@dataclass(frozen=True, slots=True)
class Control:
    """What controls a response. ``target`` is the field that says so in place of Cache-Control and Expires."""

    directives: Directives
    target: str | None = None


def cache_control(headers: Headers) -> Directives:
    """The directives of all Cache-Control lines."""
    return _collected(map(_directive, members(headers, "cache-control")))


def control_of(headers: Headers, targets: Iterable[str]) -> Control:
    """The first of the targeted fields that is valid and not empty, else Cache-Control (RFC 9213 2.2)."""
    for target in targets:
        found = lines(headers, target)
        if found and (directives := _targeted(", ".join(found))) is not None:
            return Control(directives, target)
    return Control(cache_control(headers))


def _collected(found: Iterable[tuple[str, str | None]]) -> Directives:
    given: dict[str, list[str | None]] = {}
    for name, argument in found:
        given.setdefault(name, []).append(argument)
    return Directives(given)


def _directive(member: str) -> tuple[str, str | None]:
    """A name and its argument. What only begins with a name, as in ``private; max-age=60``, is that, not understood."""
    name, equals, argument = member.partition("=")
    plain = name.strip()
    if _TOKEN.fullmatch(plain):
        return plain.lower(), _argument(name, argument) if equals else None
    begun = _TOKEN.match(plain)
    return begun[0].lower() if begun else "", _INVALID


def _names(argument: str | None) -> list[str]:
    """The field names in an argument; none if there is anything else in it."""
    found = split(argument or "")
    return [each.lower() for each in found] if all(map(_TOKEN.fullmatch, found)) else []


def _argument(name: str, argument: str) -> str:
    """A token, or what a quoted string holds. White space beside the "=" makes it invalid, as for most caches."""
    if quoted := _QUOTED.fullmatch(argument):
        argument = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    elif not _TOKEN.fullmatch(argument):
        return _INVALID
    return argument if name == name.strip() else _INVALID


def _targeted(value: str) -> Directives | None:
    """The directives of a targeted field; None when it must be ignored as a whole."""
    found = dictionary(value)
    if not found:
        return None
    directives = {}
    for name, given in found.items():
        if (argument := _typed(name, given)) is _WRONG:
            return None
        if argument is not _OFF:
            directives[name] = (argument,)
    return Directives(directives)


_WRONG, _OFF = "\0wrong", "\0off"


def _typed(name: str, given: object) -> str | None:
    """The value of a member as an argument, if it has the type that the directive asks for."""
    if name in _SECONDS:
        right = isinstance(given, int) and not isinstance(given, bool)
        return str(max(0, min(int(given), MOST_SECONDS))) if right else _WRONG  # type: ignore[call-overload]
    if name in _LISTS and isinstance(given, str):
        return given
    if name in _FLAGS | _LISTS and not isinstance(given, bool):
        return _WRONG
    return _OFF if given is False else None
