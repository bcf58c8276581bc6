"""What the calls of many keys take and give: options for each key, results for each key, and few round trips."""

from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache
from servers import calls
from unicache.errors import CasMismatch, InvalidArgument, KeyExists, KeyLocked, KeyNotFound, ManyError

KEYS = [f"key:{number}" for number in range(1000)]


async def test_inserting_many_writes_where_nothing_is(cache: Cache) -> None:
    await cache.set("b", "old")
    with pytest.raises(ManyError) as caught:
        await cache.insert_many({"a": 1, "b": 2, "c": 3})
    results = caught.value.results
    assert (type(results["a"]), type(results["b"]), type(results["c"])) == (int, KeyExists, int)
    assert results["b"].key == "b"
    assert await cache.get_many(["a", "b", "c"]) == {"a": 1, "b": "old", "c": 3}
    assert (await cache.entry("a")).cas == results["a"]


async def test_replacing_many_writes_where_something_is(cache: Cache) -> None:
    cas = await cache.set_many({"a": 1, "b": 2}, ttl=60)
    results = await cache.replace_many({"a": 10, "b": 20, "c": 30}, cas={"b": cas["a"]}, return_exceptions=True)
    assert (type(results["a"]), type(results["b"]), type(results["c"])) == (int, CasMismatch, KeyNotFound)
    assert await cache.get_many(["a", "b", "c"]) == {"a": 10, "b": 2}
    assert await cache.ttl("a") is None
    await cache.replace_many({"b": 21}, keep_ttl=True)
    assert 50 < (await cache.ttl("b") or 0) <= 60
    with pytest.raises(InvalidArgument):
        await cache.replace_many({"b": 22}, keep_ttl=True, ttl=5)


async def test_setting_many_may_keep_the_time_of_those_that_are_there(cache: Cache) -> None:
    cas = await cache.set_many({"a": 1, "b": 1, "c": 1}, ttl=60, tags={"b": ["red"]})
    await cache.invalidate_tags("red")
    values = {"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}
    results = await cache.set_many(
        values, keep_ttl=True, cas={"c": cas["c"], "e": cas["a"]}, tags={"a": ["blue"]}, return_exceptions=True
    )
    assert [type(result) for result in results.values()] == [int, int, int, int, CasMismatch]
    assert await cache.get_many(list(values)) == {"a": 2, "b": 2, "c": 2, "d": 2}
    await cache.set_many({"a": 3}, keep_ttl=True)
    lives = [await cache.ttl(key) for key in "abcd"]
    assert [life is not None and 50 < life <= 60 for life in lives] == [True, False, True, False]
    for ttl in (5, None, {"a": 5}):
        with pytest.raises(InvalidArgument):
            await cache.set_many({"a": 4}, keep_ttl=True, ttl=ttl)


async def test_removing_many_may_be_bound_to_the_cas_of_each(cache: Cache) -> None:
    cas = await cache.set_many({"a": 1, "b": 1, "c": 1}, tags={"a": ["red"]})
    removed = await cache.delete_many(
        ["a", "b", "c", "d"], cas={"a": cas["a"], "b": cas["a"], "d": 1}, return_exceptions=True
    )
    assert (removed.pop("b").key, removed) == ("b", {"a": True, "c": True, "d": False})
    with pytest.raises(ManyError) as caught:
        await cache.delete_many(["b"], cas={"b": 1})
    assert isinstance(caught.value.results["b"], CasMismatch)
    assert await cache.get_many(["a", "b", "c"]) == {"b": 1}


async def test_records_that_have_to_be_judged_are_judged_one_by_one(cache: Cache) -> None:
    await cache.set_many({"alive": 1, "dead": 1}, tags={"alive": ["blue"], "dead": ["red"]})
    await cache.invalidate_tags("red")
    inserted = await cache.insert_many({"alive": 2, "dead": 2}, return_exceptions=True)
    assert (type(inserted["alive"]), type(inserted["dead"])) == (KeyExists, int)
    await cache.set("dead", 1, tags=["red"])
    await cache.invalidate_tags("red")
    replaced = await cache.replace_many({"alive": 3, "dead": 3}, return_exceptions=True)
    assert (type(replaced["alive"]), type(replaced["dead"])) == (int, KeyNotFound)
    await cache.set("alive", 1, tags=["blue"])
    touched = await cache.touch_many(["alive", "dead"], 60, return_exceptions=True)
    assert (touched["alive"], type(touched["dead"])) == (None, KeyNotFound)
    assert await cache.exists_many(["alive", "dead"]) == {"alive": True, "dead": False}
    assert await cache.delete_many(["alive", "dead"]) == {"alive": True, "dead": False}


async def test_each_key_may_have_its_own_time_and_tags(cache: Cache) -> None:
    await cache.set_many({"a": 1, "b": 2, "c": 3}, ttl={"a": 60}, tags={"a": ["red"], "b": ["red", "blue"]})
    entries = [await cache.entry(key) for key in "abc"]
    assert [entry.tags for entry in entries] == [("red",), ("red", "blue"), ()]
    assert [entry.ttl is None for entry in entries] == [False, True, True]
    await cache.invalidate_tags("blue")
    assert await cache.get_many(["a", "b", "c"]) == {"a": 1, "c": 3}
    await cache.touch_many(["a", "c"], {"a": None, "c": 60})
    assert await cache.ttl("a") is None
    assert 50 < (await cache.ttl("c") or 0) <= 60


async def test_a_locked_key_is_one_keys_error(cache: Cache) -> None:
    await cache.set_many({"a": 1, "k": 1}, tags=["red"])
    lock = await cache.get_and_lock("k", 30)
    values = {"a": 2, "k": 2}
    found = [
        await cache.set_many(values, return_exceptions=True),
        await cache.replace_many(values, return_exceptions=True),
        await cache.touch_many(list(values), 60, return_exceptions=True),
        await cache.increment_many(list(values), return_exceptions=True),
        await cache.delete_many(list(values), return_exceptions=True),
        await cache.insert_many(values, return_exceptions=True),
    ]
    assert [type(results["k"]) for results in found] == [KeyLocked] * len(found)
    assert [isinstance(results["a"], Exception) for results in found] == [False] * len(found)
    assert type((await cache.set_many(values, cas={"k": lock.cas}))["k"]) is int


async def test_options_for_keys_that_are_not_asked_for_are_refused_before_anything_is_sent(cache: Cache) -> None:
    wrong: list[Any] = [
        partial(cache.set_many, {"a": 1}, ttl={"b": 60}),
        partial(cache.set_many, {"a": 1}, tags={"b": ["red"]}),
        partial(cache.set_many, {"a": 1}, cas={"b": 5}),
        partial(cache.insert_many, {"a": 1}, ttl={"b": 60}),
        partial(cache.delete_many, ["a"], cas={"b": 5}),
        partial(cache.delete_many, ["a"], cas={"a": "5"}),
        partial(cache.insert_many, ["a"]),
        partial(cache.replace_many, "a"),
        partial(cache.touch_many, ["a", "b"], {"a": 60}),
        partial(cache.touch_many, ["a"], 0),
        partial(cache.touch_many, "a", 60),
        partial(cache.exists_many, "a"),
        partial(cache.increment_many, ["a"], initial={"b": 1}),
        partial(cache.insert_many, {"": 1}),
    ]
    for call in wrong:
        with pytest.raises(InvalidArgument):
            await call()
    assert await cache.exists("a") is False


async def test_a_thousand_keys_take_one_command_each_and_few_round_trips(cache: Cache, observer: Valkey) -> None:
    values = dict.fromkeys(KEYS, 1)
    for call in (
        partial(cache.insert_many, values),
        partial(cache.replace_many, values),
        partial(cache.touch_many, KEYS, 60),
        partial(cache.delete_many, KEYS),
        partial(cache.increment_many, KEYS, initial=1),
    ):
        before, read = calls(observer), reads(observer)
        assert len(await call()) == 1000
        done = calls(observer) - before
        assert done["evalsha"] + done["eval"] == 1000
        assert reads(observer) - read < 100
    before = calls(observer)
    assert set((await cache.exists_many(KEYS)).values()) == {True}
    assert (calls(observer) - before)["mget"] <= 3


def reads(observer: Valkey) -> int:
    """How often the server has read from sockets."""
    return int(observer.info("stats")["total_reads_processed"])


async def test_an_entry_says_all_that_is_known(cache: Cache) -> None:
    await cache.set("k", "12345", ttl=60, tags=["red"])
    entry = await cache.entry("k")
    assert (entry.size, entry.locked, entry.stale, entry.cost, entry.tags) == (5, False, False, 0.0, ("red",))
    assert entry.ttl is not None
    assert entry.expires_at is not None
    assert abs(entry.created + entry.age + entry.ttl - entry.expires_at) < 1.0
    await cache.touch("k", None)
    assert (await cache.entry("k")).expires_at is None
