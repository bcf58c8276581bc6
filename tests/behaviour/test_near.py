"""The near cache: hits ask nobody, and what anybody changes, by whatever command, is seen (R7, R8, P3)."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from valkey import ResponseError, Valkey

import unicache
from caches import Cache, Stage
from servers import calls
from servers import observer as observer_of
from unicache import subdocument
from unicache.errors import (
    ConfigurationError,
    InvalidArgument,
    OperationTimeout,
    StoreUnavailable,
    ValueFormatError,
)
from unicache.server import Server
from unicache.typing import Near

LASTING = Near(max_staleness=60)
"""Entries are served for as long as nothing happens to them, however slow this machine is."""

SHORT = 0.3
"""Seconds."""


@pytest.fixture
def near(stage: Stage, observer: Valkey) -> Cache:
    """A cache with a near cache, on a server."""
    return stage.open(near=LASTING)


def asked(observer: Valkey) -> int:
    """How often the server was asked what a key holds."""
    done = calls(observer)
    return done["get"] + done["mget"]


async def keep(cache: Cache, key: str) -> None:
    """Have the key in the near cache."""
    for _ in range(2):
        await cache.get(key)


# -- what is asked


async def test_what_was_read_is_not_asked_for_again(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, near=LASTING)

    @cache.cached(key="f:{number}", tags=["red", "n:{number}"], ttl=60, stale_while_revalidate=60)
    async def function(number: int) -> list[int]:
        return [number]

    async def everything() -> list[Any]:
        return [
            await cache.get("k"),
            await cache.get("t", type=str),
            await cache.get("missing", 7, type=int),
            await cache.get_many(["k", "t", "missing"]),
            [await cache.exists("t"), await cache.exists("missing")],
            (await cache.lookup_in("k", [subdocument.get("a[0]")]))[0],
            await cache.as_map("k").get("a"),
            await function(1),
            await function.get(1),
            (await function.result(1)).value,
            await cache.get_or_set("g", load, tags=["red"], ttl=60, type=int),
            await cache.get_or_set_many(["g", "h"], load_many),
        ]

    await cache.set("k", {"a": [1, None]})
    await cache.set("t", "tagged", tags=["red"])
    await everything()
    first = await everything()
    with observer_of(own_server) as observer:
        await everything()
        before = asked(observer)
        assert await everything() == first
        assert asked(observer) == before
    many = {"k": {"a": [1, None]}, "t": "tagged"}
    plain = [{"a": [1, None]}, "tagged", 7, many, [True, False], 1, [1, None]]
    assert first == [*plain, [1], [1], [1], 2, {"g": 2, "h": 3}]


async def load() -> int:
    return 2


async def load_many(keys: list[str]) -> dict[str, int]:
    return dict.fromkeys(keys, 3)


@pytest.mark.parametrize("wanted", [str, 5], ids=repr)
async def test_a_hit_that_is_not_of_the_type_fails_as_a_read_does(near: Cache, wanted: Any) -> None:
    await near.set("k", 1)
    failures = []
    for _ in range(3):
        with pytest.raises((ValueFormatError, InvalidArgument)) as caught:
            await near.get("k", type=wanted)
        failures.append((caught.type, str(caught.value), caught.value.key))
    assert len(set(failures)) == 1


async def test_hits_that_asked_nobody_are_counted_for_all_ways_to_load(near: Cache) -> None:
    for _ in range(3):
        await near.get_or_set("g", load)
        await near.get_or_set_many(["h", "i"], load_many)
    before = near.stats()
    await near.get_or_set("g", load)
    await near.get_or_set_many(["h", "i"], load_many)
    after = near.stats()
    assert [after[name] - before[name] for name in ("hits", "near", "misses", "loads")] == [3, 3, 0, 0]


async def test_hits_that_asked_nobody_are_counted(near: Cache, observer: Valkey) -> None:
    @near.cached(key="f")
    async def function() -> int:
        return 1

    before = 0
    for _ in range(5):  # the first stores; the second reads, the third too if the server's word of the first came late
        await function()
        before = asked(observer) if near.stats()["near"] == 0 else before
    assert near.stats()["hits"] == function.cache_info().hits == 4
    assert near.stats()["near"] == function.cache_info().near >= 2
    assert asked(observer) == before


async def test_what_a_caller_does_to_a_value_changes_nothing(near: Cache) -> None:
    await near.set("k", [1, {"a": 2}])
    for _ in range(3):
        value = await near.get("k")
        assert value == [1, {"a": 2}]
        value[1]["a"] = "changed"
        value.append("changed")


# -- writes of this process


WRITES: dict[str, Callable[[Cache], Any]] = {
    "set": lambda cache: cache.set("k", "new"),
    "set_many": lambda cache: cache.set_many({"k": "new"}),
    "replace": lambda cache: cache.replace("k", "new"),
    "mutate": lambda cache: cache.mutate("k", as_new),
    "delete": lambda cache: cache.delete("k"),
    "delete_many": lambda cache: cache.delete_many(["k"]),
    "invalidate": lambda cache: cache.invalidate("k"),
    "invalidate_tags": lambda cache: cache.invalidate_tags("red"),
    "clear": lambda cache: cache.clear(),
    "expire": lambda cache: cache.expire("k"),
}


async def as_new(old: str) -> str:
    return f"new, not {old}"


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_a_write_of_this_process_is_seen_by_the_next_read(near: Cache, write: Callable[[Cache], Any]) -> None:
    await near.set("k", "old", tags=["red"])
    for _ in range(2):
        await keep(near, "k")
        await write(near)
        assert await near.get("k") in ("new", "new, not old", None)
        assert "k" not in await near.get_many(["k"]) or (await near.get_many(["k"]))["k"] != "old"
        await near.set("k", "old", tags=["red"])


async def test_what_was_missing_is_seen_when_this_process_writes_it(near: Cache) -> None:
    await keep(near, "k")
    await near.insert("k", 1)
    assert await near.get("k") == 1


async def test_a_time_to_live_that_is_cut_short_holds(stage: Stage, near: Cache, observer: Valkey) -> None:
    await near.set("k", 1, ttl=60)
    await keep(near, "k")
    await near.touch("k", SHORT)
    await keep(near, "k")
    await stage.until(lambda: not observer.exists(f"{stage.namespace}:k"))
    assert await near.get("k") is None


# -- what others do


CHANGES: dict[str, tuple[Callable[[Valkey, str], Any], Any]] = {
    "DEL": (lambda server, name: server.delete(name), None),
    "RENAME": (lambda server, name: server.rename(name, "other"), None),
    "MOVE": (lambda server, name: server.move(name, 1), None),
    "SET": (lambda server, name: server.set(name, server.get("new")), "new"),
    "PEXPIRE": (lambda server, name: server.pexpire(name, 1), None),
    "FLUSHDB": (lambda server, name: server.flushdb(), None),
    "FLUSHALL": (lambda server, name: server.flushall(), None),
    "eviction": (lambda server, name: evict(server), None),
}


def evict(server: Valkey) -> None:
    """Have the server throw everything out."""
    server.config_set("maxmemory-policy", "allkeys-random")
    server.config_set("maxmemory", "1mb")
    with suppress(ResponseError):  # there is room for nothing at all
        server.set("trigger", "x")


@pytest.mark.parametrize(("change", "then"), CHANGES.values(), ids=CHANGES)
async def test_whatever_anybody_does_to_a_key_is_seen(
    stage: Stage, own_server: Server, change: Callable[[Valkey, str], Any], then: Any
) -> None:
    cache, name = stage.open(own_server.url, near=LASTING), f"{stage.namespace}:k"
    with observer_of(own_server) as server:
        await cache.set("k", "new")
        server.set("new", server.get(name) or b"")
        await cache.set("k", "old", tags=["red"])
        await keep(cache, "k")
        change(server, name)
        await stage.until(partial(_is, cache, "k", then))
        assert [await cache.get("k") for _ in range(5)] == [then] * 5


async def _is(cache: Cache, key: str, value: Any) -> bool:
    return bool(await cache.get(key) == value)


async def test_what_another_process_writes_is_seen(stage: Stage, near: Cache, elsewhere: Any) -> None:
    await near.set("k", 0)
    for number in range(1, 20):
        await keep(near, "k")
        elsewhere(write, "k", number)
        await stage.until(partial(_is, near, "k", number))


async def write(cache: Cache, key: str, value: Any) -> None:
    await cache.set(key, value)


async def test_a_tag_that_another_process_invalidates_takes_its_entries(
    stage: Stage, near: Cache, elsewhere: Any
) -> None:
    await near.set("k", 0, tags=["red", "blue"])
    await keep(near, "k")
    elsewhere(invalidate, "blue")
    await stage.until(partial(_is, near, "k", None))


async def invalidate(cache: Cache, tag: str) -> None:
    await cache.invalidate_tags(tag)


async def test_an_entry_ends_with_its_time_to_live(stage: Stage, near: Cache, observer: Valkey) -> None:
    await near.set("k", 1, ttl=SHORT)
    await keep(near, "k")
    await stage.until(lambda: not observer.exists(f"{stage.namespace}:k"))
    assert await near.get("k") is None


async def test_a_tracking_table_that_is_full_costs_hits_and_no_more(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, near=LASTING)
    with observer_of(own_server) as server:
        server.config_set("tracking-table-max-keys", 5)
        keys = [f"k{number}" for number in range(50)]
        await cache.set_many(dict.fromkeys(keys, "old"))
        await cache.get_many(keys)
        await stage.open(own_server.url).set_many(dict.fromkeys(keys, "new"))
        for key in keys:
            await stage.until(partial(_is, cache, key, "new"))


# -- links that die


async def test_a_link_that_is_lost_takes_its_entries_along(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, near=LASTING, client_name="reader")
    with observer_of(own_server) as server:
        await cache.set("k", "old")
        await keep(cache, "k")
        [reader] = [client for client in server.client_list() if client["name"] == "reader"]
        server.client_kill_filter(_id=reader["id"])
        await stage.open(own_server.url).set("k", "new")
        await stage.until(partial(_is, cache, "k", "new"))


async def test_a_restarted_server_is_asked_again(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, near=LASTING)
    await cache.set("k", "old")
    await keep(cache, "k")
    own_server.restart()
    await stage.until(partial(_is, cache, "k", None))


async def test_a_server_that_falls_silent_is_believed_for_max_staleness_and_no_longer(
    stage: Stage, own_server: Server
) -> None:
    cache = stage.open(own_server.url, near=Near(max_staleness=SHORT), timeout=SHORT)
    await cache.set("k", "old")
    await keep(cache, "k")
    own_server.pause()
    paused, served = time.monotonic(), []
    with suppress(OperationTimeout, StoreUnavailable):
        while True:
            began = time.monotonic()
            assert await cache.get("k") == "old"
            served.append(began)
    own_server.resume()
    assert served[-1] <= paused + SHORT


async def test_a_link_in_use_is_asked_for_signs_of_life_behind_the_caller(stage: Stage, own_server: Server) -> None:
    """Where one link serves all callers, no hit waits for it; a thread looks again itself when the time is up."""
    cache = stage.open(own_server.url, near=Near(max_staleness=SHORT))
    await cache.set("k", 1)
    await keep(cache, "k")
    with observer_of(own_server) as observer:
        before, threads = calls(observer), stage.flavour.name == "threads"

        async def done() -> Counter[str]:
            assert await cache.get("k") == 1
            return calls(observer) - before

        async def long_enough() -> bool:
            return (await done())["get" if threads else "exists"] > 2

        await stage.until(long_enough)
        asked = await done()
    assert not asked["exists"] if threads else asked["get"] < asked["exists"]  # a hit that came too late for a sign


# -- what cannot be mistaken


async def test_no_value_is_taken_for_an_invalidation(near: Cache, observer: Valkey) -> None:
    values = {"a": "invalidate", "b": ["invalidate", ["a"]], "c": b"invalidate", "d": {"invalidate": None}}
    await near.set_many(values)
    for _ in range(3):
        assert await near.get_many(["a", "missing"]) == {"a": "invalidate"}
        assert await near.get_many([*values, "missing"]) == values
    before = asked(observer)
    assert await near.get_many([*values, "missing"]) == values
    assert asked(observer) == before


async def test_a_user_who_may_not_track_has_no_near_cache_and_is_told(
    stage: Stage, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with observer_of(own_server) as server:
        server.acl_setuser(
            "plain", enabled=True, passwords=["+word"], keys=["*"], categories=["+@all"], commands=["-client|tracking"]
        )
    cache = stage.open(own_server.url, near=True, username="plain", password="word")  # noqa: S106
    await cache.set("k", 1)
    for number in range(3):
        await stage.open(own_server.url).set("k", number)
        assert await cache.get("k") == number
    assert caplog.text.count("CLIENT TRACKING") == 1


# -- options


@pytest.mark.parametrize(
    ("near", "told"),
    [
        (Near(max_bytes=0), "near.max_bytes"),
        (Near(max_entries=-1), "near.max_entries"),
        (Near(max_staleness=0), "near.max_staleness"),
        (Near(max_staleness="soon"), "near.max_staleness"),
        ("yes", "near must be True, False or a Near"),
        (1, "near must be True, False or a Near"),
    ],
)
def test_a_wrong_near_cache_is_refused(near: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        unicache.Cache("valkey://localhost", near=near)


def test_a_url_and_an_embedded_cache_may_ask_for_one() -> None:
    assert unicache.Cache("valkey://localhost?near=true") is not None
    assert unicache.Cache("memory://", near=True).get("k") is None


async def test_it_is_bounded(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, near=Near(max_entries=10, max_staleness=60))
    keys = [f"k{number}" for number in range(100)]
    await cache.set_many(dict.fromkeys(keys, 1))
    for key in keys:
        await keep(cache, key)
    with observer_of(own_server) as observer:
        before = asked(observer)
        for key in keys:
            await cache.get(key)
        assert asked(observer) - before >= 90
