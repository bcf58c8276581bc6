"""trio."""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

import trio

from benchmarks import load
from benchmarks.contenders.address import AwaitingGet

__all__ = ["order", "run", "together"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` in trio."""
    trio.run(main)


async def order() -> str:
    """The next line of standard input."""
    return await trio.to_thread.run_sync(sys.stdin.readline)


async def together(get: AwaitingGet, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls."""
    async with trio.open_nursery() as nursery:
        for caller in range(callers):
            nursery.start_soon(load.repeat_awaiting, get, load.key(caller % load.MOST_CALLERS), calls)
