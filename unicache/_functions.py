"""Decorated functions of the synchronous facade, gevent's too: every call of a handle as one line."""

from collections.abc import Iterable
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from unicache._core.functions import invalidating, many, single
from unicache._core.functions.handles import Handle
from unicache._core.loads.serving import MISS
from unicache._core.run import run
from unicache._pending import Pending
from unicache.typing import CacheInfo, Result

__all__ = ["CachedFunction", "CachedManyFunction", "InvalidatingFunction"]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")
Q = ParamSpec("Q")


class CachedFunction(Handle, Generic[P, T]):
    """A function whose results are cached. Call it as before; the methods take the same arguments as the call."""

    _core: single.CachedFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The cached result, or the function's."""
        value: T = self._core.peek(self._bound + args, kwargs)
        if value is MISS:
            value = run(self._core.call(self._bound + args, kwargs))
        return value

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "CachedFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "CachedFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The function bound to an object or class."""
        return self._bind(instance, owner)

    def result(self, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        """What the call gives, with where it came from and whether it is stale."""
        return run(self._core.result(self._bound + args, kwargs))

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The key of the call, as ``get``, ``entry`` and ``invalidate`` take it. Raises InvalidArgument."""
        return self._core.key(self._bound + args, kwargs)

    def get(self, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The cached result of the call, or None; the function does not run."""
        return cast("T | None", run(self._core.get(self._bound + args, kwargs)))

    def set(self, value: T, *args: P.args, **kwargs: P.kwargs) -> None:
        """Store ``value`` as the result of the call."""
        run(self._core.set(value, self._bound + args, kwargs))

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Remove the cached result of the call. Raises InvalidationUncertain when the store did not confirm."""
        run(self._core.invalidate(self._bound + args, kwargs))

    def expire(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Take the cached result of the call for stale from now on; as ``Cache.expire``."""
        return run(self._core.expire(self._bound + args, kwargs))

    def invalidate_on_commit(self, transaction: object, *args: P.args, **kwargs: P.kwargs) -> None:
        """``invalidate`` when the transaction has committed, and not when it is rolled back; as ``Cache.on_commit``."""
        self._on_commit(transaction, Pending, [self._core.key(self._bound + args, kwargs)])

    def refresh(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the function, store what it returns, and return it; an invalidation meanwhile wins."""
        return cast("T", run(self._core.refresh(self._bound + args, kwargs)))

    def invalidate_all(self) -> None:
        """Remove the cached results of all calls. Raises InvalidationUncertain when the store did not confirm."""
        run(self._core.invalidate_all())

    def cache_info(self) -> CacheInfo:
        """Hits, misses, loads and errors of this function in this process."""
        return self._core.info()


class InvalidatingFunction(Handle, Generic[P, T]):
    """A function that invalidates what it makes out of date. Call it as before."""

    _core: invalidating.InvalidatingFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, after what it made out of date was removed."""
        return cast("T", run(self._core.call(self._bound + args, kwargs)))

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "InvalidatingFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "InvalidatingFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The function bound to an object or class."""
        return self._bind(instance, owner)


class CachedManyFunction(Handle, Generic[K, T]):
    """A function of many items whose results are cached per item."""

    _core: many.CachedMany

    def __call__(self, items: Iterable[K]) -> dict[K, T]:
        """The cached values by item, and the function's for those that are missing."""
        return run(self._core.call(self._bound, items))

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        """The function bound to an object or class."""
        return cast("Self", self._bind(instance, owner))

    def one(self, item: K) -> T:
        """The value of one item; calls made at the same time are gathered into one call of many (``gather``).

        Raises KeyNotFound when the function does not know the item.
        """
        return cast("T", run(self._core.one(self._bound, item)))

    def key(self, item: K) -> str:
        """The key of the item, as ``get``, ``entry`` and ``invalidate`` take it. Raises InvalidArgument."""
        return self._core.key((*self._bound, item))

    def invalidate(self, *items: K) -> None:
        """Remove the cached values of the items. Raises InvalidationUncertain when the store did not confirm."""
        run(self._core.invalidate(self._bound, items))

    def invalidate_on_commit(self, transaction: object, *items: K) -> None:
        """``invalidate`` when the transaction has committed, and not when it is rolled back; as ``Cache.on_commit``."""
        self._on_commit(transaction, Pending, map(self.key, items))

    def cache_info(self) -> CacheInfo:
        """Hits, misses, loads and errors of this function in this process."""
        return self._core.info()
