"""Cached functions: run once per key, with the same value and type on a miss and on a hit, here and elsewhere."""

import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage, bare
from unicache.errors import ValueFormatError


@dataclass(frozen=True)
class Report:
    customer: str
    total: Decimal
    rows: tuple[int, ...]


class Runs(list[Any]):
    """What a function was run for."""


def squaring(cache: Cache, runs: Runs, **options: Any) -> Any:
    """A cached function, the same in every process that makes it."""

    @cache.cached(ttl=60, **options)
    async def square(number: int) -> int:
        runs.append(number)
        return number * number

    return square


def reporting(cache: Cache, runs: Runs) -> Any:
    @cache.cached(ttl=60)
    async def report(customer: str) -> Report:
        runs.append(customer)
        return Report(customer, Decimal("1.10"), (1, 2))

    return report


async def squared(cache: Cache, number: int) -> tuple[int, int]:
    """The value, and how often the function ran here."""
    runs = Runs()
    return await squaring(cache, runs)(number), len(runs)


async def reported(cache: Cache, customer: str) -> tuple[Report, int]:
    runs = Runs()
    return await reporting(cache, runs)(customer), len(runs)


async def test_a_function_runs_once_per_key(cache: Cache) -> None:
    runs = Runs()
    square = squaring(cache, runs)
    assert [await square(n) for n in (2, 3, 2, 3, 2)] == [4, 9, 4, 9, 4]
    assert runs == [2, 3]
    assert square.cache_info() == bare(square).cache_info()
    info = square.cache_info()
    assert (info.hits, info.misses, info.loads, info.errors) == (3, 2, 2, 0)


async def test_what_one_process_ran_is_a_hit_in_another_flavour(cache: Cache, elsewhere: Any) -> None:
    runs = Runs()
    assert await squaring(cache, runs)(7) == 49
    assert elsewhere(squared, 7) == (49, 0)
    assert elsewhere(squared, 8) == (64, 1)
    assert await squaring(cache, runs)(8) == 64
    assert runs == [7]


async def test_value_and_type_are_those_of_the_miss_in_every_process(cache: Cache, elsewhere: Any) -> None:
    report = reporting(cache, Runs())
    miss = await report("Ada")
    hit = await report("Ada")
    there, runs = elsewhere(reported, "Ada")
    assert runs == 0
    assert miss == hit == there == Report("Ada", Decimal("1.10"), (1, 2))
    assert type(hit.rows) is type(there.rows) is tuple


async def test_a_falsy_result_is_cached_with_its_type(cache: Cache) -> None:
    values = [None, 0, 0.0, "", b"", [], {}, (), False]
    runs = Runs()

    @cache.cached()
    async def falsy(place: int) -> Any:
        runs.append(place)
        return values[place]

    for place, value in enumerate(values * 2):
        found = await falsy(place % len(values))
        assert found == value
        assert type(found) is type(value)
    assert runs == list(range(len(values)))


async def test_a_failing_function_runs_once_per_call_and_is_not_cached(cache: Cache) -> None:
    runs = Runs()

    @cache.cached()
    async def failing(text: str) -> int:
        runs.append(text)
        return int(text)

    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal") as caught:
            await failing("x")
        assert any(frame.name == "failing" for frame in traceback.extract_tb(caught.value.__traceback__))
    assert runs == ["x", "x", "x"]
    info = failing.cache_info()
    assert (info.hits, info.loads, info.errors) == (0, 3, 3)


async def test_a_function_that_failed_is_cached_when_it_succeeds(cache: Cache) -> None:
    runs = Runs()

    @cache.cached()
    async def second_time() -> str:
        runs.append(1)
        if len(runs) == 1:
            raise LookupError("not yet")
        return "done"

    with pytest.raises(LookupError):
        await second_time()
    assert [await second_time(), await second_time()] == ["done", "done"]
    assert len(runs) == 2


async def test_concurrent_callers_of_a_failing_function_all_get_its_error(cache: Cache, stage: Stage) -> None:
    @cache.cached()
    async def failing() -> None:
        await stage.until(lambda: cache.stats()["waits"] == 9)
        raise LookupError("nothing here")

    outcomes = await stage.together([failing] * 10)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 10
    assert failing.cache_info().loads == 1


async def test_fifty_concurrent_callers_run_one_load(cache: Cache, stage: Stage) -> None:
    runs = Runs()

    @cache.cached(ttl=60)
    async def slow(number: int) -> int:
        runs.append(number)
        await stage.until(lambda: cache.stats()["waits"] == 49)
        return number

    assert await stage.together([lambda: slow(1)] * 50) == [1] * 50
    assert runs == [1]


async def test_callers_of_two_processes_run_one_load(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    runs = Runs()
    go = stage.event()

    async def load() -> str:
        runs.append(1)
        await stage.passed(go)
        return "here"

    here = stage.begin(lambda: cache.get_or_set("k", load))
    await stage.until(lambda: runs)
    elsewhere.begin(loaded, "k", "there")
    go.set()
    assert await here.result() == "here"
    assert elsewhere.result() == ("here", False)


async def loaded(cache: Cache, key: str, value: str) -> tuple[str, bool]:
    """The value, and whether it was made here."""
    runs = Runs()

    async def load() -> str:
        runs.append(1)
        return value

    return await cache.get_or_set(key, load), bool(runs)


async def test_a_result_that_cannot_be_stored_is_refused_with_its_place(cache: Cache) -> None:
    @cache.cached()
    async def broken() -> Any:
        return {"a": object()}

    with pytest.raises(ValueFormatError) as caught:
        await broken()
    assert 'value["a"]' in str(caught.value)


async def test_a_damaged_entry_is_a_counted_miss(cache: Cache, stage: Stage, observer: Valkey) -> None:
    runs = Runs()
    square = squaring(cache, runs, key="square:{number}")
    await square(3)
    observer.set(f"{stage.namespace}:square:3", b"not ours")
    assert await square(3) == 9
    assert await square(3) == 9
    assert runs == [3, 3]
    assert cache.stats()["corrupt"] == 1


async def test_the_ttl_is_the_functions_own_or_the_caches(stage: Stage) -> None:
    cache = stage.open(ttl="1h")

    @cache.cached(ttl="5m")
    async def own() -> int:
        return 1

    @cache.cached()
    async def inherited() -> int:
        return 1

    @cache.cached(ttl=None)
    async def unlimited() -> int:
        return 1

    for function in (own, inherited, unlimited):
        await function()
    assert 290 < (await cache.ttl(own.key()) or 0) <= 300
    assert 3590 < (await cache.ttl(inherited.key()) or 0) <= 3600
    assert await cache.ttl(unlimited.key()) is None


async def test_a_result_is_gone_when_its_time_is_over(cache: Cache, stage: Stage) -> None:
    runs = Runs()

    @cache.cached(ttl=0.05)
    async def short() -> datetime:
        runs.append(1)
        return datetime.now(UTC)

    first = await short()
    await stage.until(lambda: expired(cache, short.key()))
    assert await short() > first
    assert len(runs) == 2


async def expired(cache: Cache, key: str) -> bool:
    return not await cache.exists(key)


async def test_functions_may_call_cached_functions(cache: Cache) -> None:
    runs = Runs()
    square = squaring(cache, runs)

    @cache.cached()
    async def fourth_power(number: int) -> int:
        return await square(await square(number))

    assert [await fourth_power(3), await fourth_power(3), await square(9)] == [81, 81, 81]
    assert runs == [3, 9]
