"""asyncio, on the standard library's own loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.get.awaiting import coredis, glide, unicache

__all__ = ["bare", "coredis", "glide", "redis_py", "unicache", "valkey_py"]


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
