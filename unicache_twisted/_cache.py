"""The Twisted facade: every public call as one line that gives a Deferred. What the calls do is the engine's."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, overload

from twisted.internet.defer import Deferred, fail, succeed

import unicache
from unicache._core import functions, functions_many, invalidating
from unicache._core.binding import Vary
from unicache._core.docstrings import documented_like
from unicache._core.documents import MISSING
from unicache._core.facade import Facade
from unicache._core.functions import Key, Tag
from unicache._core.handles import plain_function
from unicache._core.invalidating import Target, When
from unicache._core.io import Io
from unicache._core.terms import Ttl
from unicache.errors import CacheError
from unicache.typing import DEFAULT, Default, Duration, Entry, LoadOptions
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
from unicache_twisted._pending import Pending

__all__ = ["Cache"]

T = TypeVar("T")
D = TypeVar("D")
K = TypeVar("K")
P = ParamSpec("P")


@documented_like(unicache.Cache)
class Cache(Facade):
    __doc__ = Facade.__doc__

    _pending = Pending

    def _new_io(self) -> Io:
        return TwistedIo()

    # -- life cycle

    def connect(self, *, within: Duration | None = None) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.connect(within))

    def close(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.core.close())

    def ping(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.core.store.ping())

    def __aenter__(self) -> "Deferred[Self]":
        return self.connect().addCallback(lambda _: self)

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> "Deferred[None]":
        return self.close()

    # -- documents

    @overload
    def get(self, key: str, default: D, *, type: type[T]) -> "Deferred[T | D]": ...
    @overload
    def get(self, key: str, default: None = None, *, type: type[T]) -> "Deferred[T | None]": ...
    @overload
    def get(self, key: str, default: Any = None, *, type: Any = None) -> "Deferred[Any]": ...
    def get(self, key: str, default: Any = None, *, type: Any = None) -> "Deferred[Any]":
        try:
            value = self._documents.peek(key) if type is None else MISSING
        except CacheError as error:
            return fail(error)
        if value is not MISSING:
            return succeed(value)
        return Deferred.fromCoroutine(self._documents.get(key, default, type))

    @overload
    def entry(self, key: str, *, type: type[T]) -> "Deferred[Entry[T]]": ...
    @overload
    def entry(self, key: str, *, type: Any = None) -> "Deferred[Entry[Any]]": ...
    def entry(self, key: str, *, type: Any = None) -> "Deferred[Entry[Any]]":
        return Deferred.fromCoroutine(self._documents.entry(key, type))

    def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> "Deferred[int]":
        return Deferred.fromCoroutine(self._documents.set(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl))

    def insert(
        self, key: str, value: Any, *, ttl: Duration | Default | None = DEFAULT, tags: Iterable[str] = ()
    ) -> "Deferred[int]":
        return Deferred.fromCoroutine(self._documents.insert(key, value, ttl=ttl, tags=tags))

    def replace(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> "Deferred[int]":
        return Deferred.fromCoroutine(
            self._documents.replace(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl)
        )

    def delete(self, key: str, *, cas: int | None = None) -> "Deferred[bool]":
        return Deferred.fromCoroutine(self._documents.delete(key, cas))

    def touch(self, key: str, ttl: Duration | None) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._documents.touch(key, ttl))

    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: type[T]) -> "Deferred[T]": ...
    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> "Deferred[Any]": ...
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> "Deferred[Any]":
        return Deferred.fromCoroutine(self._documents.get_and_touch(key, ttl, type))

    def exists(self, key: str) -> "Deferred[bool]":
        return Deferred.fromCoroutine(self._documents.exists(key))

    def ttl(self, key: str) -> "Deferred[float | None]":
        return Deferred.fromCoroutine(self._documents.ttl(key))

    def mutate(
        self,
        key: str,
        fn: Callable[[Any], Any],
        *,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> "Deferred[Any]":
        return Deferred.fromCoroutine(self._documents.mutate(key, fn, ttl, retries))

    def get_many(
        self, keys: Iterable[str], *, type: Any = None, return_exceptions: bool = False
    ) -> "Deferred[dict[str, Any]]":
        return Deferred.fromCoroutine(self._documents.get_many(keys, type, return_exceptions))

    def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: Mapping[str, int] | None = None,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Deferred.fromCoroutine(
            self._documents.set_many(values, ttl=ttl, tags=tags, cas=cas, return_exceptions=return_exceptions)
        )

    def delete_many(self, keys: Iterable[str], *, return_exceptions: bool = False) -> "Deferred[dict[str, bool]]":
        return Deferred.fromCoroutine(self._documents.delete_many(keys, return_exceptions))

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
        return Deferred.fromCoroutine(
            self._engine.get_or_set(key, loader, ttl=ttl, tags=tags, wanted=type, options=options)
        )

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
        return Deferred.fromCoroutine(self._engine.get_or_set_many(keys, loader, ttl=ttl, tags=tags))

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
                functions.CachedFunction(
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
            core = functions_many.CachedMany(
                self._engine, plain, ttl=ttl, key=key, tags=tags, version=version, gather=gather
            )
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
        return Deferred.fromCoroutine(self._engine.invalidation.keys(keys))

    def expire(self, key: str) -> "Deferred[bool]":
        return Deferred.fromCoroutine(self._engine.invalidation.expire(key))

    def invalidate_tags(self, *tags: str) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.invalidation.tags(tags))

    def clear(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.invalidation.prefix())

    def pending(self) -> Pending:
        return Pending()
