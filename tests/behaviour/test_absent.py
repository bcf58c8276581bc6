"""What is absent is absent for every call: invalidated by a tag, past its soft expiry, or a remembered failure."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from caches import Cache
from unicache.errors import KeyExists, KeyNotFound

Kill = Callable[[Cache], Awaitable[None]]


async def untagged(cache: Cache) -> None:
    await cache.set("k", "old", ttl=60, tags=["red"])
    await cache.invalidate_tags("red")


async def expired(cache: Cache) -> None:
    async def load() -> str:
        return "old"

    await cache.get_or_set("k", load, ttl=60, stale_if_error=60)
    assert await cache.expire("k")


async def failed(cache: Cache) -> None:
    async def load() -> str:
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        await cache.get_or_set("k", load, ttl=60, negative={LookupError: 60})


ABSENT = pytest.mark.parametrize("kill", [untagged, expired, failed])


@ABSENT
async def test_what_is_absent_is_not_found_by_any_read(cache: Cache, kill: Kill) -> None:
    await kill(cache)
    assert await cache.get("k", "absent") == "absent"
    assert await cache.get_many(["k"]) == {}
    assert await cache.exists("k") is False
    with pytest.raises(KeyNotFound):
        await cache.ttl("k")


@ABSENT
async def test_what_is_absent_can_be_inserted(cache: Cache, kill: Kill) -> None:
    await kill(cache)
    cas = await cache.insert("k", "new")
    entry = await cache.entry("k")
    assert (entry.value, entry.cas, entry.tags, entry.stale) == ("new", cas, (), False)
    with pytest.raises(KeyExists):
        await cache.insert("k", "newer")


@ABSENT
async def test_what_is_absent_is_not_changed_nor_brought_back(cache: Cache, kill: Kill) -> None:
    await kill(cache)
    calls: list[Callable[[], Awaitable[Any]]] = [
        partial(cache.replace, "k", "new"),
        partial(cache.touch, "k", 600),
        partial(cache.get_and_touch, "k", 600),
        partial(cache.mutate, "k", str.upper),
    ]
    for call in calls:
        with pytest.raises(KeyNotFound):
            await call()
    assert await cache.get("k") is None
    assert await cache.delete("k") is False
    assert await cache.delete_many(["k"]) == {"k": False}


@ABSENT
async def test_what_is_absent_is_simply_written_over(cache: Cache, kill: Kill) -> None:
    await kill(cache)
    await cache.set("k", "new")
    assert await cache.get("k") == "new"


async def test_what_is_within_its_time_is_there_for_every_call_although_a_window_follows(cache: Cache) -> None:
    async def load() -> str:
        return "value"

    await cache.get_or_set("k", load, ttl=60, stale_if_error=60)
    with pytest.raises(KeyExists):
        await cache.insert("k", "new")
    await cache.touch("k", 600)
    assert await cache.get_and_touch("k", 600) == "value"
    assert await cache.mutate("k", str.upper) == "VALUE"
    await cache.replace("k", "new")
    assert await cache.delete("k") is True
