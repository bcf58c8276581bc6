"""The asynchronous handle of a scan. What it does is the engine's."""

from typing import Generic, Self, TypeVar

import unicache._scan as handles
from unicache._core.documents.scan import Pass
from unicache._core.tools.docstrings import documented_like

__all__ = ["Scan"]

T = TypeVar("T")


@documented_like(handles.Scan)
class Scan(Generic[T]):
    __doc__ = handles.Scan.__doc__

    def __init__(self, core: Pass[T]) -> None:
        self._core = core

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await self._core.next()

    async def batch(self) -> list[T]:
        return await self._core.batch()

    async def all(self) -> list[T]:
        return await self._core.all()
