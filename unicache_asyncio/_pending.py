"""The asynchronous face of a transaction's end. What becomes of what is queued is the engine's."""

from types import TracebackType
from typing import Self

import unicache
from unicache._core.invalidation.pending import Outstanding
from unicache._core.tools.docstrings import documented_like

__all__ = ["Pending"]


@documented_like(unicache.Pending)
class Pending(Outstanding):
    __doc__ = Outstanding.__doc__

    _session = "AsyncSession"

    async def commit(self) -> None:
        await self._commit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end(committed=error is None)
