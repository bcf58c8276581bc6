"""Threads: plain calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from benchmarks import load
from benchmarks.contenders.address import Address, Get

__all__ = ["bare", "glide_sync", "redis_py", "unicache", "valkey_py"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[Get]:
    """Our public API."""
    from unicache import Cache

    with Cache(address.url, namespace="bench") as cache:
        for caller in range(load.MOST_CALLERS):
            cache.set(load.key(caller), load.VALUE)
        yield cache.get


@asynccontextmanager
async def valkey_py(address: Address) -> AsyncIterator[Get]:
    """Its client holds a pool of connections."""
    from valkey import Valkey

    with Valkey(*address) as client:
        yield client.get


@asynccontextmanager
async def redis_py(address: Address) -> AsyncIterator[Get]:
    """Its client holds a pool of connections."""
    from redis import Redis

    with Redis(*address) as client:
        yield client.get


@asynccontextmanager
async def glide_sync(address: Address) -> AsyncIterator[Get]:
    """Its client holds one connection, driven by a thread of its own."""
    from glide_sync import GlideClient, GlideClientConfiguration, NodeAddress

    with closing(GlideClient.create(GlideClientConfiguration([NodeAddress(*address)]))) as client:
        yield client.get


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[Get]:
    """The limit."""
    from benchmarks.bare.on_threads import Connection

    yield Connection(*address).get
