"""Twisted, on its default reactor; callers are coroutines that await Deferreds."""

import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from typing import Any

from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from benchmarks import load
from benchmarks.contenders.address import Address, AwaitingGet

__all__ = ["bare", "order", "run", "together", "txredisapi", "unicache"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` in the reactor; ends the process."""
    react(lambda _: Deferred.fromCoroutine(main()))


async def order() -> str:
    """The next line of standard input."""
    return await deferToThread(sys.stdin.readline)


async def together(get: AwaitingGet, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls."""
    loops = [load.repeat_awaiting(get, load.key(caller), calls) for caller in range(callers)]
    try:
        await gatherResults([Deferred.fromCoroutine(loop) for loop in loops], consumeErrors=True)
    except FirstError as error:
        error.subFailure.raiseException()


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
