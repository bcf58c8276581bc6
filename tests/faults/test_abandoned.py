"""Callers who leave while their replies arrive: nobody gets another's value, and the connection is kept.

Replies come in pieces that end anywhere. How many callers left too early is the server's own count of GETs, less the
values that were delivered; how many connections there were is the proxy's count, which nobody else uses.
"""

import asyncio
import random
import signal
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Barrier
from typing import Any

import gevent
import pytest
import trio
from slow import Dripping
from twisted.internet import defer

import unicache
from caches import Cache, open_cache
from flavours import Flavour, Started
from servers import observer
from unicache._core.io import Io
from unicache.errors import OperationTimeout
from unicache.server import Server
from wires import clients, wait_until

SEED = 20_250
CALLS = 10_000
BATCH = 200
VALUES = {"odd": "odd" * 9, "even": "even" * 13}
NAME = "abandoned"

Call = Callable[[], Coroutine[Any, Any, None]]


class Account:
    """What was delivered, by the callers' own word, and what was asked, by the server's."""

    def __init__(self, server: Server, proxy: Dripping) -> None:
        self.delivered: list[tuple[str, Any]] = []
        self._server = server
        self._proxy = proxy

    def check(self, *, abandoned: int, connections: int) -> None:
        """No value is another key's; so many calls at least were abandoned, and so many connections at most used."""
        wait_until(lambda: not clients(self._server, NAME))
        unheard = _gets(self._server) - len(self.delivered)
        told = f"seed {SEED}: {len(self.delivered)} heard, {unheard} not, {self._proxy.connections} connections"
        print(told)
        assert not [(key, value) for key, value in self.delivered if value != VALUES[key]], told
        assert unheard >= abandoned, told
        assert self._proxy.connections <= connections, told


def _gets(server: Server) -> int:
    with observer(server) as client:
        return int(client.info("commandstats")["cmdstat_get"]["calls"])


@contextmanager
def dripping(delay: float = 0.0) -> Iterator[tuple[Dripping, Account]]:
    """A server that holds the two values, behind a proxy."""
    with Server() as server, unicache.Cache(server.url) as cache:
        cache.set_many(VALUES)
        with Dripping(server, SEED, delay=delay) as proxy:
            yield proxy, Account(server, proxy)


def test_ten_thousand_gets_of_which_many_are_abandoned_deliver_what_was_asked_for(cancelling: Flavour) -> None:
    moments = random.Random(SEED)  # noqa: S311  any moment will do

    async def body(io: Io) -> None:
        cache = open_cache(cancelling, proxy.url, client_name=NAME, timeout=20, connect_timeout=20)
        await cache.connect()
        for _ in range(0, CALLS, BATCH):
            await _batch(io, cancelling, cache, account, moments)
        await cache.close()

    with dripping() as (proxy, account):
        cancelling.run(body)
        account.check(abandoned=CALLS // 20, connections=1)


async def _batch(io: Io, flavour: Flavour, cache: Cache, account: Account, moments: random.Random) -> None:
    """Of the calls a third is cancelled from outside, one after another, and a third has a time limit of its own."""

    async def get(key: str) -> None:
        account.delivered.append((key, await cache.get(key)))

    async def limited(key: str, seconds: float) -> None:
        await LIMITS[flavour.name](partial(get, key), seconds)

    keys = [moments.choice(tuple(VALUES)) for _ in range(BATCH)]
    limits = [moments.uniform(0.0005, 0.03) for _ in keys]
    calls = [
        flavour.start(partial(get, key) if number % 3 else partial(limited, key, limit))
        for number, (key, limit) in enumerate(zip(keys, limits, strict=True))
    ]
    await _cancel(io, calls[1::3], moments)
    for call in calls:
        await call.ended()


async def _cancel(io: Io, calls: list[Started], moments: random.Random) -> None:
    moments.shuffle(calls)
    for call in calls:
        if moments.random() < 0.3:
            await io.sleep(moments.uniform(0.0001, 0.001))
        call.cancel()


async def _within_asyncio(call: Call, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await call()


async def _within_trio(call: Call, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await call()


async def _within_gevent(call: Call, seconds: float) -> None:
    with suppress(gevent.Timeout), gevent.Timeout(seconds):
        await call()


async def _within_twisted(call: Call, seconds: float) -> None:
    from twisted.internet import reactor

    with suppress(defer.TimeoutError):
        await defer.Deferred.fromCoroutine(call()).addTimeout(seconds, reactor)


LIMITS = {
    "asyncio": _within_asyncio,
    "uvloop": _within_asyncio,
    "trio": _within_trio,
    "gevent": _within_gevent,
    "twisted": _within_twisted,
}
"""How a caller of each model sets a limit of its own."""


def test_ten_thousand_gets_of_sixteen_threads_of_which_many_time_out_deliver_what_was_asked_for() -> None:
    def share(number: int) -> None:
        moments = random.Random(SEED + number)  # noqa: S311  any moment will do
        for _ in range(CALLS // 16):
            key = moments.choice(tuple(VALUES))
            with suppress(OperationTimeout):
                account.delivered.append((key, cache.get(key)))

    def warm(_: int) -> None:
        everybody.wait()
        cache.connect()  # takes its time, so that each thread opens a connection of its own

    everybody = Barrier(16)
    with dripping(delay=0.2) as (proxy, account):
        cache = unicache.Cache(proxy.url, client_name=NAME, timeout=0.1, connect_timeout=20)
        with ThreadPoolExecutor(16) as pool:
            proxy.late = 1.0
            list(pool.map(warm, range(16)))
            proxy.late = 0.05
            list(pool.map(share, range(16)))
        cache.close()
        account.check(abandoned=100, connections=16)


class Struck(Exception):
    """What the signal's handler raises, as a worker's time limit does."""


@pytest.fixture
def alarms() -> Iterator[None]:
    """SIGALRM raises Struck in the main thread."""

    def strike(_: int, __: Any) -> None:
        raise Struck

    before = signal.signal(signal.SIGALRM, strike)
    yield
    signal.signal(signal.SIGALRM, before)


# A signal can strike a destructor, or between making a socket or a coroutine and using it; then Python itself warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_signals_that_strike_a_get_at_any_moment_cross_no_value_and_leak_no_connection(alarms: None) -> None:
    moments = random.Random(SEED)  # noqa: S311  any moment will do
    strikes = 0
    with dripping() as (proxy, account):
        cache = unicache.Cache(proxy.url, client_name=NAME, timeout=20, connect_timeout=20, max_connections=2)
        while strikes < 300:
            strikes += _struck(cache, account, moments)
        cache.close()
        account.check(abandoned=1, connections=strikes + 2)  # bytes were on their way: each strike may cost a link


def _struck(cache: unicache.Cache, account: Account, moments: random.Random) -> bool:
    """A call during which a signal strikes, if it is not over by then."""
    key = moments.choice(tuple(VALUES))
    try:
        signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-6, 6e-3))
        value = cache.get(key)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Struck:
        return True
    account.delivered.append((key, value))
    return False
