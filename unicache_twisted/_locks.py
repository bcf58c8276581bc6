"""The Twisted facade: the calls that lock documents. What they do is the engine's."""

from types import TracebackType
from typing import Any, Generic, TypeVar, overload

from twisted.internet.defer import Deferred

import unicache._locks as calls
from unicache._core.documents.locking import Hold
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.typing import Duration, Entry
from unicache_twisted._driving import Driven

__all__ = ["LockCalls", "Locked"]

T = TypeVar("T")


class Locked(Hold, Generic[T]):
    __doc__ = Hold.__doc__

    def __aenter__(self) -> "Deferred[Entry[T]]":
        return Driven(self._enter())

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> "Deferred[None]":
        return Driven(self._leave(failed=error is not None))


@documented_like(calls.LockCalls)
class LockCalls(Facade):
    __doc__ = calls.LockCalls.__doc__

    @overload
    def get_and_lock(self, key: str, ttl: Duration, *, type: type[T]) -> "Deferred[Entry[T]]": ...
    @overload
    def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> "Deferred[Entry[Any]]": ...
    def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> "Deferred[Entry[Any]]":
        return Driven(self._locks.get_and_lock(key, ttl, type))

    def unlock(self, key: str, cas: int) -> "Deferred[None]":
        return Driven(self._locks.unlock(key, cas))

    @overload
    def locked(self, key: str, ttl: Duration, *, type: type[T]) -> Locked[T]: ...
    @overload
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]: ...
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]:
        return Locked(*self._locks.block(key, ttl, type))
