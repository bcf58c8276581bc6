"""The synchronous facade, gevent's too: the calls that lock documents. What they do is the engine's."""

from types import TracebackType
from typing import Any, Generic, TypeVar, cast, overload

from unicache._core.documents.locking import Hold
from unicache._core.facade import Facade
from unicache._core.run import run
from unicache.typing import Duration, Entry

__all__ = ["LockCalls", "Locked"]

T = TypeVar("T")


class Locked(Hold, Generic[T]):
    __doc__ = Hold.__doc__

    def __enter__(self) -> Entry[T]:
        return cast("Entry[T]", run(self._enter()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run(self._leave(failed=error is not None))


class LockCalls(Facade):
    """The calls that lock documents."""

    @overload
    def get_and_lock(self, key: str, ttl: Duration, *, type: type[T]) -> Entry[T]: ...
    @overload
    def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> Entry[Any]: ...
    def get_and_lock(self, key: str, ttl: Duration, *, type: Any = None) -> Entry[Any]:
        """Lock a document for ``ttl`` at most, and give it as an entry whose ``cas`` is the lock's.

        Until the lock ends, only a write with that CAS succeeds, and releases it; every other write, of any process,
        raises KeyLocked. Reads go on, and show another CAS. ``invalidate`` and ``clear`` remove the document all the
        same. Raises KeyNotFound; KeyLocked when somebody has a lock already; and what ``get`` raises.
        """
        return run(self._locks.get_and_lock(key, ttl, type))

    def unlock(self, key: str, cas: int) -> None:
        """Give back the lock that has this CAS. Raises KeyNotLocked when it ended before, and KeyNotFound."""
        run(self._locks.unlock(key, cas))

    @overload
    def locked(self, key: str, ttl: Duration, *, type: type[T]) -> Locked[T]: ...
    @overload
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]: ...
    def locked(self, key: str, ttl: Duration, *, type: Any = None) -> Locked[Any]:
        """A context in which the document is locked, for ``ttl`` at most; it gives the entry of ``get_and_lock``.

        Entering it raises what ``get_and_lock`` raises. The lock is given back at the end, unless a write with the
        entry's CAS has released it.
        """
        return Locked(*self._locks.block(key, ttl, type))
