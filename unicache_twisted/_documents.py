"""The Twisted facade: the calls on one document. What they do is the engine's."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from twisted.internet.defer import Deferred, fail, succeed

import unicache._documents as calls
from unicache._core.documents.single import MISSING
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.typing import DEFAULT, Default, Duration, Entry
from unicache_twisted._driving import Driven

__all__ = ["DocumentCalls"]

T = TypeVar("T")
D = TypeVar("D")


@documented_like(calls.DocumentCalls)
class DocumentCalls(Facade):
    __doc__ = calls.DocumentCalls.__doc__

    @overload
    def get(self, key: str, default: D, *, type: type[T]) -> "Deferred[T | D]": ...
    @overload
    def get(self, key: str, default: None = None, *, type: type[T]) -> "Deferred[T | None]": ...
    @overload
    def get(self, key: str, default: Any = None, *, type: Any = None) -> "Deferred[Any]": ...
    def get(self, key: str, default: Any = None, *, type: Any = None) -> "Deferred[Any]":
        try:
            value = self._documents.peek(key, default, type)
        except Exception as error:  # noqa: BLE001  a class that is asked for runs code of its own
            return fail(error)
        if value is not MISSING:
            return succeed(value)
        return Driven(self._documents.get(key, default, type))

    @overload
    def entry(self, key: str, *, type: type[T]) -> "Deferred[Entry[T]]": ...
    @overload
    def entry(self, key: str, *, type: Any = None) -> "Deferred[Entry[Any]]": ...
    def entry(self, key: str, *, type: Any = None) -> "Deferred[Entry[Any]]":
        return Driven(self._documents.entry(key, type))

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
        return Driven(self._documents.set(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl))

    def insert(
        self, key: str, value: Any, *, ttl: Duration | Default | None = DEFAULT, tags: Iterable[str] = ()
    ) -> "Deferred[int]":
        return Driven(self._documents.insert(key, value, ttl=ttl, tags=tags))

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
        return Driven(self._documents.replace(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl))

    def delete(self, key: str, *, cas: int | None = None) -> "Deferred[bool]":
        return Driven(self._documents.delete(key, cas))

    def touch(self, key: str, ttl: Duration | None) -> "Deferred[None]":
        return Driven(self._documents.touch(key, ttl))

    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: type[T]) -> "Deferred[T]": ...
    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> "Deferred[Any]": ...
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> "Deferred[Any]":
        return Driven(self._documents.get_and_touch(key, ttl, type))

    def exists(self, key: str) -> "Deferred[bool]":
        return Driven(self._documents.exists(key))

    def ttl(self, key: str) -> "Deferred[float | None]":
        return Driven(self._documents.ttl(key))

    def mutate(
        self,
        key: str,
        fn: Callable[[Any], Any],
        *,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> "Deferred[Any]":
        return Driven(self._documents.mutate(key, fn, ttl, retries))

    def increment(
        self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None
    ) -> "Deferred[int]":
        return Driven(self._counters.add(key, delta, initial, ttl))

    def decrement(
        self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None
    ) -> "Deferred[int]":
        return Driven(self._counters.subtract(key, delta, initial, ttl))

    def append(self, key: str, data: str | bytes) -> "Deferred[int]":
        return Driven(self._documents.extend(key, data, before=False))

    def prepend(self, key: str, data: str | bytes) -> "Deferred[int]":
        return Driven(self._documents.extend(key, data, before=True))
