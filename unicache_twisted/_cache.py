"""The Twisted facade: every public call as one line that gives a Deferred. What the calls do is the engine's."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, Unpack, cast, overload

from twisted.internet.defer import Deferred, fail, succeed

import unicache
from unicache._core import functions, functions_many, invalidating
from unicache._core.docstrings import documented_like
from unicache._core.documents import MISSING
from unicache._core.facade import Facade
from unicache._core.functions import Key, Tag
from unicache._core.handles import Handle, plain_function
from unicache._core.invalidating import Target, When
from unicache._core.io import Io
from unicache._core.load import MISS
from unicache._core.terms import Ttl
from unicache.errors import CacheError
from unicache.typing import DEFAULT, CacheInfo, Default, Duration, Entry, LoadOptions, Result
from unicache_twisted._io import TwistedIo
from unicache_twisted._pending import Pending

__all__ = ["Cache", "CachedFunction", "CachedManyFunction", "InvalidatingFunction"]

T = TypeVar("T")
D = TypeVar("D")
K = TypeVar("K")
P = ParamSpec("P")
Q = ParamSpec("Q")

Later = Deferred[T] | Coroutine[Any, Any, T]
"""What a function of Twisted gives whose result comes later."""


@documented_like(unicache.Cache)
class Cache(Facade):
    __doc__ = Facade.__doc__

    _pending = Pending

    def _new_io(self) -> Io:
        return TwistedIo()

    # -- life cycle

    def connect(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._engine.core.store.connect())

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
    def get(self, key: str) -> "Deferred[Any]": ...
    @overload
    def get(self, key: str, default: D, *, type: type[T]) -> "Deferred[T | D]": ...
    @overload
    def get(self, key: str, default: None = None, *, type: type[T]) -> "Deferred[T | None]": ...
    @overload
    def get(self, key: str, default: Any, *, type: Any = None) -> "Deferred[Any]": ...
    def get(self, key: str, default: Any = None, *, type: Any = None) -> "Deferred[Any]":
        try:
            value = self._documents.peek(key) if type is None else MISSING
        except CacheError as error:
            return fail(error)
        if value is not MISSING:
            return succeed(value)
        return Deferred.fromCoroutine(self._documents.get(key, default, type))

    @overload
    def entry(self, key: str) -> "Deferred[Entry[Any]]": ...
    @overload
    def entry(self, key: str, *, type: type[T]) -> "Deferred[Entry[T]]": ...
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
    def get_and_touch(self, key: str, ttl: Duration | None) -> "Deferred[Any]": ...
    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: type[T]) -> "Deferred[T]": ...
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
        **options: Unpack[LoadOptions],
    ) -> "Callable[[Callable[P, Later[T]]], CachedFunction[P, T]]":
        def decorate(function: Callable[P, Later[T]]) -> CachedFunction[P, T]:
            plain = plain_function(function)
            return CachedFunction(
                functions.CachedFunction(
                    self._engine, plain, ttl=ttl, key=key, tags=tags, ignore=ignore, version=version, options=options
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
    ) -> "Callable[[Callable[..., Later[Mapping[K, T]]]], CachedManyFunction[K, T]]":

        def decorate(
            function: Callable[..., Later[Mapping[K, T]]],
        ) -> CachedManyFunction[K, T]:
            plain = plain_function(function)
            core = functions_many.CachedMany(self._engine, plain, ttl=ttl, key=key, tags=tags, version=version)
            return CachedManyFunction(core, function)

        return decorate

    def invalidates(
        self,
        *,
        keys: Target | Iterable[Target] = (),
        tags: Target | Iterable[Target] = (),
        functions: "Iterable[CachedFunction[..., Any]]" = (),
        when: When = "after",
    ) -> "Callable[[Callable[P, Later[T]]], InvalidatingFunction[P, T]]":
        def decorate(function: Callable[P, Later[T]]) -> InvalidatingFunction[P, T]:
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


@documented_like(unicache.CachedFunction)
class CachedFunction(Handle, Generic[P, T]):
    """A function whose results are cached. Call it as before; the methods take the same arguments as the call."""

    _core: functions.CachedFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        try:
            value = self._core.peek(self._bound + args, kwargs)
        except CacheError as error:
            return fail(error)
        return Deferred.fromCoroutine(self._core.call(self._bound + args, kwargs)) if value is MISS else succeed(value)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self: "CachedFunction[Concatenate[Any, Q], T]", instance: object, owner: type | None = None
    ) -> "CachedFunction[Q, T]": ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bind(instance, owner)

    def result(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[Result[T]]":
        return Deferred.fromCoroutine(self._core.result(self._bound + args, kwargs))

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        return self._core.key(self._bound + args, kwargs)

    def get(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T | None]":
        return Deferred.fromCoroutine(self._core.get(self._bound + args, kwargs))

    def set(self, value: T, *args: P.args, **kwargs: P.kwargs) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._core.set(value, self._bound + args, kwargs))

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._core.invalidate(self._bound + args, kwargs))

    def expire(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[bool]":
        return Deferred.fromCoroutine(self._core.expire(self._bound + args, kwargs))

    def invalidate_on_commit(self, transaction: object, *args: P.args, **kwargs: P.kwargs) -> None:
        self._on_commit(transaction, Pending, [self._core.key(self._bound + args, kwargs)])

    def refresh(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        return Deferred.fromCoroutine(self._core.refresh(self._bound + args, kwargs))

    def invalidate_all(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._core.invalidate_all())

    def cache_info(self) -> CacheInfo:
        return self._core.info()


@documented_like(unicache.InvalidatingFunction)
class InvalidatingFunction(Handle, Generic[P, T]):
    """A function that invalidates what it makes out of date. Call it as before."""

    _core: invalidating.InvalidatingFunction

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "Deferred[T]":
        return Deferred.fromCoroutine(self._core.call(self._bound + args, kwargs))

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

    _core: functions_many.CachedMany

    def __call__(self, items: Iterable[K]) -> "Deferred[dict[K, T]]":
        return Deferred.fromCoroutine(self._core.call(self._bound, items))

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        return cast("Self", self._bind(instance, owner))

    def key(self, item: K) -> str:
        return self._core.key((*self._bound, item))

    def invalidate(self, *items: K) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._core.invalidate(self._bound, items))

    def invalidate_on_commit(self, transaction: object, *items: K) -> None:
        self._on_commit(transaction, Pending, map(self.key, items))

    def cache_info(self) -> CacheInfo:
        return self._core.info()
