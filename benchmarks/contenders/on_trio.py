"""trio."""

import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import trio

from benchmarks import load
from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.awaiting import coredis, glide, unicache

__all__ = ["bare", "coredis", "glide", "order", "run", "together", "unicache"]


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
            nursery.start_soon(load.repeat_awaiting, get, load.key(caller), calls)


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[AwaitingGet]:
    """The limit."""
    from benchmarks.bare.on_trio import Connection

    async with Connection.open(*address) as connection:
        yield connection.get
