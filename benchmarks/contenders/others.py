"""Cached functions and caches of others that more than one kind of work needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import load
from benchmarks.contenders.address import AwaitingGet, Get

__all__ = ["aiocache", "cashews", "dogpile", "warmed", "warmed_awaiting"]

TTL = 3600


def warmed(call: Any) -> Get:
    """A function, called once for each key."""
    for caller in range(load.MOST_CALLERS):
        call(load.key(caller))
    get: Get = call
    return get


async def warmed_awaiting(call: Any) -> AwaitingGet:
    """A coroutine function, called once for each key."""
    for caller in range(load.MOST_CALLERS):
        await call(load.key(caller))
    get: AwaitingGet = call
    return get


def dogpile(backend: str, **arguments: Any) -> Get:
    """A function cached by dogpile.cache."""
    from dogpile.cache import make_region

    region = make_region().configure(backend, expiration_time=TTL, arguments=arguments)

    @region.cache_on_arguments()
    def row(name: str) -> load.Row:
        return load.ROW

    return warmed(row)


async def aiocache(**options: Any) -> AwaitingGet:
    """A function cached by aiocache."""
    from aiocache import cached  # type: ignore[import-untyped]

    @cached(ttl=TTL, **options)  # type: ignore[untyped-decorator]
    async def row(name: str) -> load.Row:
        return load.ROW

    return await warmed_awaiting(row)


@asynccontextmanager
async def cashews(url: str, **options: Any) -> AsyncIterator[AwaitingGet]:
    """A function cached by cashews."""
    from cashews import Cache

    cache = Cache()
    cache.setup(url, **options)

    @cache(ttl=TTL)
    async def row(name: str) -> load.Row:
        return load.ROW

    yield await warmed_awaiting(row)
    await cache.close()
