"""What a load may know and say: the previous value, that it is unchanged, a ttl and tags that depend on the result."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from loads import TTL, Source, aged, held

from caches import Cache, Stage
from unicache import UNCHANGED, previous
from unicache.errors import ConfigurationError, InvalidArgument
from unicache.typing import Entry

drops = pytest.mark.parametrize(
    "drop",
    [lambda cache: cache.invalidate("row:1"), lambda cache: cache.invalidate_tags("rows"), lambda cache: cache.clear()],
    ids=["key", "tag", "all"],
)


class Document:
    """A cached document whose loader says UNCHANGED if it is to be given a previous one."""

    def __init__(self, cache: Cache) -> None:
        self.seen: list[Entry[Any] | None] = []
        self.get = cache.cached(key="row:{number}", tags=["rows"], ttl=TTL, stale_if_error=600)(self._load)

    async def _load(self, number: int) -> Any:
        self.seen.append(previous())
        return "first" if previous() is None else UNCHANGED


async def test_an_unchanged_value_is_kept_with_a_new_ttl(cache: Cache) -> None:
    document = Document(cache)
    assert await document.get(1) == "first"
    old = await cache.entry("row:1")
    aged(cache, TTL + 1)
    assert (await cache.entry("row:1")).stale
    result = await document.get.result(1)
    assert (result.value, result.source) == ("first", "loaded")
    renewed = await cache.entry("row:1")
    assert (renewed.value, renewed.stale, renewed.tags) == ("first", False, ("rows",))
    assert renewed.cas != old.cas
    assert await document.get(1) == "first"
    assert len(document.seen) == 2


async def test_the_loader_sees_what_it_is_to_replace(cache: Cache) -> None:
    document = Document(cache)
    await document.get(1)
    aged(cache, TTL + 1)
    await document.get(1)
    nothing, entry = document.seen
    assert nothing is None
    assert entry is not None
    assert (entry.key, entry.value, entry.tags, entry.stale) == ("row:1", "first", ("rows",), True)
    assert entry.age > TTL


async def test_a_refresh_sees_it_too(cache: Cache) -> None:
    document = Document(cache)
    assert [await document.get.refresh(1) for _ in range(2)] == ["first", "first"]
    assert [entry and entry.stale for entry in document.seen] == [None, False]


async def test_outside_of_a_loader_there_is_no_previous_value(cache: Cache) -> None:
    document = Document(cache)
    for _ in range(2):
        assert previous() is None
        await document.get.refresh(1)
    assert previous() is None


async def test_a_load_within_a_load_does_not_see_the_outer_one(cache: Cache) -> None:
    inner = Document(cache)

    async def outer() -> Any:
        return await inner.get(2)

    get = cache.cached(key="outer")(outer)
    await get()
    await cache.invalidate("row:2")
    await get.refresh()
    assert inner.seen == [None, None]


async def test_unchanged_without_a_previous_value_is_an_error(cache: Cache) -> None:
    async def load() -> Any:
        return UNCHANGED

    for _ in range(2):
        with pytest.raises(ConfigurationError, match="UNCHANGED"):
            await cache.get_or_set("k", load)
        assert await held(cache, "k") is None


@drops
async def test_what_was_invalidated_is_no_previous_value(
    cache: Cache, drop: Callable[[Cache], Coroutine[Any, Any, None]]
) -> None:
    document = Document(cache)
    await document.get(1)
    await drop(cache)
    await document.get(1)
    await drop(cache)
    await document.get.refresh(1)
    assert document.seen == [None, None, None]


async def test_an_unchanged_value_that_was_invalidated_meanwhile_does_not_come_back(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    await source.get(1)
    source.value = UNCHANGED
    source.hold()
    refresh = stage.begin(lambda: source.get.refresh(1))
    await source.loading()
    await cache.invalidate("row:1")
    source.release()
    assert await refresh.result() == "old"
    assert await cache.exists("row:1") is False


# -- from the result


async def test_the_ttl_may_come_from_the_result(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, ttl=lambda value: value)
    for number, (life, at_most) in enumerate([(30, 30), ("2h", 7200), (None, None)]):
        source.value = life
        assert await source.get(number) == life
        left = await cache.ttl(f"row:{number}")
        assert left is at_most is None or at_most - 10 < left <= at_most


async def test_a_computed_ttl_that_is_none_stores_nothing_and_leaves_no_lease(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, ttl=lambda value: -1)
    for _ in range(2):
        with pytest.raises(InvalidArgument) as caught:
            await source.get(1)
        assert caught.value.argument == "ttl"
        assert await held(cache, "row:1") is None


def tags_of(value: Any) -> list[str]:
    return [f"colour:{value}"]


async def test_tags_may_come_from_the_result(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, result_tags=tags_of)
    await source.get(1)
    assert (await cache.entry("row:1")).tags == ("rows", "colour:old")
    source.value = "new"
    await cache.invalidate_tags("colour:new")
    assert await source.get(1) == "old"
    await cache.invalidate_tags("colour:old")
    assert await source.get(1) == "new"
    assert (await cache.entry("row:1")).tags == ("rows", "colour:new")


async def overtaken(cache: Cache, stage: Stage, invalidate: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """The stale set, where the tag is known only to the value that is being loaded."""
    source = Source(cache, stage, result_tags=tags_of)
    source.hold()
    reader = stage.begin(lambda: source.get(1))
    await source.loading()
    source.value = "new"
    await invalidate()
    source.release()
    assert await reader.result() == "old"
    assert await held(cache, "row:1") is None
    assert [await source.get(1) for _ in range(3)] == ["new"] * 3
    assert source.loads == 2
    assert cache.stats()["refused"] == 1


async def test_a_result_tag_that_was_invalidated_during_the_load_refuses_it(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda: cache.invalidate_tags("colour:old"))


async def drop(cache: Cache) -> None:
    await cache.invalidate_tags("colour:old")


async def test_a_result_tag_that_another_process_invalidated_refuses_it(
    cache: Cache, stage: Stage, elsewhere: Any
) -> None:
    async def there() -> None:
        elsewhere(drop)

    await overtaken(cache, stage, there)


async def test_a_refresh_is_refused_by_a_result_tag_too(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, result_tags=tags_of)
    await source.get(1)
    source.value = "overtaken"
    source.hold()
    refresh = stage.begin(partial(source.get.refresh, 1))
    await source.loading()
    source.value = "new"
    await cache.invalidate_tags("colour:overtaken", "colour:old")
    source.release()
    assert await refresh.result() == "overtaken"
    assert await source.get(1) == "new"
