"""gevent. Nothing is patched, unless the contender needs it: then it patches its own process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from benchmarks import load
from benchmarks.contenders.address import Address, Get

__all__ = ["bare", "unicache", "valkey_py"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[Get]:
    """Our public API, unpatched."""
    from unicache_gevent import Cache

    with Cache(address.url, namespace="bench") as cache:
        for caller in range(load.MOST_CALLERS):
            cache.set(load.key(caller), load.VALUE)
        yield cache.get


@asynccontextmanager
async def valkey_py(address: Address) -> AsyncIterator[Get]:
    """Made to work with gevent by patching the standard library. Its client holds a pool of connections."""
    from gevent import monkey

    monkey.patch_all()
    from valkey import Valkey

    with Valkey(*address) as client:
        yield client.get


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[Get]:
    """The limit, unpatched."""
    from benchmarks.bare.on_gevent import Connection

    with closing(Connection(*address)) as connection:
        yield connection.get
