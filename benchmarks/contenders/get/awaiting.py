"""The contenders that are the same coroutines under asyncio and trio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks import load
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["coredis", "glide", "unicache"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[AwaitingGet]:
    """Our public API."""
    from unicache_asyncio import Cache

    async with Cache(address.url, namespace="bench") as cache:
        for caller in range(load.MOST_CALLERS):
            await cache.set(load.key(caller), load.VALUE)
        yield cache.get


@asynccontextmanager
async def coredis(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its client holds a pool of connections."""
    from coredis import Redis

    async with Redis(*address) as client:
        yield client.get


@asynccontextmanager
async def glide(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its client holds one connection, driven by threads of its own."""
    from glide import GlideClient, GlideClientConfiguration, NodeAddress

    client = await GlideClient.create(GlideClientConfiguration([NodeAddress(*address)]))
    try:
        yield client.get
    finally:
        await client.close()
