"""The synchronous handle of a scan, gevent's too. What it does is the engine's."""

from typing import Generic, Self, TypeVar

from unicache._core.documents.scan import Pass
from unicache._core.run import run

__all__ = ["Scan"]

T = TypeVar("T")


class Scan(Generic[T]):
    """Keys or entries as they are found, in no order; made by ``scan`` and ``scan_entries``.

    An iterator, which can be used up once and may be left anywhere: the server does nothing ahead. What is there from
    the beginning to the end is given exactly once; what comes or goes meanwhile, once or not at all. To tell what was
    given, it is remembered: about 100 bytes for each. Asking raises StoreUnavailable, OperationTimeout, and may be
    repeated then: nothing is lost by it.
    """

    def __init__(self, core: Pass[T]) -> None:
        self._core = core

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        try:
            return run(self._core.next())
        except StopAsyncIteration:
            raise StopIteration from None

    def batch(self) -> list[T]:
        """The next ones, as many as the server gave together; empty at the end."""
        return run(self._core.batch())

    def all(self) -> list[T]:
        """All that are left."""
        return run(self._core.all())
