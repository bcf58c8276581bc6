"""The asynchronous facade, for asyncio and trio: every public call as one line. What the calls do is the engine's."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, cast, overload

import unicache
from unicache._core.facade import Facade
from unicache._core.functions import invalidating, many, single
from unicache._core.functions.handles import plain_function, refuse_synchronous
from unicache._core.functions.invalidating import Target, When
from unicache._core.functions.single import Key, Tag
from unicache._core.io import Io
from unicache._core.keys.binding import Vary
from unicache._core.loads.terms import Ttl
from unicache._core.tools.docstrings import documented_like
from unicache.typing import DEFAULT, Duration, LoadOptions
from unicache_asyncio._documents import DocumentCalls
from unicache_asyncio._functions import CachedFunction, CachedManyFunction, InvalidatingFunction
from unicache_asyncio._io import AnyIo
from unicache_asyncio._locks import LockCalls
from unicache_asyncio._many import ManyCalls
from unicache_asyncio._parts import PartCalls
from unicache_asyncio._pending import Pending

__all__ = ["Cache"]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")


@documented_like(unicache.Cache)
class Cache(DocumentCalls, LockCalls, ManyCalls, PartCalls):
    __doc__ = Facade.__doc__

    _pending = Pending

    def _new_io(self) -> Io:
        return AnyIo()

    # -- life cycle

    async def connect(self, *, within: Duration | None = None) -> None:
        await self._engine.connect(within)

    async def close(self) -> None:
        await self._engine.core.close()

    async def ping(self) -> None:
        await self._engine.core.store.ping()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # -- load-through

    @overload
    async def get_or_set(
        self,
        key: str,
        loader: Callable[[], Awaitable[T]],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> T: ...
    @overload
    async def get_or_set(
        self,
        key: str,
        loader: Callable[[], T],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> T: ...
    async def get_or_set(
        self,
        key: str,
        loader: Callable[[], Awaitable[T] | T],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> T:
        return cast("T", await self._engine.get_or_set(key, loader, ttl=ttl, tags=tags, wanted=type, options=options))

    async def get_or_set_many(
        self,
        keys: Iterable[str],
        loader: Callable[[list[str]], Awaitable[Mapping[str, T]] | Mapping[str, T]],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
    ) -> dict[str, T]:
        return await self._engine.get_or_set_many(keys, loader, ttl=ttl, tags=tags)

    def cached(
        self,
        *,
        ttl: Ttl = DEFAULT,
        key: Key | None = None,
        tags: Iterable[Tag] = (),
        ignore: Collection[str] = (),
        version: str | int | None = None,
        vary: Vary | None = None,
        **options: Unpack[LoadOptions],
    ) -> "Callable[[Callable[P, Awaitable[T]]], CachedFunction[P, T]]":
        def decorate(function: Callable[P, Awaitable[T]]) -> CachedFunction[P, T]:
            plain = plain_function(function)
            refuse_synchronous(plain)
            return CachedFunction(
                single.CachedFunction(
                    self._engine,
                    plain,
                    ttl=ttl,
                    key=key,
                    tags=tags,
                    ignore=ignore,
                    version=version,
                    vary=vary,
                    options=options,
                ),
                function,
            )

        return decorate

    def cached_many(
        self,
        *,
        ttl: Ttl = DEFAULT,
        key: Key | None = None,
        tags: Iterable[Tag] = (),
        version: str | int | None = None,
        gather: Duration | None = None,
    ) -> "Callable[[Callable[..., Awaitable[Mapping[K, T]]]], CachedManyFunction[K, T]]":

        def decorate(function: Callable[..., Awaitable[Mapping[K, T]]]) -> CachedManyFunction[K, T]:
            plain = plain_function(function)
            refuse_synchronous(plain)
            core = many.CachedMany(self._engine, plain, ttl=ttl, key=key, tags=tags, version=version, gather=gather)
            return CachedManyFunction(core, function)

        return decorate

    def invalidates(
        self,
        *,
        keys: Target | Iterable[Target] = (),
        tags: Target | Iterable[Target] = (),
        functions: "Iterable[CachedFunction[..., Any]]" = (),
        when: When = "after",
    ) -> "Callable[[Callable[P, Awaitable[T]]], InvalidatingFunction[P, T]]":
        def decorate(function: Callable[P, Awaitable[T]]) -> InvalidatingFunction[P, T]:
            plain = plain_function(function)
            refuse_synchronous(plain)
            core = invalidating.InvalidatingFunction(
                self._engine, plain, keys=keys, tags=tags, functions=functions, when=when
            )
            return InvalidatingFunction(core, function)

        return decorate

    # -- invalidation

    async def invalidate(self, *keys: str) -> None:
        await self._engine.invalidation.keys(keys)

    async def expire(self, key: str) -> bool:
        return await self._engine.invalidation.expire(key)

    async def invalidate_tags(self, *tags: str) -> None:
        await self._engine.invalidation.tags(tags)

    async def invalidate_prefix(self, prefix: str) -> None:
        await self._engine.invalidation.prefix(prefix)

    async def clear(self) -> None:
        await self._engine.invalidation.everything()

    def pending(self) -> Pending:
        return Pending()
