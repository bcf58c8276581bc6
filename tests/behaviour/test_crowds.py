"""Many writers of one document, in processes of different flavours: nothing is lost, and nothing is given twice."""

from contextlib import suppress
from typing import Any

import pytest

from caches import Cache, Stage
from flavours import FLAVOURS
from peer import Peer, Task
from servers import STORES
from unicache import subdocument as sd
from unicache.errors import QueueEmpty
from unicache.server import Server


@pytest.fixture(params=[store for store, fixture in STORES.items() if fixture])
def stage(request: pytest.FixtureRequest, namespace: str) -> Stage:
    """One flavour on each server in turn; the other processes take others."""
    server: Server = request.getfixturevalue(STORES[request.param] or "")
    gevent = next(flavour for flavour in FLAVOURS if flavour.name == "gevent")
    return Stage(gevent, server.url, namespace)


@pytest.fixture
def peers(peers: list[Peer]) -> list[Peer]:
    """Three more processes."""
    return peers[:3]


def begin(stage: Stage, peers: list[Peer], body: Any, *arguments: Any) -> None:
    for peer, flavour in zip(peers, ("threads", "asyncio", "twisted"), strict=False):
        peer.begin(Task(flavour, stage.url, stage.namespace, body, (flavour, *arguments)))


async def appended(cache: Cache, who: str, times: int) -> None:
    for number in range(times):
        await cache.mutate_in("k", [sd.append("log", [who, number])], retries=100_000)


async def popped(cache: Cache, who: str, most: int) -> list[int]:
    """What one consumer gets, which stops when it has had enough, so that the other must have some, too."""
    queue, own = cache.as_queue("jobs"), []
    await cache.set("ready", who)
    with suppress(QueueEmpty):
        while len(own) < most:
            own.append(await queue.pop())
    return own


def test_four_times_250_appends_make_a_list_of_1000(stage: Stage, peers: list[Peer]) -> None:
    cache = stage.open()

    async def body() -> list[Any]:
        await cache.set("k", {"log": []})
        begin(stage, peers, appended, 250)
        await appended(cache, "gevent", 250)
        for peer in peers:
            peer.result()
        return list((await cache.lookup_in("k", [sd.get("log")]))[0])

    log = stage.run(body)
    assert len(log) == 1000
    for who in ("gevent", "threads", "asyncio", "twisted"):
        assert [number for each, number in log if each == who] == list(range(250))


def test_two_consumers_pop_each_of_1000_items_once(stage: Stage, peers: list[Peer]) -> None:
    cache = stage.open()

    async def body() -> list[list[int]]:
        await cache.set("jobs", list(range(1000)))
        begin(stage, peers[:1], popped, 600)
        await stage.until(lambda: cache.exists("ready"))
        here = await popped(cache, "gevent", 600)
        return [here, peers[0].result()]

    consumers = stage.run(body)
    assert sorted([*consumers[0], *consumers[1]]) == list(range(1000))
    for items in consumers:
        assert len(items) >= 400
        assert items == sorted(items)
