"""The asynchronous facade, for asyncio and trio: the calls that lock documents. What they do is the engine's."""

from types import TracebackType
from typing import Any, Generic, TypeVar, cast, overload

import unicache._locks as calls
from unicache._core.documents.locking import Hold
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.typing import Duration, Entry

__all__ = ["LockCalls", "Locked"]

T = TypeVar("T")


class Locked(Hold, Generic[T]):
    __doc__ = Hold.__doc__

    async def __aenter__(self) -> Entry[T]:
        return cast("Entry[T]", await self._enter())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._leave(failed=error is not None)


@documented_like(calls.LockCalls)
class LockCalls(Facade):
    __doc__ = calls.LockCalls.__doc__

    @overload
    async def get_and_lock(self, key: str, ttl: Duration, *, type: type[T]) -> Entry[T]: ...
    @overload
    async def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> Entry[Any]: ...
    async def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> Entry[Any]:
        return await self._locks.get_and_lock(key, ttl, type)

    async def unlock(self, key: str, cas: int) -> None:
        await self._locks.unlock(key, cas)

    @overload
    def locked(self, key: str, ttl: Duration, *, type: type[T]) -> Locked[T]: ...
    @overload
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]: ...
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]:
        return Locked(*self._locks.block(key, ttl, type))
