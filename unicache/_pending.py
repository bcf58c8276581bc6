"""The synchronous face of a transaction's end, gevent's too. What becomes of what is queued is the engine's."""

from types import TracebackType
from typing import Self

from unicache._core.invalidation.pending import Outstanding
from unicache._core.run import run

__all__ = ["Pending"]


class Pending(Outstanding):
    __doc__ = Outstanding.__doc__

    _session = "Session"

    def commit(self) -> None:
        """The transaction was committed: invalidate everything that is queued. Allowed twice.

        All of it is tried. Raises InvalidationUncertain when the store did not confirm some of it.
        """
        run(self._commit())

    _settle = commit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run(self._end(committed=error is None))
