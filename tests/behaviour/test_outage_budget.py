"""What an outage may cost: how often a store that does not answer is asked, how many loads run at a time, whose leases
outlive their process. That functions answer at all, and invalidations are loud, is ``test_outage``'s.
"""

import os
import signal
from collections.abc import Iterator
from functools import partial
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from loads import held

from caches import Cache, Stage, bare
from flavours import FLAVOURS, Flavour
from peer import Peer, Task
from servers import observer
from unicache._core.records.record import Lease
from unicache.server import Server


def looks(cache: Cache) -> list[bytes]:
    """Grows by the name of every entry that load-through asks the store for."""
    store = bare(cache)._engine.core.store
    read, asked = store.read, []

    async def noted(name: bytes) -> Any:
        asked.append(name)
        return await read(name)

    store.read = noted
    return asked


async def number() -> int:
    return 7


@pytest.mark.far
async def test_a_store_that_does_not_answer_is_soon_left_alone_and_found_again(
    stage: Stage, own_server: Server
) -> None:
    cache = stage.open(own_server.url, timeout=0.05)
    await cache.connect(within=20)
    get = cache.cached(key="k")(number)

    async def hit() -> bool:
        return (await get.result()).source == "hit"

    await stage.until(hit)
    before, asked = cache.stats()["uncached"], looks(cache)
    own_server.pause()
    assert [await get() for _ in range(40)] == [7] * 40
    assert len(asked) < 10  # three, and a trial now and then if this machine is slow
    assert cache.stats()["uncached"] == before + 40
    own_server.resume()
    await stage.until(hit)
    del asked[:]
    assert [await get() for _ in range(10)] == [7] * 10
    assert len(asked) == 10


async def test_a_burst_of_time_outs_is_one_trouble(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.05, max_connections=16)
    await cache.connect(within=20)
    get = cache.cached(key="k")(number)
    await get()
    own_server.pause()
    assert await stage.together([get] * 16) == [7] * 16
    breaker = bare(cache)._engine.core.breaker
    assert breaker.is_open
    assert breaker._pause < 4  # two openings at most if this machine is slow; sixteen would make it the longest
    own_server.resume()


class Origin:
    """Counts the loads that run at a time."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.inside = 0
        self.most = 0

    async def load(self) -> int:
        self.inside += 1
        self.most = max(self.most, self.inside)
        began = monotonic()
        await self.stage.until(lambda: self.inside > 2 or monotonic() > began + 0.02)
        self.inside -= 1
        return 7


async def test_no_more_loads_than_allowed_run_at_a_time_while_the_store_is_down(
    stage: Stage, own_server: Server
) -> None:
    cache = stage.open(own_server.url, origin_limit=2)
    own_server.kill()
    origin = Origin(stage)
    calls = [partial(cache.get_or_set, f"k{which}", origin.load) for which in range(8)]
    assert await stage.together(calls) == [7] * 8
    assert origin.most == 2


async def never_ending(cache: Cache) -> None:
    async def load() -> None:
        await cache.set("begun", value=True)
        await bare(cache)._engine.core.io.sleep(600)

    await cache.get_or_set("k", load)


@pytest.fixture(params=FLAVOURS, ids=repr)
def two_stages(request: pytest.FixtureRequest, valkey_server: Server) -> Iterator[tuple[Stage, Peer]]:
    """A stage, and a process of its own that is leading the load of ``k`` under a lease of 0.3 seconds."""
    flavour: Flavour = request.param
    stage = Stage(flavour, valkey_server.url, f"test-{uuid4().hex}")
    with Peer() as peer:
        peer.begin(Task(flavour.name, f"{valkey_server.url}?lease=300ms", stage.namespace, never_ending, ()))
        yield stage, peer


def test_a_leader_that_is_killed_is_succeeded_when_its_lease_is_over(two_stages: tuple[Stage, Peer]) -> None:
    stage, peer = two_stages
    stage.run(partial(succeeding, stage, peer._process.pid))


async def succeeding(stage: Stage, leader: int) -> None:
    cache, runs = stage.open(), []

    async def load() -> int:
        runs.append(1)
        return 7

    await stage.until(lambda: cache.exists("begun"))
    successor = stage.begin(lambda: cache.get_or_set("k", load))
    began = monotonic()
    await stage.until(lambda: monotonic() > began + 0.5)
    assert not runs  # the leader lives, and so does its lease
    os.kill(leader, signal.SIGKILL)
    assert await successor.result() == 7
    assert len(runs) == 1
    assert cache.stats()["uncached"] == 0


async def test_a_connection_lost_during_the_load_leaves_no_lease_behind(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url)

    async def load() -> int:
        with observer(own_server) as client:
            client.client_kill_filter(_type="normal", skipme=True)
        return 7

    assert await cache.get_or_set("k", load) == 7
    assert not isinstance(await held(cache, "k"), Lease)
