"""gevent, where nobody else has a cached function that knows of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import ours
from benchmarks.contenders.address import Address, Get

__all__ = ["unicache", "unicache_memory"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[Get]:
    """Our cached function, in the near cache of a server."""
    from unicache_gevent import Cache

    with Cache(address.url, namespace="near", near=True) as cache:
        yield ours.function(cache)


@asynccontextmanager
async def unicache_memory(_: Address) -> AsyncIterator[Get]:
    """Our cached function, in the memory of the process."""
    from unicache_gevent import Cache

    with Cache("memory://", namespace="bench") as cache:
        yield ours.function(cache)
