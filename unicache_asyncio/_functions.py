"""Decorated functions of the asynchronous facade: every call of a handle as one line that can be awaited."""

from collections.abc import Iterable
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

import unicache
from unicache._core.functions import invalidating, many, single
from unicache._core.loads.serving import MISS
from unicache._core.tools.docstrings import documented_like
from unicache.typing import CacheInfo, Result
from unicache_asyncio._handle import CoroutineHandle
from unicache_asyncio._pending import Pending

__all__ = ["CachedFunction", "CachedManyFunction", "InvalidatingFunction"]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")
Q = ParamSpec("Q")


@documented_like(unicache.CachedFunction)
class CachedFunction(CoroutineHandle, Generic[P, T]):
    """A function whose results are cached. Call it as before; the methods take the same arguments as the call."""

    _core: single.CachedFunction

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        value: T = self._core.peek(self._bound + args, kwargs)
        if value is MISS:
            value = await self._core.call(self._bound + args, kwargs)
        return value

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "CachedFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "CachedFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bind(instance, owner)

    async def result(self, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        return await self._core.result(self._bound + args, kwargs)

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        return self._core.key(self._bound + args, kwargs)

    async def get(self, *args: P.args, **kwargs: P.kwargs) -> T | None:
        return cast("T | None", await self._core.get(self._bound + args, kwargs))

    async def set(self, value: T, *args: P.args, **kwargs: P.kwargs) -> None:
        await self._core.set(value, self._bound + args, kwargs)

    async def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> None:
        await self._core.invalidate(self._bound + args, kwargs)

    async def expire(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        return await self._core.expire(self._bound + args, kwargs)

    def invalidate_on_commit(self, transaction: object, *args: P.args, **kwargs: P.kwargs) -> None:
        self._on_commit(transaction, Pending, [self._core.key(self._bound + args, kwargs)])

    async def refresh(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return cast("T", await self._core.refresh(self._bound + args, kwargs))

    async def invalidate_all(self) -> None:
        await self._core.invalidate_all()

    def cache_info(self) -> CacheInfo:
        return self._core.info()


@documented_like(unicache.InvalidatingFunction)
class InvalidatingFunction(CoroutineHandle, Generic[P, T]):
    """A function that invalidates what it makes out of date. Call it as before."""

    _core: invalidating.InvalidatingFunction

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return cast("T", await self._core.call(self._bound + args, kwargs))

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "InvalidatingFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "InvalidatingFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bind(instance, owner)


@documented_like(unicache.CachedManyFunction)
class CachedManyFunction(CoroutineHandle, Generic[K, T]):
    """A function of many items whose results are cached per item."""

    _core: many.CachedMany

    async def __call__(self, items: Iterable[K]) -> dict[K, T]:
        return await self._core.call(self._bound, items)

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        return cast("Self", self._bind(instance, owner))

    async def one(self, item: K) -> T:
        return cast("T", await self._core.one(self._bound, item))

    def key(self, item: K) -> str:
        return self._core.key((*self._bound, item))

    async def invalidate(self, *items: K) -> None:
        await self._core.invalidate(self._bound, items)

    def invalidate_on_commit(self, transaction: object, *items: K) -> None:
        self._on_commit(transaction, Pending, map(self.key, items))

    def cache_info(self) -> CacheInfo:
        return self._core.info()
