"""A connection is lost with a reply: the server did what was asked, and nobody knows. Reads ask again; writes tell.

A proxy cuts the connection when the server has answered. What the server did is its own count.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import observer as observer_of
from unicache.errors import StoreUnavailable
from unicache.server import Server
from wires import Proxy

Call = Callable[[], Coroutine[Any, Any, Any]]

WRITING = ("set", "del", "unlink", "eval", "evalsha")


def through(proxy: Proxy, stage: Stage) -> Cache:
    return stage.open(proxy.url, timeout=20, connect_timeout=20)


def writes(cache: Cache, key: str) -> list[Call]:
    """Calls that change something, each possible after those before it."""
    return [
        partial(cache.set, key, 1),
        partial(cache.insert, f"{key}:new", 1),
        partial(cache.replace, key, 2),
        partial(cache.set_many, {key: 3, f"{key}:many": 3}),
        partial(cache.delete_many, [f"{key}:new", f"{key}:many"]),
        partial(cache.delete, key),
    ]


def written(client: Valkey) -> int:
    """How many commands that write the server has carried out, those in scripts included."""
    stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in WRITING)


async def test_a_write_whose_reply_is_lost_says_so_and_is_not_repeated(
    stage: Stage, own_server: Server, proxy: Proxy
) -> None:
    cache = through(proxy, stage)
    with observer_of(own_server) as client:
        for heard, lost in zip(writes(cache, "heard"), writes(cache, "lost"), strict=True):
            start = written(client)
            await heard()
            once = written(client) - start
            await cache.ping()
            proxy.spoil = True
            with pytest.raises(StoreUnavailable) as caught:
                await lost()
            assert caught.value.ambiguous
            assert written(client) == start + 2 * once
            await cache.ping()


async def test_what_may_be_done_twice_is_asked_again(stage: Stage, proxy: Proxy) -> None:
    cache = through(proxy, stage)
    await cache.set_many({"k": 1, "j": 1}, ttl=60, tags=["red"])
    calls: list[tuple[Call, Any]] = [
        (partial(cache.get, "k"), 1),
        (partial(cache.exists, "j"), True),
        (partial(cache.get_many, ["k", "absent"]), {"k": 1}),
        (partial(cache.touch, "k", 60), None),
        (partial(cache.get_and_touch, "k", 60), 1),
        (cache.ping, None),
        (partial(cache.invalidate_tags, "red"), None),
        (partial(cache.exists, "k"), False),
        (partial(cache.invalidate, "k"), None),
        (cache.clear, None),
    ]
    for number, (call, expected) in enumerate(calls):
        proxy.spoil = True
        assert await call() == expected
        assert proxy.connections == number + 2


async def test_a_load_whose_replies_are_lost_runs_once_and_gives_its_value(stage: Stage, proxy: Proxy) -> None:
    cache = through(proxy, stage)
    runs: list[str] = []

    async def load(*, lose: bool) -> str:
        runs.append("run")
        proxy.spoil = lose  # the next reply is that to the attempt to store the value
        return "loaded"

    for key, at_once in (("look", True), ("fill", False)):
        await cache.ping()
        proxy.spoil = at_once
        assert await cache.get_or_set(key, partial(load, lose=not at_once)) == "loaded"
        assert await cache.get_or_set(key, partial(load, lose=False)) == "loaded"
    assert len(runs) == 2
