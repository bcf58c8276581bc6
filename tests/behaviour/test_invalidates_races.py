"""Invalidating functions against a reader that is held up between reading and storing: nothing stale survives.

A writer that fails has changed nothing, or not; either way what is read afterwards is what the source says.
"""

from collections.abc import Callable
from typing import Any

import pytest
from loads import Source

from caches import Cache, Running, Stage

TARGETS: dict[str, Callable[[Source], dict[str, Any]]] = {
    "key": lambda source: {"keys": "row:{number}"},
    "tag": lambda source: {"tags": "rows"},
    "function": lambda source: {"functions": [source.get]},
    "all three": lambda source: {"keys": "row:{number}", "tags": "rows", "functions": [source.get]},
}


class Failed(Exception):
    """What a failing writer raises."""


class Race:
    """A source, and a reader of it that has what it read, and has not stored it yet."""

    def __init__(self, cache: Cache, stage: Stage) -> None:
        self.source = Source(cache, stage)
        self._cache = cache
        self._stage = stage

    async def reader(self) -> Running:
        self.source.hold()
        running = self._stage.begin(lambda: self.source.get(1))
        await self.source.loading()
        return running

    def writer(self, target: str, when: Any, write: Callable[[], Any]) -> Any:
        @self._cache.invalidates(when=when, **TARGETS[target](self.source))
        async def update(number: int) -> None:
            await write()

        return update

    async def commit(self) -> None:
        self.source.value = "new"

    async def commit_and_fail(self) -> None:
        self.source.value = "new"
        raise Failed

    async def fail(self) -> None:
        raise Failed

    async def settled(self, reader: Running, expected: str) -> None:
        """The reader goes on and has what it read; everybody after it has what is expected."""
        self.source.release()
        assert await reader.result() == "old"
        assert [await self.source.get(1), await self.source.get(1)] == [expected] * 2


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("when", ["after", "both"])
async def test_a_reader_that_read_before_the_writer_began_is_refused(
    cache: Cache, stage: Stage, target: str, when: str
) -> None:
    race = Race(cache, stage)
    reader = await race.reader()
    await race.writer(target, when, race.commit)(1)
    await race.settled(reader, "new")
    assert cache.stats()["refused"] == (target != "tag")  # a tag leaves the lease alone, and the entry invalid


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("when", ["after", "both"])
async def test_a_reader_that_read_while_the_writer_was_at_work_is_refused(
    cache: Cache, stage: Stage, target: str, when: str
) -> None:
    race = Race(cache, stage)
    readers: list[Running] = []

    async def write() -> None:
        readers.append(await race.reader())
        await race.commit()

    await race.writer(target, when, write)(1)
    await race.settled(readers[0], "new")


@pytest.mark.parametrize("target", TARGETS)
async def test_before_refuses_who_had_read_by_then(cache: Cache, stage: Stage, target: str) -> None:
    race = Race(cache, stage)
    reader = await race.reader()
    await race.writer(target, "before", race.commit)(1)
    await race.settled(reader, "new")


@pytest.mark.parametrize("when", ["after", "before", "both"])
async def test_a_writer_that_fails_and_changes_nothing_leaves_the_old_value(
    cache: Cache, stage: Stage, when: str
) -> None:
    race = Race(cache, stage)
    reader = await race.reader()
    with pytest.raises(Failed):
        await race.writer("all three", when, race.fail)(1)
    await race.settled(reader, "old")
    assert race.source.loads == (1 if when == "after" else 2)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("when", ["before", "both"])
async def test_a_writer_that_fails_after_its_commit_refuses_who_had_read_before_it(
    cache: Cache, stage: Stage, target: str, when: str
) -> None:
    race = Race(cache, stage)
    reader = await race.reader()
    with pytest.raises(Failed):
        await race.writer(target, when, race.commit_and_fail)(1)
    await race.settled(reader, "new")


@pytest.mark.parametrize("target", TARGETS)
async def test_with_both_a_writer_that_fails_after_its_commit_refuses_who_read_while_it_was_at_work(
    cache: Cache, stage: Stage, target: str
) -> None:
    race = Race(cache, stage)
    readers: list[Running] = []

    async def write() -> None:
        readers.append(await race.reader())
        await race.commit_and_fail()

    with pytest.raises(Failed):
        await race.writer(target, "both", write)(1)
    await race.settled(readers[0], "new")
