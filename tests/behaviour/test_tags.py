"""Tags: one call makes every entry that carries one invalid, whatever wrote it."""

from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import CasMismatch, InvalidArgument, KeyNotFound


async def write(cache: Cache, key: str, value: Any, tags: list[str]) -> None:
    await cache.set(key, value, tags=tags)


async def invalidate(cache: Cache, *tags: str) -> None:
    await cache.invalidate_tags(*tags)


async def test_an_invalidated_tag_takes_its_entries_and_no_others(cache: Cache) -> None:
    await cache.set("both", 1, tags=["red", "blue"])
    await cache.set("red", 1, tags=["red"])
    await cache.set("blue", 1, tags=["blue"])
    await cache.set("none", 1)
    await cache.invalidate_tags("red")
    assert await cache.get_many(["both", "red", "blue", "none"]) == {"blue": 1, "none": 1}


async def test_what_a_tag_took_is_absent_for_every_call(cache: Cache) -> None:
    cas = await cache.set("k", 1, tags=["red"])
    await cache.invalidate_tags("red")
    assert await cache.get("k", "default") == "default"
    assert await cache.exists("k") is False
    for call in (cache.entry, cache.ttl):
        with pytest.raises(KeyNotFound):
            await call("k")
    for touch in (cache.touch, cache.get_and_touch):
        with pytest.raises(KeyNotFound):
            await touch("k", 60)
    with pytest.raises(KeyNotFound):
        await cache.replace("k", 2)
    with pytest.raises(KeyNotFound):
        await cache.mutate("k", str)
    assert await cache.delete("k") is False
    assert cas


async def test_what_a_tag_took_is_not_written_over_by_its_cas(cache: Cache) -> None:
    cas = await cache.set_many(dict.fromkeys("abcd", 1), tags=["red"])
    lock = await cache.get_and_lock("d", 30)
    await cache.invalidate_tags("red")
    with pytest.raises(CasMismatch):
        await cache.set("a", 2, cas=cas["a"])
    with pytest.raises(CasMismatch):
        await cache.set("a", 2, cas=cas["a"], keep_ttl=True)
    with pytest.raises(KeyNotFound):
        await cache.replace("a", 2, cas=cas["a"])
    with pytest.raises(CasMismatch):
        await cache.set("d", 2, cas=lock.cas)
    results = await cache.set_many({"a": 2, "other": 2}, cas={"a": cas["a"]}, return_exceptions=True)
    assert (type(results["a"]), type(results["other"])) == (CasMismatch, int)
    assert await cache.delete("b", cas=cas["b"]) is False
    assert await cache.delete_many(["c", "other"], cas={"c": cas["c"]}) == {"c": False, "other": True}
    assert await cache.get_many(["a", "b", "c", "d"]) == {}


async def test_what_carries_a_tag_is_written_over_by_its_cas(cache: Cache) -> None:
    cas = await cache.set_many(dict.fromkeys("abc", 1), tags=["red"])
    await cache.set("a", 2, cas=cas["a"], tags=["red"])
    await cache.set_many({"b": 2}, cas={"b": cas["b"]})
    lock = await cache.get_and_lock("c", 30)
    await cache.replace("c", 2, cas=lock.cas)
    assert await cache.get_many(["a", "b", "c"]) == {"a": 2, "b": 2, "c": 2}


async def test_an_insert_takes_the_place_of_what_a_tag_took(cache: Cache) -> None:
    await cache.set("k", 1, tags=["red"])
    await cache.invalidate_tags("red")
    await cache.insert("k", 2, tags=["red"])
    assert await cache.get("k") == 2
    await cache.invalidate_tags("red")
    assert await cache.exists("k") is False


async def test_tagged_entries_are_written_and_removed_like_others(cache: Cache) -> None:
    await cache.set("k", 1, tags=["red"], ttl=60)
    await cache.replace("k", 2, tags=["red"], keep_ttl=True)
    await cache.touch("k", 30)
    assert 0 < (await cache.ttl("k") or 0) <= 30
    assert await cache.get_and_touch("k", None) == 2
    assert await cache.delete("k") is True
    assert await cache.delete_many(["k"]) == {"k": False}


async def test_a_write_replaces_the_tags(cache: Cache) -> None:
    await cache.set("k", 1, tags=["red"])
    await cache.set("k", 2)
    await cache.invalidate_tags("red")
    assert await cache.get("k") == 2


async def test_a_tag_is_good_again_for_what_is_written_after(cache: Cache) -> None:
    await cache.invalidate_tags("red")
    await cache.set("k", 1, tags=["red"])
    assert await cache.get("k") == 1
    await cache.invalidate_tags("red", "red", "blue")
    assert await cache.exists("k") is False
    await cache.set("k", 2, tags=["red"])
    assert await cache.get("k") == 2


async def test_another_process_invalidates_what_was_written_here(cache: Cache, elsewhere: Any) -> None:
    await cache.set("k", 1, tags=["red"])
    elsewhere(invalidate, "red")
    assert await cache.exists("k") is False
    elsewhere(write, "k", 2, ["red"])
    assert await cache.get("k") == 2
    await cache.invalidate_tags("red")
    assert await cache.exists("k") is False


async def test_a_lost_tag_version_makes_its_entries_misses_for_good(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    await cache.set("k", 1, tags=["red"])
    observer.delete(f"{stage.namespace}#red")  # as eviction would
    assert await cache.exists("k") is False
    await cache.set("other", 1, tags=["red"])
    assert await cache.get_many(["k", "other"]) == {"other": 1}


async def test_invalidating_a_tag_is_one_key_whatever_carries_it(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set_many({str(number): number for number in range(500)}, tags=["red"])
    before = observer.info("stats")["total_commands_processed"]
    await cache.invalidate_tags("red")
    assert observer.info("stats")["total_commands_processed"] - before == 2  # one of them is the observer's
    assert await cache.get_many([str(number) for number in range(500)]) == {}


async def test_more_tags_than_an_entry_can_carry_are_refused_before_anything_is_done(cache: Cache) -> None:
    tags = [f"tag {number}" for number in range(65)]
    runs: list[int] = []

    async def load(*_: Any) -> dict[str, int]:
        runs.append(1)
        return {"k": 1}

    @cache.cached_many(tags=[lambda key: tags])
    async def many(keys: list[str]) -> dict[str, int]:
        return await load()

    for call in (
        partial(cache.set, "k", 1, tags=tags),
        partial(cache.set_many, {"k": 1}, tags=tags),
        partial(cache.get_or_set, "k", load, tags=tags),
        partial(cache.get_or_set_many, ["k"], load, tags=tags),
        cache.cached(key="k", tags=[lambda: tags])(load_nothing),
        partial(many, ["k"]),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await call()
        assert caught.value.argument == "tags"
    assert runs == []
    await cache.set("k", 1, tags=[*tags[1:], tags[1]])
    await cache.invalidate_tags(*tags)
    assert await cache.exists("k") is False


async def load_nothing() -> None:
    raise AssertionError("it ran")
