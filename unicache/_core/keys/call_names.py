"""From a call to the server's name for its value, at once for a call that was seen before.

Binding and digesting the arguments takes longer than everything else that a hit in this process needs. What was found
is remembered for calls whose arguments are all short plain scalars: they cannot change, they say by value and type
which call it is, and remembering them keeps nothing alive that matters.
"""

from types import NoneType
from typing import Any

from unicache._core.keys.binding import Binder
from unicache._core.keys.names import Keyspace

__all__ = ["CallNames"]

MOST = 4096
"""Calls remembered of one function; when there are more, all are forgotten, which costs less than to choose."""

LONGEST = 128
"""Characters or bytes of an argument that is remembered."""

_NAMED = object()
_PLAIN = frozenset({bool, bytes, int, NoneType, str})  # not float: 0.0 and -0.0 are equal, and have two names


class CallNames:
    """The names of one function's calls.

    ``steady``  whether nothing but its arguments decides the key of a call, so that its name may be remembered
    ``known``   what is remembered, by ``(*args, *map(type, args))`` where there are no keywords
    """

    __slots__ = ("_binder", "_names", "_steady", "known")

    def __init__(self, binder: Binder, names: Keyspace, *, steady: bool) -> None:
        self._binder = binder
        self._names = names
        self._steady = steady
        self.known: dict[tuple[Any, ...], bytes] = {}

    def name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        """The name of the call's value. Raises what ``Binder.key`` and ``Keyspace.entry`` raise."""
        try:
            seen = (*args, *map(type, args))
            if kwargs:
                values = kwargs.values()
                seen = (*seen, _NAMED, *kwargs, *values, *map(type, values))
            found = self.known.get(seen)
        except TypeError:  # an argument that cannot be hashed
            return self._made(args, kwargs)
        return found or self._remembered(seen, args, kwargs)

    def _remembered(self, seen: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        name = self._made(args, kwargs)
        if self._steady and all(map(_is_plain, (*args, *kwargs.values()))):
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[seen] = name
        return name

    def _made(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        return self._names.entry(self._binder.key(args, kwargs))


def _is_plain(argument: Any) -> bool:
    kind = type(argument)
    return kind in _PLAIN and ((kind is not str and kind is not bytes) or len(argument) <= LONGEST)
