"""Many keys in one call: few round trips, each key on its own."""

from functools import partial

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import calls
from unicache.errors import CasMismatch, InvalidArgument, ManyError, ValueFormatError

KEYS = [f"key:{number}" for number in range(1000)]


async def test_a_thousand_keys_round_trip(cache: Cache) -> None:
    values = {key: [number, None] for number, key in enumerate(KEYS)}
    cas = await cache.set_many(values)
    assert list(cas) == KEYS
    assert len(set(cas.values())) == len(KEYS)
    assert await cache.get_many(KEYS) == values
    assert await cache.delete_many(KEYS) == dict.fromkeys(KEYS, True)
    assert await cache.get_many(KEYS) == {}
    assert await cache.delete_many(KEYS) == dict.fromkeys(KEYS, False)


async def test_a_thousand_keys_are_read_by_a_few_commands(cache: Cache, observer: Valkey) -> None:
    await cache.set_many(dict.fromkeys(KEYS, 1))
    before = calls(observer)
    await cache.get_many(KEYS)
    done = calls(observer) - before
    assert done["mget"] <= 3
    assert done["get"] == 0


async def test_a_thousand_keys_go_in_a_few_round_trips(cache: Cache, observer: Valkey) -> None:
    observer.script_flush()  # the server has never heard of us
    for call in (partial(cache.set_many, dict.fromkeys(KEYS, 1)), partial(cache.delete_many, KEYS)):
        before = reads(observer)
        await call()
        assert reads(observer) - before < 100


def reads(observer: Valkey) -> int:
    """How often the server has read from sockets; a thousand round trips are a thousand reads and more."""
    return int(observer.info("stats")["total_reads_processed"])


async def test_only_the_keys_that_are_there_are_given_in_the_order_asked(cache: Cache) -> None:
    await cache.set_many({"a": None, "b": 0, "c": ""})
    found = await cache.get_many(["c", "absent", "a", "b"])
    assert list(found.items()) == [("c", ""), ("a", None), ("b", 0)]


async def test_a_key_given_twice_counts_once(cache: Cache) -> None:
    await cache.set("a", 1)
    assert await cache.get_many(["a", "a", "b", "a"]) == {"a": 1}
    assert await cache.delete_many(["a", "a"]) == {"a": True}


async def test_generators_and_views_are_taken(cache: Cache) -> None:
    values = {"a": 1, "b": 2}
    await cache.set_many(values)
    assert await cache.get_many(key for key in "ab") == values
    assert await cache.get_many(values.keys()) == values
    assert await cache.get_many({"a"}) == {"a": 1}
    assert await cache.delete_many(iter("ab")) == {"a": True, "b": True}


async def test_no_keys_are_no_work(cache: Cache) -> None:
    assert await cache.get_many([]) == {}
    assert await cache.set_many({}) == {}
    assert await cache.delete_many(()) == {}
    await cache.invalidate()
    await cache.invalidate_tags()


async def test_each_key_may_have_its_own_time(cache: Cache) -> None:
    await cache.set_many({"a": 1, "b": 2, "c": 3}, ttl={"a": 60, "b": None})
    assert 0 < (await cache.ttl("a") or 0) <= 60
    assert await cache.ttl("b") is None
    assert await cache.ttl("c") is None
    await cache.set_many({"a": 1, "b": 2}, ttl="1h")
    assert 3590 < (await cache.ttl("b") or 0) <= 3600


async def test_tags_are_those_of_every_key(cache: Cache) -> None:
    await cache.set_many({"a": 1, "b": 2}, tags=["red"])
    await cache.set("c", 3)
    await cache.invalidate_tags("red")
    assert await cache.get_many("abc".__iter__()) == {"c": 3}


async def test_what_is_refused_for_its_cas_is_told_with_all_that_succeeded(cache: Cache) -> None:
    old = await cache.set_many({"a": 1, "b": 1})
    await cache.set("b", 2)
    with pytest.raises(ManyError) as caught:
        await cache.set_many({"a": 3, "b": 3, "c": 3}, cas=old)
    results = caught.value.results
    assert list(results) == ["a", "b", "c"]
    assert isinstance(results["b"], CasMismatch)
    assert results["b"].key == "b"
    assert (await cache.entry("a")).cas == results["a"]
    assert await cache.get_many(["a", "b", "c"]) == {"a": 3, "b": 2, "c": 3}


async def test_errors_are_values_when_asked_for(cache: Cache) -> None:
    stale = await cache.set("a", 1)
    await cache.set("a", 2)
    results = await cache.set_many({"a": 3, "b": 3}, cas={"a": stale}, return_exceptions=True)
    assert isinstance(results["a"], CasMismatch)
    assert isinstance(results["b"], int)


async def test_a_typed_read_of_many_tells_which_did_not_fit(cache: Cache) -> None:
    await cache.set_many({"a": 1, "b": "text"})
    with pytest.raises(ManyError) as caught:
        await cache.get_many(["a", "b", "absent"], type=int)
    assert caught.value.results["a"] == 1
    assert isinstance(caught.value.results["b"], ValueFormatError)
    assert caught.value.results["b"].key == "b"
    found = await cache.get_many(["a", "b"], type=int, return_exceptions=True)
    assert isinstance(found["b"], ValueFormatError)


async def test_foreign_bytes_spoil_only_their_own_key(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await cache.set("a", 1)
    observer.set(f"{stage.namespace}:b", b"not ours")
    observer.rpush(f"{stage.namespace}:c", "x")
    found = await cache.get_many(["a", "b", "c"], return_exceptions=True)
    assert found["a"] == 1
    assert isinstance(found["b"], ValueFormatError)
    assert found["b"].key == "b"


async def test_what_are_no_keys_is_refused_before_anything_is_written(cache: Cache) -> None:
    await cache.set("a", 1)
    for keys in ("a", b"a", None, 1, {"a": 1}, ["a", ""], ["a", None], ["a", 1], ["a", "x" * 1025]):
        for call in (cache.get_many, cache.delete_many):
            with pytest.raises(InvalidArgument):
                await call(keys)
    for values in (["a"], "a", None, {"a": 1, "": 2}, {"a": 1, 2: 3}):
        with pytest.raises(InvalidArgument):
            await cache.set_many(values)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        await cache.set_many({"a": 2}, cas={"b": 1})
    with pytest.raises(InvalidArgument, match="ttl"):
        await cache.set_many({"a": 2}, ttl={"a": 5, "b": 1})
    with pytest.raises(ValueFormatError):
        await cache.set_many({"a": 2, "b": object()})
    assert await cache.get_many(["a", "b"]) == {"a": 1}
