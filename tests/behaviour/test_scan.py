"""Scans: every stable key exactly once, nothing that is no document, and nothing ahead of the caller."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import calls
from unicache.errors import CacheClosed, InvalidArgument, ValueFormatError

MANY = {f"k{number}": number for number in range(1200)}


async def keys(scan: Any) -> list[str]:
    return sorted([key async for key in scan])


async def write(cache: Cache, values: dict[str, Any]) -> None:
    await cache.set_many(values)


async def churn(cache: Cache, rounds: int) -> None:
    """Other keys come and go."""
    for number in range(rounds):
        names = [f"new{number}-{each}" for each in range(100)]
        await cache.set_many(dict.fromkeys(names, 0))
        await cache.delete_many(names[:50])
        await cache.set(f"k{number}", "changed")


async def test_a_scan_gives_every_key_once(cache: Cache) -> None:
    await cache.set_many(MANY)
    assert await keys(cache.scan()) == sorted(MANY)
    assert sorted(await cache.scan().all()) == sorted(MANY)
    assert await keys(cache.scan("k11")) == sorted(key for key in MANY if key.startswith("k11"))
    assert await keys(cache.scan("x")) == []


async def test_a_scan_comes_in_batches_that_end_with_an_empty_one(cache: Cache) -> None:
    await cache.set_many(MANY)
    scan, found = cache.scan(batch=100), []
    while batch := await scan.batch():
        found += batch
    assert sorted(found) == sorted(MANY)
    assert await scan.batch() == await scan.all() == await keys(scan) == []


async def test_the_ways_of_asking_share_one_pass(cache: Cache) -> None:
    await cache.set_many(MANY)
    scan = cache.scan()
    found = [await anext(scan), await anext(scan)]
    found += await scan.batch()
    found += await scan.all()
    assert sorted(found) == sorted(MANY)


async def test_entries_have_all_that_is_known(cache: Cache) -> None:
    cas = await cache.set("a", {"n": 1}, ttl=60, tags=["red"])
    await cache.set("b", None)
    await cache.set("other", 1)
    entries = {entry.key: entry for entry in await cache.scan_entries().all()}
    assert (entries["a"].value, entries["a"].cas, entries["a"].tags) == ({"n": 1}, cas, ("red",))
    assert 59 < (entries["a"].ttl or 0) <= 60
    assert (entries["b"].value, entries["b"].ttl) == (None, None)
    assert [entry.value async for entry in cache.scan_entries("other", type=int)] == [1]
    await cache.get_and_lock("other", 30)
    assert [(entry.value, entry.locked) for entry in await cache.scan_entries("other").all()] == [(1, True)]
    assert await keys(cache.scan("other")) == ["other"]


async def test_an_entry_of_another_type_raises_with_its_key(cache: Cache) -> None:
    await cache.set("a", "text")
    scan = cache.scan_entries(type=int)
    for _ in range(2):
        with pytest.raises(ValueFormatError) as caught:
            await anext(scan)
        assert caught.value.key == "a"


async def test_a_scan_by_tag_gives_what_carries_it_and_is_valid(cache: Cache) -> None:
    await cache.set("both", 1, tags=["red", "blue"])
    await cache.set("red", 2, tags=["red"])
    await cache.set("blue", 3, tags=["blue"])
    await cache.set("none", 4)
    assert await keys(cache.scan(tag="red")) == ["both", "red"]
    assert await keys(cache.scan("r", tag="red")) == ["red"]
    assert [entry.value for entry in await cache.scan_entries(tag="blue", type=int).all()] in ([1, 3], [3, 1])
    await cache.invalidate_tags("blue")
    assert await keys(cache.scan(tag="red")) == ["red"]
    assert await keys(cache.scan(tag="blue")) == await keys(cache.scan(tag="never used")) == []
    assert await keys(cache.scan()) == ["none", "red"]


async def test_what_get_does_not_find_is_not_given(cache: Cache, stage: Stage) -> None:
    """A lease, a remembered failure, a value that was taken for stale, one whose tag was invalidated."""
    entered, go = stage.event(), stage.event()

    async def failing() -> int:
        raise ZeroDivisionError

    async def slow() -> int:
        entered.set()
        await stage.passed(go)
        return 1

    @cache.cached(key="failing", negative={ZeroDivisionError: 60})
    async def remembered() -> int:
        return await failing()

    @cache.cached(key="stale", ttl=60, stale_while_revalidate=60)
    async def old() -> int:
        return 1

    with pytest.raises(ZeroDivisionError):
        await remembered()
    await old()
    await old.expire()
    await cache.set("tagged", 1, tags=["red"])
    await cache.invalidate_tags("red")
    await cache.set("there", 1)
    loading = stage.begin(lambda: cache.get_or_set("loading", slow))
    await stage.passed(entered)
    assert await keys(cache.scan()) == ["there"]
    assert [entry.key for entry in await cache.scan_entries().all()] == ["there"]
    go.set()
    await loading.result()
    assert await keys(cache.scan()) == ["loading", "there"]


async def test_a_namespace_is_scanned_and_no_other(cache: Cache) -> None:
    near = ("users", "use", "user/s", "user:", "user#", "user*", "u?er")
    for each in [cache, *map(cache.namespace, near)]:
        await each.set_many(dict.fromkeys(["k", ":", "user:k", "s:k"], "theirs"), tags=["t"])
    user = cache.namespace("user")
    await user.set_many(dict.fromkeys([":k", "*", "k\n", "ключ"], "ours"))
    assert await keys(user.scan()) == sorted([":k", "*", "k\n", "ключ"])
    assert await keys(user.scan("*")) == ["*"]
    assert await keys(user.scan("k")) == ["k\n"]


async def test_stable_keys_are_given_exactly_once_while_others_come_and_go(cache: Cache, stage: Stage) -> None:
    await cache.set_many(MANY)
    running = stage.begin(partial(churn, cache, 20))
    found = [key async for key in cache.scan(batch=50)]
    await running.result()
    assert len(found) == len(set(found))
    assert set(MANY) <= set(found)


async def test_a_scan_that_is_left_leaves_no_work(cache: Cache, observer: Valkey) -> None:
    await cache.set_many(MANY)
    before = calls(observer)
    async for _ in cache.scan(batch=10):
        break
    stopped = calls(observer) - before
    await cache.ping()
    later = calls(observer) - before
    assert 1 <= stopped["scan"] <= 50
    assert stopped["scan"] == later["scan"]
    assert stopped["keys"] == 0
    await cache.clear()


async def test_nothing_is_asked_before_somebody_wants_it(cache: Cache, observer: Valkey) -> None:
    await cache.ping()
    before = calls(observer)
    cache.scan()
    cache.scan_entries(tag="t")
    await cache.ping()
    assert (calls(observer) - before)["scan"] == 0


async def test_a_scan_asks_in_steps_of_the_size_that_was_asked_for(cache: Cache, observer: Valkey) -> None:
    await cache.set_many(MANY)
    for batch in (100, 1000):
        size, before = observer.dbsize(), calls(observer)
        assert len(await cache.scan(batch=batch).all()) == len(MANY)
        done = calls(observer) - before
        assert size // batch / 4 <= done["scan"] <= size // batch * 4 + 4
        assert done["keys"] == 0
    await cache.clear()


async def test_other_applications_keys_are_not_given(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("ours", 1)
    own = stage.namespace.encode()
    foreign = [b":text", b":list", b":\xff\xfe", b":", b":" + b"x" * 2000, b"s:k", b"#ours", b"!ours"]
    for each in foreign:
        observer.set(own + each, b"theirs")
    observer.delete(own + b":list")
    observer.rpush(own + b":list", b"theirs")
    assert await keys(cache.scan()) == ["ours"]
    assert [entry.key for entry in await cache.scan_entries().all()] == ["ours"]
    observer.delete(*[own + each for each in foreign])


async def test_a_closed_cache_is_not_scanned(stage: Stage) -> None:
    cache = stage.open()
    await cache.set("k", 1)
    scan = cache.scan()
    await cache.close()
    with pytest.raises(CacheClosed):
        await anext(scan)


async def test_what_cannot_be_scanned_for_is_refused_at_once(cache: Cache) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"prefix": None}, "prefix"),
        ({"prefix": b"a"}, "prefix"),
        ({"prefix": "\ud800"}, "prefix"),
        ({"prefix": "x" * 2000}, "prefix"),
        ({"tag": ""}, "tag"),
        ({"tag": 5}, "tag"),
        *[({"batch": batch}, "batch") for batch in (0, -1, True, 1.0, "5", None, 10_001)],
    ]
    calls: list[Callable[..., Any]] = [cache.scan, cache.scan_entries]
    for options, argument in wrong:
        for call in calls:
            with pytest.raises(InvalidArgument) as caught:
                call(**options)
            assert caught.value.argument == argument


# Removing by prefix


async def test_a_prefix_takes_what_begins_with_it_and_nothing_else(cache: Cache) -> None:
    ours = ["user:1", "user:2", "user:"]
    theirs = ["user", "users:1", "use", "User:1", "x:user:1", "user*", " user:1"]
    await cache.set_many(dict.fromkeys([*ours, *theirs], 1))
    await cache.namespace("user").set("user:1", 1)
    await cache.invalidate_prefix("user:")
    assert await keys(cache.scan()) == sorted(theirs)
    assert await cache.namespace("user").get("user:1") == 1
    await cache.invalidate_prefix("user*")
    assert await keys(cache.scan()) == sorted(set(theirs) - {"user*"})
    await cache.invalidate_prefix("absent")


async def test_a_load_under_way_for_a_prefix_is_not_stored(cache: Cache, stage: Stage) -> None:
    entered, go = stage.event(), stage.event()

    async def slow() -> int:
        entered.set()
        await stage.passed(go)
        return 1

    loading = stage.begin(lambda: cache.get_or_set("user:1", slow))
    await stage.passed(entered)
    await cache.invalidate_prefix("user:")
    go.set()
    assert await loading.result() == 1
    assert await cache.exists("user:1") is False


async def test_what_is_no_prefix_is_refused_and_removes_nothing(cache: Cache) -> None:
    await cache.set("k", 1)
    for prefix in ("", None, b"k", 5, "\ud800", "x" * 2000):
        with pytest.raises(InvalidArgument) as caught:
            await cache.invalidate_prefix(prefix)  # type: ignore[arg-type]
        assert caught.value.argument == "prefix"
    assert await cache.get("k") == 1


async def test_a_prefix_of_ten_thousand_keys_is_removed_in_steps(cache: Cache, stage: Stage, observer: Valkey) -> None:
    patient = stage.open(timeout=20, connect_timeout=20)
    await patient.set_many({f"user:{number}": number for number in range(10_000)})
    await patient.set_many({f"users:{number}": number for number in range(10)})
    size, before = observer.dbsize(), calls(observer)
    await patient.invalidate_prefix("user:")
    done = calls(observer) - before
    assert len(await patient.scan().all()) == 10
    assert done["keys"] == done["del"] == 0
    assert all(10 <= done[name] <= size // 100 for name in ("scan", "unlink")), done
