"""What a scan makes of what stores give: names twice, pages that fail, callers that go away."""

from collections.abc import AsyncIterator
from typing import Any

from unicache import Cache
from unicache._core.documents.scan import KeyScan
from unicache._core.run import run
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.pages import Pages
from unicache._core.stores.store import BATCH
from unicache.errors import StoreUnavailable


class Repetitive(MemoryStore):
    """Gives every name in two batches, as a server may whose table grows meanwhile."""

    def scan(self, prefix: bytes, batch: int = BATCH) -> AsyncIterator[list[bytes]]:
        async def turn(cursor: int) -> tuple[int | None, list[bytes]]:
            names = [b":%d" % each for each in range(cursor - 2, cursor)]
            return (cursor + 1 if cursor < 10 else None), [*names, *names]

        return Pages(turn, 2)


class Shaky(MemoryStore):
    """Fails every other time that it is read."""

    fails = False

    async def read_many(self, names: Any) -> Any:
        self.fails = not self.fails
        if self.fails:
            raise StoreUnavailable("no")
        return await super().read_many(names)


def scan_of(store_class: type[MemoryStore]) -> KeyScan:
    cache = Cache()
    core = cache._engine.core
    store = store_class(core.io.now)
    core.store = cache._documents._store = cache._many._store = store
    cache.set_many({str(number): number for number in range(10)})
    return KeyScan(core, cache._engine.names, prefix="", tag=None, batch=3)


def test_a_name_that_comes_again_is_given_once() -> None:
    scan = scan_of(Repetitive)
    assert run(scan.all()) == [str(number) for number in range(10)]


def test_a_page_that_could_not_be_looked_through_is_looked_through_again() -> None:
    scan = scan_of(Shaky)
    found: list[str] = []
    failures = 0
    while True:
        try:
            batch = run(scan.batch())
        except StoreUnavailable:
            failures += 1
            continue
        if not batch:
            break
        found += batch
    assert sorted(found) == [str(number) for number in range(10)]
    assert failures == 4


def test_a_turn_that_failed_is_taken_again() -> None:
    taken: list[int] = []

    async def turn(cursor: int) -> tuple[int | None, list[bytes]]:
        taken.append(cursor)
        if taken.count(cursor) == 1:
            raise StoreUnavailable("no")
        return (cursor + 1 if cursor < 2 else None), [] if cursor == 1 else [b"%d" % cursor]

    pages, found, failures = Pages(turn, 0), [], 0
    while True:
        try:
            found += run(_next(pages))
        except StoreUnavailable:
            failures += 1
        except StopAsyncIteration:
            break
    assert (found, failures) == ([b"0", b"2"], 3)
    assert taken == [0, 0, 1, 1, 2, 2]


async def _next(pages: Pages[int]) -> list[bytes]:
    return await anext(pages)
