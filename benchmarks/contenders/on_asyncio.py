"""asyncio, on the standard library's own loop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from typing import Any

from benchmarks import load
from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.awaiting import coredis, glide, unicache

__all__ = ["bare", "coredis", "glide", "order", "redis_py", "run", "together", "unicache", "valkey_py"]


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
            group.create_task(load.repeat_awaiting(get, load.key(caller), calls))


@asynccontextmanager
async def valkey_py(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its client holds a pool of connections."""
    from valkey.asyncio import Valkey

    async with Valkey(host=address.host, port=address.port) as client:
        yield client.get


@asynccontextmanager
async def redis_py(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its client holds a pool of connections."""
    from redis.asyncio import Redis

    async with Redis(host=address.host, port=address.port) as client:
        yield client.get


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[AwaitingGet]:
    """The limit."""
    from benchmarks.bare.on_asyncio import Connection

    with closing(await Connection.open(*address)) as connection:
        yield connection.get
