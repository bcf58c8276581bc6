"""asyncio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import load
from benchmarks.contenders import ours
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["aiocache", "cashews", "unicache"]


@asynccontextmanager
async def unicache(_: Address) -> AsyncIterator[AwaitingGet]:
    """Our public API."""
    from unicache_asyncio import Cache

    async with Cache("memory://", namespace="bench") as cache:
        yield await ours.values_awaiting(cache)


@asynccontextmanager
async def aiocache(_: Address) -> AsyncIterator[AwaitingGet]:
    """Its backend in memory, which keeps the objects themselves, without bound."""
    from aiocache import SimpleMemoryCache  # type: ignore[import-untyped]

    yield await ours.values_awaiting(SimpleMemoryCache())


@asynccontextmanager
async def cashews(_: Address) -> AsyncIterator[AwaitingGet]:
    """Its backend in memory, which keeps the objects themselves."""
    from cashews import Cache

    cache: Any = Cache()
    cache.setup("mem://")
    for caller in range(load.MOST_CALLERS):
        await cache.set(load.key(caller), load.VALUE)
    yield cache.get
    await cache.close()
