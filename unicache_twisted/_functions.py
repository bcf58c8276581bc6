"""Decorated functions of the Twisted facade: every call of a handle as one line that gives a Deferred."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, cast, overload

from twisted.internet.defer import Deferred, fail, succeed

import unicache
from unicache._core.functions import invalidating, many, single
from unicache._core.functions.handles import Handle
from unicache._core.loads.serving import MISS
from unicache._core.tools.docstrings import documented_like
from unicache.typing import CacheInfo, Result
from unicache_twisted._driving import Driven
from unicache_twisted._pending import Pending

__all__ = [
    "CachedFunction",
    "CachedManyFunction",
    "CachesFunctions",
    "CachesManyFunctions",
    "InvalidatesByFunctions",
    "InvalidatingFunction",
    "Later",
]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")
Q = ParamSpec("Q")

Later = Deferred[T] | Coroutine[Any, Any, T]
"""What a function of Twisted gives whose result comes later."""


@documented_like(unicache.CachedFunction)
class CachedFunction(Handle, Generic[P, T]):
    """A function whose results are cached. Call it as before; the methods take the same arguments as the call."""

    _core: single.CachedFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        try:
            value = self._core.peek(self._bound + args, kwargs)
        except Exception as error:  # noqa: BLE001  what makes keys is the application's
            return fail(error)
        return Driven(self._core.call(self._bound + args, kwargs)) if value is MISS else succeed(value)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "CachedFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "CachedFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bind(instance, owner)

    def result(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[Result[T]]":
        return Driven(self._core.result(self._bound + args, kwargs))

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        return self._core.key(self._bound + args, kwargs)

    def get(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T | None]":
        return Driven(self._core.get(self._bound + args, kwargs))

    def set(self, value: T, *args: P.args, **kwargs: P.kwargs) -> "Deferred[None]":
        return Driven(self._core.set(value, self._bound + args, kwargs))

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[None]":
        return Driven(self._core.invalidate(self._bound + args, kwargs))

    def expire(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[bool]":
        return Driven(self._core.expire(self._bound + args, kwargs))

    def invalidate_on_commit(self, transaction: object, *args: P.args, **kwargs: P.kwargs) -> None:
        self._on_commit(transaction, Pending, [self._core.key(self._bound + args, kwargs)])

    def refresh(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        return Driven(self._core.refresh(self._bound + args, kwargs))

    def invalidate_all(self) -> "Deferred[None]":
        return Driven(self._core.invalidate_all())

    def cache_info(self) -> CacheInfo:
        return self._core.info()


@documented_like(unicache.InvalidatingFunction)
class InvalidatingFunction(Handle, Generic[P, T]):
    """A function that invalidates what it makes out of date. Call it as before."""

    _core: invalidating.InvalidatingFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        return Driven(self._core.call(self._bound + args, kwargs))

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "InvalidatingFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "InvalidatingFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bind(instance, owner)


@documented_like(unicache.CachedManyFunction)
class CachedManyFunction(Handle, Generic[K, T]):
    """A function of many items whose results are cached per item."""

    _core: many.CachedMany

    def __call__(self, items: Iterable[K]) -> "Deferred[dict[K, T]]":
        return Driven(self._core.call(self._bound, items))

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        return cast("Self", self._bind(instance, owner))

    def one(self, item: K) -> "Deferred[T]":
        return Driven(self._core.one(self._bound, item))

    def key(self, item: K) -> str:
        return self._core.key((*self._bound, item))

    def invalidate(self, *items: K) -> "Deferred[None]":
        return Driven(self._core.invalidate(self._bound, items))

    def invalidate_on_commit(self, transaction: object, *items: K) -> None:
        self._on_commit(transaction, Pending, map(self.key, items))

    def cache_info(self) -> CacheInfo:
        return self._core.info()


class CachesFunctions(Protocol):
    """A decorator of functions that give their result later, or at once: type checkers try them in this order."""

    @overload
    def __call__(self, function: Callable[P, Later[T]], /) -> CachedFunction[P, T]: ...
    @overload
    def __call__(self, function: Callable[P, Later[T] | T], /) -> CachedFunction[P, T]: ...
    def __call__(self, function: Any, /) -> Any: ...


class CachesManyFunctions(Protocol):
    """The same for functions of many items."""

    @overload
    def __call__(self, function: Callable[..., Later[Mapping[K, T]]], /) -> CachedManyFunction[K, T]: ...
    @overload
    def __call__(self, function: Callable[..., Mapping[K, T]], /) -> CachedManyFunction[K, T]: ...
    def __call__(self, function: Any, /) -> Any: ...


class InvalidatesByFunctions(Protocol):
    """The same for functions that invalidate."""

    @overload
    def __call__(self, function: Callable[P, Later[T]], /) -> InvalidatingFunction[P, T]: ...
    @overload
    def __call__(self, function: Callable[P, Later[T] | T], /) -> InvalidatingFunction[P, T]: ...
    def __call__(self, function: Any, /) -> Any: ...
