"""Single calls of a function of many: those that come together are one load."""

from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage, bare
from unicache.errors import ConfigurationError, InvalidArgument, KeyNotFound


class Patient:
    """An event model in which whoever waits for company waits until so many items have come."""

    def __init__(self, stage: Stage, handle: Any) -> None:
        self._stage = stage
        self._gathering = bare(handle)._core._gathering
        self._io = self._gathering._io
        self._gathering._io = self
        self.company = 1
        self._full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._io, name)

    async def sleep(self, seconds: float) -> None:
        await self._stage.until(self._enough)

    def _enough(self) -> bool:
        self._full = self._full or self.waiting() >= self.company
        return self._full

    def waiting(self) -> int:
        return sum(len(batch.items) for batch in list(self._gathering._batches.values()))


class Rows:
    """A table, and a cached function of many of its rows; ``company`` are the items to wait for."""

    def __init__(self, cache: Cache, stage: Stage, *, company: int = 1, **options: Any) -> None:
        self.asked: list[list[int]] = []
        self.failure: Exception | None = None
        options = {"key": "row:{id}", "ttl": 60} | options
        self.get = cache.cached_many(**options)(self._load)
        if "gather" in options:
            self.patient = Patient(stage, self.get)
            self.patient.company = company

    async def _load(self, ids: list[int]) -> dict[int, str | None]:
        self.asked.append(sorted(ids))
        if self.failure is not None:
            raise self.failure
        return {id_: None if id_ == 0 else f"row {id_}" for id_ in ids if id_ < 100}


async def test_calls_that_come_together_are_one_load(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage, gather=60, company=5)
    results = await stage.together([partial(rows.get.one, number) for number in range(5)])
    assert results == [None, "row 1", "row 2", "row 3", "row 4"]
    assert rows.asked == [[0, 1, 2, 3, 4]]
    assert await rows.get([1, 2]) == {1: "row 1", 2: "row 2"}
    assert len(rows.asked) == 1


async def test_without_a_time_the_calls_of_one_tick_are_one_load(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage)
    results = await stage.together([partial(rows.get.one, number) for number in (1, 2, 3)])
    assert results == ["row 1", "row 2", "row 3"]
    together = [[1, 2, 3]] if stage.flavour.name != "threads" else [[1], [2], [3]]  # which have no ticks
    assert sorted(rows.asked) == together


async def test_a_call_that_comes_alone_is_answered(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage)
    assert (await rows.get.one(1), await rows.get.one(1), await rows.get.one(0)) == ("row 1", "row 1", None)
    assert rows.asked == [[1], [0]]


async def test_what_the_function_does_not_know_is_missing_for_him_who_asked(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage, gather=60, company=2)
    known, unknown = await stage.together([partial(rows.get.one, 1), partial(rows.get.one, 100)])
    assert known == "row 1"
    assert isinstance(unknown, KeyNotFound)
    assert unknown.key == "row:100"


async def test_what_the_function_raises_is_raised_for_all(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage, gather=60, company=2)
    rows.failure = LookupError("no table")
    outcomes = await stage.together([partial(rows.get.one, number) for number in (1, 2)])
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 2
    rows.failure = None
    assert await rows.get.one(1) == "row 1"


async def test_a_wrong_item_fails_alone(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage, gather=60)
    good, bad = await stage.together([partial(rows.get.one, 1), partial(rows.get.one, [])])  # type: ignore[list-item]
    assert good == "row 1"
    assert isinstance(bad, InvalidArgument)
    assert rows.asked == [[1]]


async def test_methods_gather_by_their_objects(cache: Cache, stage: Stage) -> None:
    asked: list[tuple[str, list[int]]] = []

    class Shelf:
        def __init__(self, name: str) -> None:
            self.name = name

        def cache_key(self) -> str:
            return self.name

        @cache.cached_many(ttl=60, gather=60)
        async def books(self, ids: list[int]) -> dict[int, str]:
            asked.append((self.name, sorted(ids)))
            return {id_: f"{self.name} {id_}" for id_ in ids}

    left, right = Shelf("left"), Shelf("right")
    Patient(stage, Shelf.books).company = 4
    calls = [partial(shelf.books.one, number) for shelf in (left, right) for number in (1, 2)]
    assert await stage.together(calls) == ["left 1", "left 2", "right 1", "right 2"]
    assert sorted(asked) == [("left", [1, 2]), ("right", [1, 2])]


async def test_one_who_leaves_takes_nothing_from_the_others(cache: Cache, stage: Stage) -> None:
    rows = Rows(cache, stage, gather=60, company=3)
    first = stage.flavour.start(partial(_one, rows, 1))
    await stage.until(rows.patient.waiting)
    second = stage.begin(partial(rows.get.one, 2))
    if stage.flavour.cancels:
        first.cancel()
        await first.ended()
    others = [second, stage.begin(partial(rows.get.one, 3))]
    assert [await other.result() for other in others] == ["row 2", "row 3"]


async def _one(rows: Rows, number: int) -> Any:
    return await rows.get.one(number)


@pytest.mark.parametrize("wrong", [0, -1, True, "soon"])
async def test_a_time_that_is_none_is_refused_at_decoration(cache: Cache, wrong: Any) -> None:
    async def load(ids: list[int]) -> dict[int, int]:
        return {}

    with pytest.raises(ConfigurationError, match="gather"):
        cache.cached_many(gather=wrong)(load)
