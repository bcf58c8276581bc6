"""Threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from threading import Lock

from benchmarks import load
from benchmarks.contenders import others, ours
from benchmarks.contenders.address import Address, Get

__all__ = ["bare", "cachebox", "cachetools", "dogpile", "dogpile_pickle", "theine", "unicache", "unicache_memory"]

_ROOM = 1000


def _row(name: str) -> load.Row:
    return load.ROW


@asynccontextmanager
async def unicache(address: Address) -> AsyncIterator[Get]:
    """Our cached function, in the near cache of a server."""
    from unicache import Cache

    with Cache(address.url, namespace="near", near=True) as cache:
        yield ours.function(cache)


@asynccontextmanager
async def unicache_memory(_: Address) -> AsyncIterator[Get]:
    """Our cached function, in the memory of the process."""
    from unicache import Cache

    with Cache("memory://", namespace="bench") as cache:
        yield ours.function(cache)


@asynccontextmanager
async def dogpile(_: Address) -> AsyncIterator[Get]:
    """Its backend that keeps the objects themselves, without bound."""
    yield others.dogpile("dogpile.cache.memory")


@asynccontextmanager
async def dogpile_pickle(_: Address) -> AsyncIterator[Get]:
    """Its backend that keeps pickles, without bound."""
    yield others.dogpile("dogpile.cache.memory_pickle")


@asynccontextmanager
async def cachetools(_: Address) -> AsyncIterator[Get]:
    """With the lock that its documentation asks for where there are threads."""
    from cachetools import TTLCache, cached

    yield others.warmed(cached(TTLCache(_ROOM, others.TTL), lock=Lock())(_row))


@asynccontextmanager
async def cachebox(_: Address) -> AsyncIterator[Get]:
    """Its cache with one time to live for all."""
    from cachebox import TTLCache, cached

    yield others.warmed(cached(TTLCache(_ROOM, others.TTL))(_row))


@asynccontextmanager
async def theine(_: Address) -> AsyncIterator[Get]:
    """Its decorator."""
    from theine import Memoize

    yield others.warmed(Memoize(_ROOM, timedelta(seconds=others.TTL))(_row))


@asynccontextmanager
async def bare(_: Address) -> AsyncIterator[Get]:
    """The limit: the cache of the standard library, in C, without expiry."""
    yield others.warmed(lru_cache(maxsize=_ROOM, typed=True)(_row))
