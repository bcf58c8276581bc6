"""get_or_set: the loser of a race gets the winner's value, and what a loader does is the caller's own business."""

from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import CacheError, InvalidArgument, ValueFormatError


class Loader:
    """Counts its runs."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.runs = 0

    async def load(self) -> Any:
        self.runs += 1
        return self.value


async def waiting_for(cache: Cache, key: str, value: Any) -> tuple[Any, int]:
    loader = Loader(value)
    return await cache.get_or_set(key, loader.load, ttl=60), loader.runs


async def test_it_loads_once_and_gives_the_value(cache: Cache) -> None:
    loader = Loader({"a": (1, None)})
    for _ in range(3):
        assert await cache.get_or_set("k", loader.load) == {"a": (1, None)}
    assert loader.runs == 1
    assert await cache.get("k") == {"a": (1, None)}


async def test_falsy_values_are_loaded_once(cache: Cache) -> None:
    for value in (None, 0, "", b"", False, [], {}):
        loader = Loader(value)
        for _ in range(2):
            assert await cache.get_or_set(f"k:{value!r}", loader.load) == value
        assert loader.runs == 1


async def test_a_document_is_a_hit_and_what_was_loaded_is_a_document(cache: Cache) -> None:
    loader = Loader("loaded")
    await cache.set("k", "written")
    assert await cache.get_or_set("k", loader.load) == "written"
    assert await cache.get_or_set("other", loader.load, ttl=60, tags=["red"]) == "loaded"
    entry = await cache.entry("other")
    assert (entry.value, entry.tags) == ("loaded", ("red",))
    assert 0 < (entry.ttl or 0) <= 60
    assert loader.runs == 1


async def test_the_losers_of_a_race_get_the_winners_value(cache: Cache, stage: Stage) -> None:
    async def load(number: int) -> int:
        await stage.until(lambda: cache.stats()["waits"] == 9)
        return number

    outcomes = await stage.together([partial(cache.get_or_set, "k", partial(load, number)) for number in range(10)])
    assert len(set(outcomes)) == 1
    assert await cache.get("k") == outcomes[0]


async def test_the_loser_in_another_process_gets_the_winners_value(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    started, go = stage.event(), stage.event()

    async def load() -> str:
        started.set()
        await stage.passed(go)
        return "winner"

    winner = stage.begin(lambda: cache.get_or_set("k", load))
    await stage.passed(started)
    elsewhere.begin(waiting_for, "k", "loser")
    go.set()
    assert await winner.result() == "winner"
    assert elsewhere.result() == ("winner", 0)


async def test_two_caches_of_one_process_share_one_load(stage: Stage, elsewhere: Any) -> None:
    one, other = stage.open(), stage.open()
    loaders = [Loader("one"), Loader("other")]
    calls = [partial(one.get_or_set, "k", loaders[0].load), partial(other.get_or_set, "k", loaders[1].load)]
    outcomes = await stage.together(calls)
    assert outcomes[0] == outcomes[1]
    assert loaders[0].runs + loaders[1].runs == 1
    assert elsewhere(waiting_for, "k", "third") == (outcomes[0], 0)


async def test_a_failing_loader_raises_its_error_and_leaves_nothing_behind(cache: Cache) -> None:
    async def failing() -> None:
        raise LookupError("no row")

    for _ in range(2):
        with pytest.raises(LookupError, match="no row"):
            await cache.get_or_set("k", failing)
    assert await cache.exists("k") is False
    assert await cache.get_or_set("k", Loader(1).load) == 1


async def test_a_loaders_store_like_error_is_its_own(cache: Cache) -> None:
    async def failing() -> None:
        raise CacheError("the loader's own")

    with pytest.raises(CacheError, match="the loader's own"):
        await cache.get_or_set("k", failing)


async def test_a_loader_that_asks_for_its_own_key_is_told_so(cache: Cache) -> None:
    async def load() -> Any:
        return await cache.get_or_set("k", load)

    with pytest.raises(CacheError) as caught:
        await cache.get_or_set("k", load)
    assert caught.value.key == "k"
    assert await cache.exists("k") is False


async def test_a_loader_may_ask_for_another_key(cache: Cache) -> None:
    async def outer() -> Any:
        return await cache.get_or_set("inner", Loader(1).load)

    assert await cache.get_or_set("outer", outer) == 1


async def test_a_value_that_does_not_fit_the_type_is_loaded_again(cache: Cache) -> None:
    await cache.set("k", "text")
    loader = Loader(5)
    assert await cache.get_or_set("k", loader.load, type=int) == 5
    assert await cache.get_or_set("k", loader.load, type=int) == 5
    assert loader.runs == 1
    assert await cache.get("k") == 5


async def test_what_cannot_be_stored_is_refused(cache: Cache) -> None:
    with pytest.raises(ValueFormatError):
        await cache.get_or_set("k", Loader(object()).load)
    assert await cache.exists("k") is False


async def test_what_is_no_loader_is_refused(cache: Cache) -> None:
    for loader in (None, 1, "text", {}):
        with pytest.raises(InvalidArgument) as caught:
            await cache.get_or_set("k", loader)  # type: ignore[arg-type]
        assert caught.value.argument == "loader"


async def test_a_lease_is_not_a_document(cache: Cache, stage: Stage) -> None:
    started, go = stage.event(), stage.event()

    async def load() -> str:
        started.set()
        await stage.passed(go)
        return "loaded"

    reader = stage.begin(lambda: cache.get_or_set("k", load))
    await stage.passed(started)
    assert await cache.get("k", "absent") == "absent"
    assert await cache.exists("k") is False
    assert await cache.get_many(["k"]) == {}
    assert await cache.insert("k", "inserted")
    go.set()
    assert await reader.result() == "loaded"
    assert await cache.get("k") == "inserted"
