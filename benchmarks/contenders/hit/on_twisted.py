"""Twisted, where nobody else has a cached function."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import ours
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["unicache", "unicache_memory"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[AwaitingGet]:
    """Our cached function, in the near cache of a server."""
    from unicache_twisted import Cache

    async with Cache(address.url, namespace="near", near=True) as cache:
        yield await ours.function_awaiting(cache)


@asynccontextmanager
async def unicache_memory(_: Address) -> AsyncIterator[AwaitingGet]:
    """Our cached function, in the memory of the process."""
    from unicache_twisted import Cache

    async with Cache("memory://", namespace="bench") as cache:
        yield await ours.function_awaiting(cache)
