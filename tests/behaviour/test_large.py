"""Large values: nobody waits behind them, and calls on one key are carried out in their order all the same."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from unicache.server import Server
from wires import Proxy, clients

BIG = b"x" * 2**20
SMALL = b"y"


class Sticky(Proxy):
    """Can stop in the midst of a large reply, on the connection that carries it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.stuck = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def handed_on(self, size: int) -> None:
        if size > 10_000 and not self.free.is_set():
            self.stuck.set()
            self.free.wait()


@pytest.fixture
def sticky(own_server: Server) -> Iterator[Sticky]:
    with Sticky(own_server) as between:
        yield between
        between.free.set()


def patient(stage: Stage, where: "Server | Sticky", **options: Any) -> Cache:
    return stage.open(where.url, timeout=20, connect_timeout=20, **options)


@pytest.mark.far  # with a near cache the value is read once, and nothing is under way behind which one could wait
async def test_nobody_waits_behind_a_large_value(stage: Stage, sticky: Sticky) -> None:
    cache = patient(stage, sticky)
    await cache.set_many({"big": BIG, "small": SMALL})
    await cache.set("other", SMALL)
    for call in (partial(cache.get, "big"), partial(cache.get_many, ["big"]), partial(cache.entry, "big")):
        sticky.stuck.clear()
        sticky.free.clear()
        slow = stage.begin(call)
        await stage.until(sticky.stuck.is_set)
        assert await cache.get("other") == SMALL
        assert await cache.increment("counter", initial=1) > 0
        sticky.free.set()
        assert await slow.result()


async def test_calls_on_a_key_are_carried_out_in_their_order(stage: Stage, own_server: Server) -> None:
    cache = patient(stage, own_server)
    for value, other in ((BIG, SMALL), (SMALL, BIG)):
        for key in ("k", "l"):
            calls = [partial(cache.set, key, other), partial(cache.set, key, value), partial(cache.get, key)]
            assert (await stage.issue([*calls, partial(cache.delete, key), partial(cache.exists, key)]))[2:] == [
                value,
                True,
                False,
            ]


async def test_there_is_a_second_connection_only_when_something_is_large(stage: Stage, own_server: Server) -> None:
    cache = patient(stage, own_server, client_name="carrier")
    await cache.set("small", SMALL)
    assert clients(own_server, "carrier") == 1
    for _ in range(3):
        await cache.set("big", BIG)
        assert await cache.get("big") == BIG
    assert clients(own_server, "carrier") == (1 if stage.flavour.name == "threads" else 2)
    await cache.close()
    await stage.until(lambda: clients(own_server, "carrier") == 0)


async def test_a_large_value_is_loaded_through_and_invalidated_like_any_other(stage: Stage, own_server: Server) -> None:
    cache, runs = patient(stage, own_server), []

    @cache.cached(key="f")
    async def function() -> bytes:
        runs.append(1)
        return BIG

    assert [await function() for _ in range(3)] == [BIG] * 3
    assert len(runs) == 1
    await function.invalidate()
    assert [len(value) for value in await stage.together([function] * 4)] == [len(BIG)] * 4
    assert len(runs) == 2
