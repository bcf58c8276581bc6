"""Counters: integers that many change at once, and of which no change is lost."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import calls
from unicache.errors import CounterOverflow, InvalidArgument, KeyLocked, KeyNotFound, ManyError, NotANumber

MOST, LEAST = 2**63 - 1, -(2**63)


async def test_a_missing_counter_raises_and_is_not_made(cache: Cache) -> None:
    for call in (cache.increment, cache.decrement):
        with pytest.raises(KeyNotFound) as caught:
            await call("n")
        assert caught.value.key == "n"
    assert await cache.exists("n") is False


async def test_with_an_initial_value_it_starts_there(cache: Cache) -> None:
    assert await cache.increment("n", 5, initial=10) == 10
    assert await cache.increment("n", 5, initial=10) == 15
    assert await cache.decrement("m", initial=0) == 0
    assert await cache.decrement("m", 3) == -3
    assert await cache.increment("m", -4) == -7
    assert await cache.increment("m", 0) == -7


async def test_its_time_is_given_when_it_is_made_and_kept_from_then_on(cache: Cache) -> None:
    await cache.increment("n", initial=1, ttl=60)
    await cache.increment("n", initial=1, ttl=6000)
    assert 50 < (await cache.ttl("n") or 0) <= 60
    await cache.set("m", 1, ttl=60)
    await cache.increment("m", ttl=6000)
    assert 50 < (await cache.ttl("m") or 0) <= 60
    await cache.increment("forever", initial=1)
    assert await cache.ttl("forever") is None


async def test_a_counter_lives_forever_unless_it_is_given_a_time_whatever_the_caches_own(stage: Stage) -> None:
    cache = stage.open(ttl=60)
    await cache.increment("n", initial=1)
    await cache.increment_many(["m", "o"], initial=1, ttl={"o": 30})
    assert await cache.ttl("n") is await cache.ttl("m") is None
    assert 20 < (await cache.ttl("o") or 0) <= 30


async def test_a_counter_is_an_int_like_any_other(cache: Cache) -> None:
    await cache.set("n", 41)
    assert await cache.increment("n") == 42
    value = await cache.get("n")
    assert (value, type(value)) == (42, int)
    assert await cache.get("n", type=int) == 42
    assert (await cache.entry("n")).value == 42
    assert await cache.get_many(["n"]) == {"n": 42}
    assert await cache.mutate("n", lambda number: number * 2) == 84
    assert await cache.increment("n") == 85
    with pytest.raises(ValueError, match="str"):
        await cache.get("n", type=str)


@pytest.mark.parametrize("start", [0, 10**15 - 1, 2**53 - 1, 2**53, 2**62, MOST - 1, LEAST, -(10**15)])
async def test_sums_are_exact_to_the_last_bit(cache: Cache, start: int) -> None:
    await cache.increment("n", initial=start)
    assert await cache.increment("n") == start + 1
    assert await cache.increment("n", -1) == start
    assert await cache.increment("n", -start if start != LEAST else MOST) == (0 if start != LEAST else -1)
    assert await cache.get("n") == (0 if start != LEAST else -1)


async def test_more_than_64_bits_are_an_error_and_the_value_stays(cache: Cache) -> None:
    for key, start, step in (("most", MOST, 1), ("least", LEAST, -1), ("far", 2**62, 2**62)):
        await cache.increment(key, initial=start, ttl=60)
        cas = (await cache.entry(key)).cas
        with pytest.raises(CounterOverflow) as caught:
            await cache.increment(key, step)
        assert caught.value.key == key
        entry = await cache.entry(key)
        assert (entry.value, entry.cas) == (start, cas)
        assert 50 < (entry.ttl or 0) <= 60
    await cache.set("big", 2**70)
    with pytest.raises(CounterOverflow):
        await cache.increment("big", -1)
    await cache.set("big", MOST)
    with pytest.raises(CounterOverflow):
        await cache.increment("big")


async def test_what_is_no_int_is_not_a_number_and_stays(cache: Cache) -> None:
    for value in ("41", b"41", 41.0, True, None, [41], {"n": 41}):
        await cache.set("k", value)
        with pytest.raises(NotANumber) as caught:
            await cache.increment("k", initial=1)
        assert caught.value.key == "k"
        assert await cache.get("k") == value


async def test_tags_stay_and_an_invalidated_counter_is_gone(cache: Cache) -> None:
    await cache.set("n", 41, tags=["red"])
    assert await cache.increment("n") == 42
    assert (await cache.entry("n")).tags == ("red",)
    await cache.invalidate_tags("red")
    with pytest.raises(KeyNotFound):
        await cache.increment("n")
    assert await cache.increment("n", initial=7) == 7
    assert (await cache.entry("n")).tags == ()


async def test_a_locked_counter_is_left_alone(cache: Cache) -> None:
    await cache.increment("n", initial=1)
    lock = await cache.get_and_lock("n", 30)
    for call in (partial(cache.increment, "n"), partial(cache.increment, "n", initial=5)):
        with pytest.raises(KeyLocked):
            await call()
    await cache.unlock("n", lock.cas)
    assert await cache.increment("n") == 2


async def test_a_counter_under_a_lock_that_ended_goes_on(cache: Cache, stage: Stage) -> None:
    await cache.increment("n", initial=1)
    await cache.get_and_lock("n", 0.001)

    async def free() -> bool:
        return not (await cache.entry("n")).locked

    await stage.until(free)
    assert await cache.increment("n") == 2
    assert await cache.increment("n", 2**60) == 2**60 + 2


async def test_what_is_no_number_to_add_is_refused_before_anything_is_sent(cache: Cache) -> None:
    await cache.set("n", 1)
    for wrong in (True, 1.0, "1", None, 2**63, -(2**63) - 1, float("nan")):
        calls: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
            ("delta", partial(cache.increment, "n", wrong)),
            ("delta", partial(cache.decrement, "n", wrong)),
            ("delta", partial(cache.increment_many, ["n"], wrong)),
            ("delta", partial(cache.increment_many, ["n"], {"n": wrong})),
            ("delta", partial(cache.decrement_many, ["n"], wrong)),
        ]
        if wrong is not None:
            calls += [
                ("initial", partial(cache.increment, "n", initial=wrong)),
                ("initial", partial(cache.increment_many, ["n"], initial=wrong)),
            ]
        for argument, call in calls:
            with pytest.raises(InvalidArgument) as caught:
                await call()
            assert caught.value.argument == argument
    with pytest.raises(InvalidArgument):
        await cache.decrement("n", LEAST)  # what would be added has more than 64 bits
    for ttl in (0, -1, True, "soon", float("nan")):
        with pytest.raises(InvalidArgument) as caught:
            await cache.increment("n", initial=1, ttl=ttl)  # type: ignore[arg-type]
        assert caught.value.argument == "ttl"
    assert await cache.get("n") == 1


async def test_many_counters_each_on_its_own(cache: Cache) -> None:
    await cache.set_many({"a": 1, "b": 2, "text": "2"})
    assert await cache.increment_many(["a", "b", "a"]) == {"a": 2, "b": 3}
    assert await cache.decrement_many(["a", "b"], {"a": 5}) == {"a": -3, "b": 2}
    assert await cache.increment_many(["c", "d"], initial={"c": 7, "d": 8}, ttl={"c": 60, "d": None}) == {
        "c": 7,
        "d": 8,
    }
    assert 50 < (await cache.ttl("c") or 0) <= 60
    assert await cache.ttl("d") is None
    results = await cache.increment_many(["a", "text", "missing"], return_exceptions=True)
    assert (results["a"], type(results["text"]), type(results["missing"])) == (-2, NotANumber, KeyNotFound)
    with pytest.raises(ManyError) as caught:
        await cache.increment_many(["a", "text"])
    assert caught.value.results["a"] == -1
    with pytest.raises(InvalidArgument):
        await cache.increment_many(["a"], {"b": 1})


async def test_a_counter_costs_one_command(cache: Cache, observer: Valkey) -> None:
    await cache.increment("n", initial=0)
    await cache.increment("n")
    before = calls(observer)
    for _ in range(10):
        await cache.increment("n")
    done = calls(observer) - before
    assert done["evalsha"] == 10
    assert done["get"] == 10  # inside the script
    assert done["set"] == 10


async def test_signed_counters_are_changed_by_those_who_can_sign(stage: Stage) -> None:
    key = {"one": b"k" * 32}
    cache = stage.open(signing=key)
    assert await cache.increment("n", initial=5) == 5
    assert await stage.together([partial(cache.increment, "n")] * 5) != []
    assert await cache.get("n") == 10
    assert await cache.increment_many(["n"]) == {"n": 11}


async def test_no_increment_is_lost(cache: Cache, stage: Stage) -> None:
    await cache.set("n", 0)
    outcomes = await stage.together([partial(cache.increment, "n")] * 200)
    assert sorted(outcomes) == list(range(1, 201))
