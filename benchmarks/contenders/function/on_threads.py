"""Threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import others, ours
from benchmarks.contenders.address import Address, Get

__all__ = ["dogpile", "unicache"]


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[Get]:
    """Our cached function."""
    from unicache import Cache

    with Cache(address.url, namespace="bench") as cache:
        yield ours.function(cache)


@asynccontextmanager
async def dogpile(address: Address) -> AsyncIterator[Get]:
    """Its Valkey backend, with the pickles that it makes by itself."""
    yield others.dogpile("dogpile.cache.valkey", host=address.host, port=address.port)
