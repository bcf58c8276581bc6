"""The contender that is the same under asyncio and trio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import ours
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["unicache"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[AwaitingGet]:
    """Our cached function."""
    from unicache_asyncio import Cache

    async with Cache(address.url, namespace="bench") as cache:
        yield await ours.function_awaiting(cache)
