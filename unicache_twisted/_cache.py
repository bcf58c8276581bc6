"""The Twisted facade: every public call as one line that gives a Deferred. What the calls do is the engine's."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, overload

from twisted.internet.defer import Deferred

import unicache
from unicache._core.facade import Facade
from unicache._core.functions import invalidating, many, single
from unicache._core.functions.handles import plain_function
from unicache._core.functions.invalidating import Target, When
from unicache._core.functions.single import Key, Tag
from unicache._core.io import Io
from unicache._core.keys.binding import Vary
from unicache._core.loads.terms import Ttl
from unicache._core.tools.docstrings import documented_like
from unicache.typing import DEFAULT, Duration, LoadOptions
from unicache_twisted._documents import DocumentCalls
from unicache_twisted._driving import Driven
from unicache_twisted._functions import (
    CachedFunction,
    CachedManyFunction,
    CachesFunctions,
    CachesManyFunctions,
    InvalidatesByFunctions,
    InvalidatingFunction,
    Later,
)
from unicache_twisted._io import TwistedIo
from unicache_twisted._locks import LockCalls
from unicache_twisted._many import ManyCalls
from unicache_twisted._parts import PartCalls
from unicache_twisted._pending import Pending

__all__ = ["Cache"]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")


@documented_like(unicache.Cache)
class Cache(DocumentCalls, LockCalls, ManyCalls, PartCalls):
    __doc__ = Facade.__doc__

    _pending = Pending

    def _new_io(self) -> Io:
        return TwistedIo()

    # -- life cycle

    def connect(self, *, within: Duration | None = None) -> "Deferred[None]":
        return Driven(self._engine.connect(within))

    def close(self) -> "Deferred[None]":
        return Driven(self._engine.core.close())

    def ping(self) -> "Deferred[None]":
        return Driven(self._engine.core.store.ping())

    def __aenter__(self) -> "Deferred[Self]":
        return self.connect().addCallback(lambda _: self)

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> "Deferred[None]":
        return self.close()

    # -- load-through

    @overload
    def get_or_set(
        self,
        key: str,
        loader: Callable[[], Later[T]],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> "Deferred[T]": ...
    @overload
    def get_or_set(
        self,
        key: str,
        loader: Callable[[], T],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> "Deferred[T]": ...
    def get_or_set(
        self,
        key: str,
        loader: Callable[[], Later[T] | T],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> "Deferred[T]":
        return Driven(self._engine.get_or_set(key, loader, ttl=ttl, tags=tags, wanted=type, options=options))

    def get_or_set_many(
        self,
        keys: Iterable[str],
        loader: Callable[
            [list[str]], Deferred[Mapping[str, T]] | Coroutine[Any, Any, Mapping[str, T]] | Mapping[str, T]
        ],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
    ) -> "Deferred[dict[str, T]]":
        return Driven(self._engine.get_or_set_many(keys, loader, ttl=ttl, tags=tags))

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
    ) -> CachesFunctions:
        def decorate(function: Callable[..., Any]) -> Any:
            plain = plain_function(function)
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
    ) -> CachesManyFunctions:

        def decorate(function: Callable[..., Any]) -> Any:
            plain = plain_function(function)
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
    ) -> InvalidatesByFunctions:
        def decorate(function: Callable[..., Any]) -> Any:
            plain = plain_function(function)
            core = invalidating.InvalidatingFunction(
                self._engine, plain, keys=keys, tags=tags, functions=functions, when=when
            )
            return InvalidatingFunction(core, function)

        return decorate

    # -- invalidation

    def invalidate(self, *keys: str) -> "Deferred[None]":
        return Driven(self._engine.invalidation.keys(keys))

    def expire(self, key: str) -> "Deferred[bool]":
        return Driven(self._engine.invalidation.expire(key))

    def invalidate_tags(self, *tags: str) -> "Deferred[None]":
        return Driven(self._engine.invalidation.tags(tags))

    def invalidate_prefix(self, prefix: str) -> "Deferred[None]":
        return Driven(self._engine.invalidation.prefix(prefix))

    def clear(self) -> "Deferred[None]":
        return Driven(self._engine.invalidation.everything())

    def pending(self) -> Pending:
        return Pending()
