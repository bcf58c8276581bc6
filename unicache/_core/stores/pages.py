"""Batches that are asked for one at a time, as an asynchronous iterator that may be left anywhere.

An asynchronous generator would have to be finished, by whoever left it or by the event loop; here is nothing to finish,
and a turn that was cancelled or failed is taken again by the next.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

__all__ = ["Pages"]

C = TypeVar("C")


class Pages(Generic[C]):
    """Names in batches that are not empty. ``turn`` takes a cursor, and gives the next, None at the end, and names."""

    def __init__(self, turn: Callable[[C], Awaitable[tuple[C | None, list[bytes]]]], start: C) -> None:
        self._turn = turn
        self._cursor: C | None = start

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        while self._cursor is not None:
            self._cursor, names = await self._turn(self._cursor)
            if names:
                return names
        raise StopAsyncIteration
