"""All flavours at once, each in a process of its own, on one document: what each call promises holds between them."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

import unicache
from caches import Cache
from flavours import FLAVOURS
from peer import Peer, Task
from servers import STORES
from unicache.errors import KeyExists, KeyLocked
from unicache.server import Server

Body = Callable[..., Coroutine[Any, Any, Any]]


class Everybody:
    """Runs a body in all flavours at the same time."""

    def __init__(self, peers: list[Peer], url: str, namespace: str) -> None:
        self._peers = peers
        self._place = (url, namespace)

    def __call__(self, body: Body, *arguments: Any) -> list[Any]:
        for peer, flavour in zip(self._peers, FLAVOURS, strict=True):
            peer.begin(Task(flavour.name, *self._place, body, arguments))
        return [peer.result() for peer in self._peers]


@pytest.fixture(params=[fixture for fixture in STORES.values() if fixture])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def everybody(peers: list[Peer], server: Server, namespace: str) -> Everybody:
    return Everybody(peers, server.url, namespace)


@pytest.fixture
def cache(server: Server, namespace: str) -> Iterator[unicache.Cache]:
    """Who looks at what came of it."""
    with unicache.Cache(server.url, namespace=namespace) as opened:
        yield opened


async def inserted(cache: Cache, times: int) -> int:
    """How often an insert of one of the same keys succeeded."""
    won = 0
    for number in range(times):
        try:
            await cache.insert(f"k{number}", number)
        except KeyExists:
            continue
        won += 1
    return won


def test_of_all_who_insert_a_key_exactly_one_succeeds(everybody: Everybody) -> None:
    assert sum(everybody(inserted, 50)) == 50


async def counted(cache: Cache, times: int) -> None:
    for _ in range(times):
        await cache.increment("n", initial=1)


def test_a_thousand_increments_in_each_flavour_sum_exactly(everybody: Everybody, cache: unicache.Cache) -> None:
    everybody(counted, 1000)
    assert cache.get("n") == 1000 * len(FLAVOURS)


async def counted_with_tags(cache: Cache, times: int) -> None:
    for _ in range(times):
        await cache.increment("n")


def test_increments_by_compare_and_set_sum_exactly_too(everybody: Everybody, cache: unicache.Cache) -> None:
    cache.set("n", 0, tags=["red"])
    everybody(counted_with_tags, 100)
    assert cache.get("n") == 100 * len(FLAVOURS)


async def appended(cache: Cache, times: int) -> None:
    for _ in range(times):
        await cache.append("k", "x")


def test_no_append_is_lost(everybody: Everybody, cache: unicache.Cache) -> None:
    cache.set("k", "")
    everybody(appended, 100)
    assert cache.get("k") == "x" * 100 * len(FLAVOURS)


async def added_under_a_lock(cache: Cache, times: int) -> int:
    """Read and write without a CAS of one's own, which only a lock makes safe; how often the lock was taken."""
    refused = 0
    for _ in range(times):
        while True:
            try:
                async with cache.locked("k", 30) as entry:
                    await cache.set("k", entry.value + 1, cas=entry.cas)
                break
            except KeyLocked:
                refused += 1
    return refused


def test_what_is_done_under_a_lock_is_done_by_one_at_a_time(everybody: Everybody, cache: unicache.Cache) -> None:
    cache.set("k", 0)
    assert sum(everybody(added_under_a_lock, 30)) > 0
    assert cache.get("k") == 30 * len(FLAVOURS)
    assert cache.entry("k").locked is False
