"""Loading many keys: the loader sees only what is missing, once, and the leases and refusals are those of one key."""

from functools import partial
from typing import Any

import pytest
from loads import held
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import ConfigurationError, InvalidArgument


class Table:
    """Rows by number, and a cached function of many that reads them."""

    def __init__(self, cache: Cache, stage: Stage, **options: Any) -> None:
        self.stage = stage
        self.rows = {number: f"row {number}" for number in range(1, 10)}
        self.asked: list[list[int]] = []
        self.paused = False
        self.begun, self.go = stage.event(), stage.event()
        options = {"key": "row:{number}", "tags": ["rows", "row:{number}"], "ttl": 60} | options
        self.get = cache.cached_many(**options)(self.read)

    async def read(self, numbers: list[int]) -> dict[int, str]:
        self.asked.append(numbers)
        rows = {number: self.rows[number] for number in numbers if number in self.rows}
        if self.paused:
            self.paused = False
            self.begun.set()
            await self.stage.passed(self.go)
        return rows


async def test_the_loader_sees_only_the_keys_that_are_missing(cache: Cache) -> None:
    asked: list[list[str]] = []

    async def load(keys: list[str]) -> dict[str, str]:
        asked.append(keys)
        return {key: key.upper() for key in keys}

    await cache.set("b", "stored")
    assert await cache.get_or_set_many(["a", "b", "c", "a"], load, ttl=60) == {"a": "A", "b": "stored", "c": "C"}
    assert await cache.get_or_set_many(iter(["c", "a", "b"]), load) == {"c": "C", "a": "A", "b": "stored"}
    assert asked == [["a", "c"]]


async def test_results_come_in_the_order_in_which_they_were_asked_for(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    await table.get([3])
    assert list(await table.get([2, 3, 1])) == [2, 3, 1]
    assert table.asked == [[3], [2, 1]]


async def test_what_the_loader_does_not_know_is_in_no_result_and_is_asked_for_again(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    assert await table.get([1, 99]) == {1: "row 1"}
    assert await table.get([1, 99]) == {1: "row 1"}
    assert table.asked == [[1, 99], [99]]
    assert await held(cache, "row:99") is None


async def test_falsy_values_are_values(cache: Cache) -> None:
    given = {"a": None, "b": 0, "c": "", "d": False}
    asked: list[list[str]] = []

    async def load(keys: list[str]) -> dict[str, Any]:
        asked.append(keys)
        return given

    for _ in range(2):
        assert await cache.get_or_set_many(list(given), load) == given
    assert asked == [list(given)]


async def test_an_entry_of_many_is_an_entry_like_any_other(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    await table.get([1])
    assert table.get.key(1) == "row:1"
    entry = await cache.entry("row:1")
    assert (entry.value, entry.tags) == ("row 1", ("rows", "row:1"))
    assert 0 < (entry.ttl or 0) <= 60


async def test_an_invalidated_item_is_loaded_again_and_no_other(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    await table.get([1, 2, 3])
    await table.get.invalidate(1)
    await cache.invalidate_tags("row:2")
    await table.get([1, 2, 3])
    assert table.asked == [[1, 2, 3], [1, 2]]


@pytest.mark.parametrize("how", ["key", "tag", "clear"])
async def test_what_an_invalidation_overtook_is_not_stored(cache: Cache, stage: Stage, how: str) -> None:
    table = Table(cache, stage)
    table.paused = True
    reader = stage.begin(partial(table.get, [1, 2]))
    await stage.passed(table.begun)
    table.rows[1] = "new"
    ways = {"key": partial(cache.invalidate, "row:1"), "tag": partial(cache.invalidate_tags, "row:1")}
    await ways.get(how, cache.clear)()
    table.go.set()
    assert await reader.result() == {1: "row 1", 2: "row 2"}
    assert (await table.get([1, 2]))[1] == "new"


async def test_callers_of_overlapping_keys_load_each_once(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    table.paused = True
    first = stage.begin(partial(table.get, [1, 2]))
    await stage.passed(table.begun)
    second = stage.begin(partial(table.get, [2, 3]))
    await stage.until(lambda: len(table.asked) == 2)
    table.go.set()
    assert await first.result() == {1: "row 1", 2: "row 2"}
    assert await second.result() == {2: "row 2", 3: "row 3"}
    assert table.asked == [[1, 2], [3]]


async def test_a_failure_reaches_the_caller_and_leaves_nothing_behind(cache: Cache) -> None:
    async def load(keys: list[str]) -> dict[str, str]:
        raise LookupError(len(keys))

    for _ in range(2):
        with pytest.raises(LookupError, match="2"):
            await cache.get_or_set_many(["a", "b"], load)
    assert await held(cache, "a") is None


async def test_a_loader_that_gives_no_mapping_is_told_so(cache: Cache) -> None:
    async def load(keys: list[str]) -> Any:
        return keys

    with pytest.raises(TypeError, match="must return a mapping"):
        await cache.get_or_set_many(["a"], load)


async def test_methods_are_bound(cache: Cache) -> None:
    class Shop:
        def __init__(self, name: str) -> None:
            self.name = name

        @cache.cached_many()
        async def prices(self, items: list[str]) -> dict[str, str]:
            return {item: f"{item} at {self.name}" for item in items}

    assert await Shop("Ede").prices(["egg"]) == {"egg": "egg at Ede"}
    assert await Shop("Ulm").prices(["egg"]) == {"egg": "egg at Ulm"}
    assert Shop("Ede").prices.key("egg") != Shop("Ulm").prices.key("egg")


async def test_bad_input_is_refused(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    for items in ("12", 12, [[1]]):
        with pytest.raises(InvalidArgument, match="items"):
            await table.get(items)
    with pytest.raises(InvalidArgument, match="loader"):
        await cache.get_or_set_many(["a"], None)
    with pytest.raises(InvalidArgument, match="keys"):
        await cache.get_or_set_many("a", table.read)
    with pytest.raises(ConfigurationError, match="one parameter"):

        @cache.cached_many()
        async def two(items: list[int], more: int) -> dict[int, int]:
            return dict.fromkeys(items, more)

    assert table.asked == []


async def test_switched_off_everything_is_loaded_and_nothing_stored(cache: Cache, stage: Stage) -> None:
    table = Table(cache, stage)
    with cache.disabled():
        assert await table.get([1, 99]) == {1: "row 1"}
    assert not await cache.exists("row:1")


async def test_a_hundred_keys_cost_a_few_round_trips(cache: Cache, observer: Valkey) -> None:
    async def load(keys: list[str]) -> dict[str, str]:
        return dict.fromkeys(keys, "v")

    keys = [f"k{number}" for number in range(100)]
    before = observer.info("stats")["total_reads_processed"]
    await cache.get_or_set_many(keys, load, ttl=60, tags=["t"])
    assert observer.info("stats")["total_reads_processed"] - before < 30
