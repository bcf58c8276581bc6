"""Expiry is real and exact; what is no duration is an error and never "for ever"."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import InvalidArgument, KeyNotFound

NO_EXPIRY = -1
"""What ``PTTL`` says of a key that lives until it is removed."""


def pttl(observer: Valkey, stage: Stage, key: str = "k") -> int:
    left: int = observer.pttl(f"{stage.namespace}:{key}")
    return left


def server_time(observer: Valkey) -> int:
    """The server's own clock, in milliseconds."""
    seconds, microseconds = observer.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


async def test_a_value_is_gone_when_its_time_is_over(cache: Cache, stage: Stage) -> None:
    await cache.set("k", 1, ttl=0.05)
    await stage.until(lambda: gone(cache, "k"))
    assert await cache.get("k", "default") == "default"
    with pytest.raises(KeyNotFound):
        await cache.entry("k")
    assert await cache.insert("k", 2)


async def gone(cache: Cache, key: str) -> bool:
    return not await cache.exists(key)


async def test_a_third_of_a_second_is_kept_to_the_millisecond(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("k", 1, ttl=0.3)
    assert 0 < pttl(observer, stage) <= 300


async def test_the_server_keeps_the_time_that_was_given(cache: Cache, stage: Stage, observer: Valkey) -> None:
    times: list[tuple[Any, int]] = [
        (60, 60_000),
        (61.25, 61_250),
        (timedelta(milliseconds=61_500), 61_500),
        ("62750ms", 62_750),
        ("1h30m", 5_400_000),
        ("2d", 172_800_000),
        (50 * 365 * 86400, 50 * 365 * 86_400_000),
    ]
    for ttl, milliseconds in times:
        before = server_time(observer)
        await cache.set("k", 1, ttl=ttl)
        due = observer.pexpiretime(f"{stage.namespace}:k")
        assert before + milliseconds <= due <= server_time(observer) + milliseconds
        assert 0 < (await cache.ttl("k") or 0) <= milliseconds / 1000


async def test_without_a_ttl_there_is_no_expiry(cache: Cache) -> None:
    await cache.set("k", 1)
    assert await cache.ttl("k") is None
    assert (await cache.entry("k")).ttl is None


async def test_the_server_keeps_a_value_without_a_ttl(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("k", 1, ttl=60)
    await cache.set("k", 2, ttl=None)
    assert pttl(observer, stage) == NO_EXPIRY


async def test_the_ttl_of_the_cache_stands_in_when_none_is_given(stage: Stage) -> None:
    cache = stage.open(ttl="1h")
    await cache.set("default", 1)
    await cache.insert("insert", 1)
    await cache.set("own", 1, ttl=5)
    await cache.set("none", 1, ttl=None)
    await cache.set_many({"many": 1})
    assert 3590 < (await cache.ttl("default") or 0) <= 3600
    assert 3590 < (await cache.ttl("insert") or 0) <= 3600
    assert 3590 < (await cache.ttl("many") or 0) <= 3600
    assert (await cache.ttl("own") or 0) <= 5
    assert await cache.ttl("none") is None


NO_DURATIONS = [
    0,
    0.0,
    -1,
    -0.5,
    0.0001,
    math.nan,
    math.inf,
    True,
    False,
    "",
    "60",
    "soon",
    "-1s",
    "1 h",
    timedelta(0),
    timedelta(seconds=-1),
    datetime(2020, 1, 1, tzinfo=UTC),
    datetime(2999, 1, 1, tzinfo=UTC),
    101 * 366 * 86400,
    10**400,
    b"1s",
    [1],
    object(),
]


def calls_with(cache: Cache, ttl: Any) -> Iterable[Any]:
    return (
        partial(cache.set, "k", 1, ttl=ttl),
        partial(cache.insert, "k", 1, ttl=ttl),
        partial(cache.replace, "k", 1, ttl=ttl),
        partial(cache.touch, "k", ttl),
        partial(cache.get_and_touch, "k", ttl),
        partial(cache.set_many, {"k": 1}, ttl=ttl),
        partial(cache.set_many, {"k": 1}, ttl={"k": ttl}),
        partial(cache.mutate, "k", str, ttl=ttl),
        partial(cache.get_or_set, "absent", never, ttl=ttl),
    )


async def never() -> None:
    raise AssertionError("the loader ran")


async def test_what_is_no_duration_is_refused_by_every_call_and_changes_nothing(cache: Cache) -> None:
    cas = await cache.set("k", "old", ttl=60)
    for ttl in NO_DURATIONS:
        for call in calls_with(cache, ttl):
            with pytest.raises(InvalidArgument) as caught:
                await call()
            assert caught.value.argument == "ttl", (ttl, call)
    entry = await cache.entry("k")
    assert (entry.value, entry.cas) == ("old", cas)
    assert 0 < (entry.ttl or 0) <= 60


async def test_set_begins_the_time_anew(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("k", 1, ttl=5)
    await cache.set("k", 2, ttl=60)
    assert 59_000 < pttl(observer, stage) <= 60_000
    await cache.set("k", 3)
    assert pttl(observer, stage) == NO_EXPIRY


async def test_keep_ttl_keeps_the_time_that_is_left(cache: Cache, stage: Stage, observer: Valkey) -> None:
    cas = await cache.set("k", 1, ttl=60)
    due = observer.pexpiretime(f"{stage.namespace}:k")
    await cache.set("k", 2, keep_ttl=True)
    await cache.replace("k", 3, keep_ttl=True)
    cas = await cache.set("k", 4, keep_ttl=True, cas=(await cache.entry("k")).cas)
    await cache.mutate("k", lambda value: value + 1)
    assert observer.pexpiretime(f"{stage.namespace}:k") == due
    assert (await cache.entry("k")).cas != cas
    assert await cache.get("k") == 5


async def test_every_store_keeps_or_renews_the_time_alike(cache: Cache) -> None:
    await cache.set("k", 1, ttl=60)
    await cache.set("k", 2, ttl="1h")
    await cache.set("k", 3, keep_ttl=True)
    await cache.replace("k", 4, keep_ttl=True)
    assert 3590 < (await cache.ttl("k") or 0) <= 3600
    await cache.replace("k", 5)
    assert await cache.ttl("k") is None


async def test_keep_ttl_of_a_value_without_expiry_gives_none(cache: Cache) -> None:
    await cache.set("k", 1)
    await cache.set("k", 2, keep_ttl=True)
    assert await cache.ttl("k") is None
    await cache.set("new", 1, keep_ttl=True)
    assert await cache.ttl("new") is None


async def test_keep_ttl_together_with_a_ttl_is_refused(cache: Cache) -> None:
    await cache.set("k", 1)
    for write in (cache.set, cache.replace):
        with pytest.raises(InvalidArgument):
            await write("k", 2, ttl=5, keep_ttl=True)
        with pytest.raises(InvalidArgument):
            await write("k", 2, ttl=None, keep_ttl=True)
    assert await cache.get("k") == 1


async def test_touch_gives_a_new_time_and_leaves_the_value(cache: Cache) -> None:
    cas = await cache.set("k", 1, ttl=5)
    await cache.touch("k", "1h")
    entry = await cache.entry("k")
    assert 3590 < (entry.ttl or 0) <= 3600
    assert (entry.value, entry.cas) == (1, cas)


async def test_touch_with_none_removes_the_expiry_and_not_the_key(cache: Cache) -> None:
    await cache.set("k", 1, ttl=5)
    await cache.touch("k", None)
    assert await cache.ttl("k") is None
    await cache.touch("k", None)
    assert await cache.get("k") == 1


async def test_get_and_touch_does_both(cache: Cache) -> None:
    await cache.set("k", [1], ttl=5)
    assert await cache.get_and_touch("k", 60) == [1]
    assert 59 < (await cache.ttl("k") or 0) <= 60
    assert await cache.get_and_touch("k", None, type=list[int]) == [1]
    assert await cache.ttl("k") is None


async def test_touching_a_missing_key_raises_and_creates_nothing(cache: Cache) -> None:
    for call in (cache.touch, cache.get_and_touch):
        with pytest.raises(KeyNotFound) as caught:
            await call("k", 5)
        assert caught.value.key == "k"
    with pytest.raises(KeyNotFound):
        await cache.ttl("k")
    assert await cache.exists("k") is False
