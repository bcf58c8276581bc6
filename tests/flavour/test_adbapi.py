"""Twisted's adbapi over SQLite, on a real reactor: the Deferred of an interaction fires after its invalidations."""

import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from twisted.enterprise import adbapi
from twisted.internet import threads
from twisted.internet.defer import CancelledError, Deferred

import unicache
from caches import Cache, Stage
from flavours import FLAVOURS
from unicache.errors import ConfigurationError, InvalidArgument, InvalidationUncertain
from unicache.server import Server
from unicache_twisted.adbapi import ConnectionPool

PATIENCE = 20.0

Body = Callable[["Shop", Cache], Coroutine[Any, Any, None]]
Run = Callable[[Body], None]


class LostReply(sqlite3.Connection):
    """A connection that commits and, while ``broken``, fails, as when the answer is lost on the way."""

    broken = False

    def commit(self) -> None:
        super().commit()
        if self.broken:
            raise sqlite3.OperationalError("the answer was lost")


class Shop:
    """Orders in a database, and a cached function that counts them."""

    def __init__(self, stage: Stage, cache: Cache, path: Path) -> None:
        self.stage = stage
        self.path = path
        self.pool = ConnectionPool("sqlite3", path, check_same_thread=False, factory=LostReply)
        self.loads = 0
        self.read, self.go = stage.event(), stage.event()
        self.held = False
        self.count = cache.cached(key="orders", tags=["orders"], ttl=60)(self._count)

    async def _count(self) -> int:
        self.loads += 1
        rows: Any = await self.pool.runQuery("SELECT count(*) FROM orders")
        if self.held:
            self.read.set()
            await self.stage.passed(self.go)
        return int(rows[0][0])

    def committed(self) -> int:
        """How many orders another connection sees."""
        with sqlite3.connect(self.path) as connection:
            found: int = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
        connection.close()
        return found

    def add(self, transaction: Any, *, fail: Exception | None = None) -> str:
        """An interaction."""
        assert threading.current_thread() is not threading.main_thread()
        transaction.execute("INSERT INTO orders VALUES (1)")
        self.count.invalidate_on_commit(transaction)
        if fail is not None:
            raise fail
        return "added"


@pytest.fixture
def stage(store_url: str, namespace: str) -> Stage:
    return Stage(next(each for each in FLAVOURS if each.name == "twisted"), store_url, namespace)


@pytest.fixture
def run(stage: Stage, tmp_path: Path) -> Run:
    async def main(body: Body) -> None:
        cache = stage.open()
        shop = Shop(stage, cache, tmp_path / "shop.db")
        try:
            await shop.pool.runOperation("CREATE TABLE orders (customer INTEGER)")
            await body(shop, cache)
        finally:
            shop.pool.close()

    return lambda body: stage.run(partial(main, body))


@pytest.fixture
def own_server(valkey_server: Server) -> Iterator[Server]:
    with Server(valkey_server.binary) as server:
        yield server


def test_what_an_interaction_queued_is_gone_when_its_deferred_fires(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        assert await shop.count() == 0
        assert await shop.pool.runInteraction(shop.add) == "added"
        assert await shop.count() == 1
        assert shop.loads == 2

    run(body)


def test_a_reader_paused_between_load_and_store_leaves_nothing_stale(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        shop.held = True
        reader = shop.stage.begin(shop.count)
        await shop.stage.passed(shop.read)
        shop.held = False
        await shop.pool.runInteraction(shop.add)
        assert await shop.count() == 1
        shop.go.set()
        assert await reader.result() == 0
        assert await shop.count() == 1

    run(body)


def test_an_interaction_that_raises_invalidates_nothing(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        await shop.count()
        with pytest.raises(LookupError):
            await shop.pool.runInteraction(shop.add, fail=LookupError())
        assert await shop.count.get() == shop.committed() == 0
        assert cache.stats()["invalidations"] == 0

    run(body)


def test_a_commit_that_may_have_happened_counts_as_committed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        assert await shop.count() == 0
        monkeypatch.setattr(LostReply, "broken", True)
        with pytest.raises(sqlite3.OperationalError):
            await shop.pool.runInteraction(shop.add)
        assert shop.committed() == 1
        assert await shop.count.get() is None

    run(body)


def test_connections_are_transactions_too(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        def work(connection: Any, key: str, *, tag: str) -> None:
            connection.execute("INSERT INTO orders VALUES (1)")
            cache.on_commit(connection, keys=[key], tags=[tag])

        await cache.set("a", 1)
        await shop.count()
        await shop.pool.runWithConnection(work, "a", tag="orders")
        assert await cache.exists("a") is False
        assert await shop.count() == 1

    run(body)


def test_savepoints_within_an_interaction_drop_their_own(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        def work(transaction: Any) -> None:
            savepoint = transaction.unicache_pending.savepoint()
            cache.on_commit(transaction, keys=["a"])
            savepoint.rollback()
            cache.on_commit(transaction, keys=["b"])

        await cache.set_many({"a": 1, "b": 1})
        await shop.pool.runInteraction(work)
        assert list(await cache.get_many(["a", "b"])) == ["a"]

    run(body)


def test_a_store_that_is_down_is_told_by_the_deferred_and_the_transaction_stays(run: Run, own_server: Server) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        down = shop.stage.open(own_server.url, timeout=0.1)
        await down.connect(within=20)
        own_server.kill()

        def work(transaction: Any) -> None:
            down.on_commit(transaction, keys=["a"], tags=["red"])
            shop.add(transaction)

        assert await shop.count() == 0
        with pytest.raises(InvalidationUncertain):
            await shop.pool.runInteraction(work)
        assert shop.committed() == 1
        assert await shop.count() == 1

    run(body)


def test_who_cancels_the_deferred_stops_neither_the_work_nor_the_invalidation(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        begun, go = threading.Event(), threading.Event()

        def work(transaction: Any) -> None:
            begun.set()
            assert go.wait(PATIENCE)
            shop.add(transaction)

        assert await shop.count() == 0
        deferred: Deferred[Any] = shop.pool.runInteraction(work)
        assert await threads.deferToThread(begun.wait, PATIENCE)
        deferred.cancel()
        with pytest.raises(CancelledError):
            await deferred
        go.set()
        await shop.stage.until(lambda: cache.stats()["invalidations"])
        assert await shop.count() == 1

    run(body)


def test_bad_keys_fail_the_interaction_which_is_rolled_back(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        def work(transaction: Any) -> None:
            shop.add(transaction)
            cache.on_commit(transaction, keys=[""])

        with pytest.raises(InvalidArgument):
            await shop.pool.runInteraction(work)
        assert shop.committed() == 0

    run(body)


def test_a_transaction_that_is_over_takes_nothing_more(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        kept: Any = await shop.pool.runInteraction(lambda transaction: transaction)
        with pytest.raises(InvalidArgument, match="over"):
            cache.on_commit(kept, keys=["a"])

    run(body)


def test_the_pool_of_twisted_itself_is_refused_with_the_one_to_take(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        plain = adbapi.ConnectionPool("sqlite3", shop.path, check_same_thread=False)
        with pytest.raises(InvalidArgument, match=r"unicache_twisted\.adbapi"):
            await plain.runInteraction(lambda transaction: cache.on_commit(transaction, keys=["a"]))
        plain.close()

    run(body)


def test_caches_of_other_packages_are_refused(run: Run) -> None:
    async def body(shop: Shop, cache: Cache) -> None:
        other = unicache.Cache()
        with pytest.raises(ConfigurationError):
            await shop.pool.runInteraction(lambda transaction: other.on_commit(transaction, keys=["a"]))

    run(body)
