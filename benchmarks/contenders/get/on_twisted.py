"""Twisted, on its default reactor; callers are coroutines that await Deferreds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from benchmarks import load
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["bare", "txredisapi", "unicache"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[AwaitingGet]:
    """Our public API."""
    from unicache_twisted import Cache

    cache = Cache(address.url, namespace="bench")
    for caller in range(load.MOST_CALLERS):
        await cache.set(load.key(caller), load.VALUE)
    yield cache.get
    await cache.close()


@asynccontextmanager
async def txredisapi(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its client holds one connection. Told to give bytes as they are, like the others, it is spared the decoding."""
    from txredisapi import Connection  # type: ignore[import-untyped]

    client = await Connection(*address, charset=None, convertNumbers=False)
    yield client.get
    await client.disconnect()


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[AwaitingGet]:
    """The limit."""
    from benchmarks.bare.on_twisted import Connection

    with closing(await Connection.open(*address)) as connection:
        yield connection.get
