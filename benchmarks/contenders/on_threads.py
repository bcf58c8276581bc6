"""Threads: plain calls."""

import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from typing import Any

from benchmarks import load
from benchmarks.contenders.address import Address, Get

__all__ = ["bare", "glide_sync", "order", "redis_py", "run", "together", "unicache", "valkey_py"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main``, which does not suspend here."""
    try:
        main().send(None)
    except StopIteration:
        return
    raise RuntimeError("a blocking contender suspended")


async def order() -> str:
    """The next line of standard input."""
    return sys.stdin.readline()


async def together(get: Get, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls; raise what befell any of them."""
    failures: list[BaseException] = []

    def call(caller: int) -> None:
        try:
            load.repeat(get, load.key(caller), calls)
        except BaseException as failure:  # noqa: BLE001 - raised again below, in the thread that asked
            failures.append(failure)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


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
