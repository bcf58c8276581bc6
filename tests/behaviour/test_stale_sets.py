"""The race that other caches lose: a load that began before a write must not be stored after it.

The script: a reader loads the old value and is held up; the writer changes the source and invalidates; the reader goes
on. It may have its old value, but nobody after the invalidation may.
"""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from caches import Cache, Running, Stage


class Source:
    """One row, and a cached reader of it that can be held up between reading and storing."""

    def __init__(self, cache: Cache, stage: Stage) -> None:
        self.stage = stage
        self.value = "old"
        self.loads = 0
        self.read, self.go = stage.event(), stage.event()
        self.get = cache.cached(key="row:{number}", tags=["rows", "row:{number}"], ttl=60)(self._load)

    async def _load(self, number: int) -> str:
        value = self.value
        self.loads += 1
        if self.loads == 1:
            self.read.set()
            await self.stage.passed(self.go)
        return value

    async def reader(self) -> Running:
        """A reader that has the old value and has not stored it yet."""
        running = self.stage.begin(lambda: self.get(1))
        await self.stage.passed(self.read)
        return running


async def overtaken(cache: Cache, stage: Stage, invalidate: Callable[[Source], Coroutine[Any, Any, None]]) -> None:
    source = Source(cache, stage)
    reader = await source.reader()
    source.value = "new"
    await invalidate(source)
    source.go.set()
    assert await reader.result() == "old"
    assert await source.get(1) == "new"
    assert await source.get(1) == "new"
    assert source.loads == 2


async def test_by_key(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda source: cache.invalidate("row:1"))


async def test_by_tag(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda source: cache.invalidate_tags("rows"))


async def test_by_function(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda source: source.get.invalidate(1))


async def test_by_all_of_a_function(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda source: source.get.invalidate_all())


async def test_by_clearing(cache: Cache, stage: Stage) -> None:
    await overtaken(cache, stage, lambda source: cache.clear())


async def test_by_deleting(cache: Cache, stage: Stage) -> None:
    async def delete(_: Source) -> None:
        assert await cache.delete("row:1") is False

    await overtaken(cache, stage, delete)


async def test_by_an_invalidating_function(cache: Cache, stage: Stage) -> None:
    async def write(source: Source) -> None:
        @cache.invalidates(functions=[source.get])
        async def update(number: int) -> None:
            source.value = "new"

        await update(1)

    await overtaken(cache, stage, write)


async def test_a_refused_fill_is_counted_and_told(cache: Cache, stage: Stage) -> None:
    refused: list[dict[str, str]] = []
    cache.on("refused", lambda **details: refused.append(details))
    await overtaken(cache, stage, lambda source: cache.invalidate("row:1"))
    assert cache.stats()["refused"] == 1
    assert refused == [{"key": "row:1"}]


async def test_who_comes_after_the_invalidation_does_not_wait_for_the_old_load(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    reader = await source.reader()
    source.value = "new"
    await cache.invalidate("row:1")
    assert await source.get(1) == "new"
    source.go.set()
    assert await reader.result() == "old"
    assert await source.get(1) == "new"
    assert source.loads == 2


async def test_who_joined_before_the_invalidation_loads_again(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    reader = await source.reader()
    joiner = stage.begin(lambda: source.get(1))
    await stage.until(lambda: cache.stats()["waits"] == 1)
    source.value = "new"
    await cache.invalidate("row:1")
    source.go.set()
    assert [await reader.result(), await joiner.result()] == ["old", "new"]
    assert await source.get(1) == "new"


async def test_a_value_set_by_a_writer_is_not_replaced_by_the_load_it_overtook(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    reader = await source.reader()
    await source.get.set("written", 1)
    source.go.set()
    assert await reader.result() == "old"
    assert await source.get(1) == "written"
    assert source.loads == 1


async def test_an_invalidation_of_another_key_disturbs_nothing(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    reader = await source.reader()
    await cache.invalidate("row:2")
    await cache.invalidate_tags("row:2", "other")
    source.go.set()
    assert await reader.result() == "old"
    assert await source.get(1) == "old"
    assert source.loads == 1


# -- the same between two processes of different flavours, with the source where both see it


def row_of(cache: Cache, pause: Callable[[], Coroutine[Any, Any, None]] | None = None) -> Any:
    """The function that both processes have; it may pause between reading and storing."""

    @cache.cached(key="row:{number}", tags=["rows", "row:{number}"], ttl=60)
    async def row(number: int) -> str:
        value: str = await cache.namespace("source").get(str(number))
        if pause is not None:
            await pause()
        return value

    return row


async def read(cache: Cache) -> str:
    value: str = await row_of(cache)(1)
    return value


async def write(cache: Cache, way: str) -> None:
    async def update(number: int) -> None:
        await cache.namespace("source").set(str(number), "new")

    row = row_of(cache)
    if way == "invalidating function":
        await cache.invalidates(functions=[row])(update)(1)
    else:
        await update(1)
        await DROPS[way](cache, row)


DROPS: dict[str, Callable[[Cache, Any], Coroutine[Any, Any, Any]]] = {
    "key": lambda cache, row: cache.invalidate(row.key(1)),
    "deletion": lambda cache, row: cache.delete(row.key(1)),
    "tag": lambda cache, row: cache.invalidate_tags("row:1"),
    "function": lambda cache, row: row.invalidate(1),
    "all of a function": lambda cache, row: row.invalidate_all(),
    "clear": lambda cache, row: cache.clear(),
}


@pytest.mark.parametrize("way", [*DROPS, "invalidating function"])
async def test_from_another_process(cache: Cache, stage: Stage, elsewhere: Any, way: str) -> None:
    has_read, go = stage.event(), stage.event()

    async def pause() -> None:
        has_read.set()
        await stage.passed(go)

    await cache.namespace("source").set("1", "old")
    reader = stage.begin(lambda: row_of(cache, pause)(1))
    await stage.passed(has_read)
    elsewhere(write, way)
    go.set()
    assert await reader.result() == "old"
    assert await cache.exists("row:1") is False
    assert [await read(cache), elsewhere(read), await read(cache)] == ["new"] * 3
