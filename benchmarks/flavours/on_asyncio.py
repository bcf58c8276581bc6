"""asyncio, on the standard library's own loop."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks import load
from benchmarks.contenders.address import AwaitingGet

__all__ = ["order", "run", "together"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` in a new loop."""
    asyncio.run(main())


async def order() -> str:
    """The next line of standard input."""
    return await asyncio.to_thread(sys.stdin.readline)


async def together(get: AwaitingGet, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls."""
    async with asyncio.TaskGroup() as group:
        for caller in range(callers):
            group.create_task(load.repeat_awaiting(get, load.key(caller % load.MOST_CALLERS), calls))
