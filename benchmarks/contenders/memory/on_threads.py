"""Threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any

from benchmarks import load
from benchmarks.contenders import others, ours
from benchmarks.contenders.address import Address, Get

__all__ = ["bare", "cachebox", "cachetools", "dogpile", "dogpile_pickle", "unicache"]

_ROOM = 1000


@asynccontextmanager
async def unicache(_: Address) -> AsyncIterator[Get]:
    """Our public API."""
    from unicache import Cache

    with Cache("memory://", namespace="bench") as cache:
        yield ours.values(cache)


def _dogpile(backend: str) -> Get:
    from dogpile.cache import make_region

    region = make_region().configure(backend, expiration_time=others.TTL)
    for caller in range(load.MOST_CALLERS):
        region.set(load.key(caller), load.VALUE)
    get: Get = region.get
    return get


@asynccontextmanager
async def dogpile(_: Address) -> AsyncIterator[Get]:
    """Its backend that keeps the objects themselves, without bound."""
    yield _dogpile("dogpile.cache.memory")


@asynccontextmanager
async def dogpile_pickle(_: Address) -> AsyncIterator[Get]:
    """Its backend that keeps pickles, without bound."""
    yield _dogpile("dogpile.cache.memory_pickle")


@asynccontextmanager
async def cachetools(_: Address) -> AsyncIterator[Get]:
    """With a lock, as its documentation asks for where there are threads."""
    from cachetools import TTLCache

    cache: Any = TTLCache(_ROOM, others.TTL)
    lock = Lock()
    _fill(cache)

    def get(name: str) -> Any:
        with lock:
            return cache.get(name)

    yield get


@asynccontextmanager
async def cachebox(_: Address) -> AsyncIterator[Get]:
    """Its cache with one time to live for all."""
    from cachebox import TTLCache

    cache: Any = TTLCache(_ROOM, others.TTL)
    _fill(cache)
    yield cache.get


@asynccontextmanager
async def bare(_: Address) -> AsyncIterator[Get]:
    """The limit: a dict."""
    values: dict[str, bytes] = {}
    _fill(values)
    yield values.get


def _fill(cache: Any) -> None:
    for caller in range(load.MOST_CALLERS):
        cache[load.key(caller)] = load.VALUE
