"""SQLAlchemy sessions: what was queued for one is invalidated when its commit returns, dropped when it is undone."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from caches import Cache, Stage
from databases import WITH_SESSIONS, Database, Row
from unicache.errors import InvalidArgument, InvalidationUncertain
from unicache.server import Server

Body = Callable[[Database, Cache], Coroutine[Any, Any, None]]
Run = Callable[[Body], None]


@pytest.fixture(params=WITH_SESSIONS, ids=str)
def stage(request: pytest.FixtureRequest, store_url: str, namespace: str) -> Stage:
    return Stage(request.param, store_url, namespace)


@pytest.fixture
def run(stage: Stage, tmp_path: Path) -> Run:
    """Run a body with a database of its own, and with a cache that holds ``a``, ``b`` and ``c``."""

    async def main(body: Body) -> None:
        cache = stage.open()
        await cache.set_many(dict.fromkeys("abc", 1))
        async with Database(stage, tmp_path / "rows.db") as database:
            await body(database, cache)

    return lambda body: stage.run(partial(main, body))


async def left(cache: Cache) -> str:
    return "".join(await cache.get_many(list("abc")))


def test_when_the_commit_has_returned_no_read_gives_the_old_value(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        row = database.reader(cache)
        assert await row() == "old"
        async with database.session() as session:
            await database.do(row.invalidate_on_commit, session)
            await database.write(session, "new")
            assert await row() == "old"
            await database.do(session.commit)
            assert await row() == "new"
        assert await row() == "new"
        assert database.loads == 2

    run(body)


def test_a_reader_paused_between_load_and_store_leaves_nothing_stale(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        row = database.reader(cache)
        database.held = True
        reader = database.stage.begin(row)
        await database.stage.passed(database.read)
        database.held = False
        async with database.session() as session:
            await database.write(session, "new")
            await database.on_commit(cache, session, tags=["rows"])
            await database.on_commit(cache, session, "row")
            await database.do(session.commit)
        assert await row() == "new"
        database.go.set()
        assert await reader.result() == "old"
        assert await row() == "new"
        assert database.loads == 2

    run(body)


@pytest.mark.parametrize("how", ["rollback", "close"])
def test_what_is_undone_invalidates_nothing(run: Run, how: str) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            await database.on_commit(cache, session, "a")
            await database.write(session, "new")
            await database.on_commit(cache, session, "b")
            await database.do(getattr(session, how))
            assert await left(cache) == "abc"
            await database.do(session.commit)
        assert await left(cache) == "abc"
        assert await database.value() == "old"

    run(body)


def test_a_session_commits_again_and_again(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            for key, rest in (("a", "bc"), ("b", "c"), (None, "c"), ("c", "")):
                if key is not None:
                    await database.on_commit(cache, session, key)
                await database.write(session, f"{key} written")
                await database.do(session.commit)
                assert await left(cache) == rest
        assert cache.stats()["invalidations"] == 3

    run(body)


def test_a_savepoint_that_is_rolled_back_drops_only_its_own(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            await database.write(session, "new")
            await database.on_commit(cache, session, "a")
            savepoint = await database.do(session.begin_nested)
            await database.write(session, "newer")
            await database.on_commit(cache, session, "b")
            await database.do(savepoint.rollback)
            await database.on_commit(cache, session, "c")
            await database.do(session.commit)
        assert await left(cache) == "b"
        assert await database.value() == "new"

    run(body)


def test_a_savepoint_before_the_first_key_drops_its_own_too(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            outer = await database.do(session.begin_nested)
            await database.on_commit(cache, session, "a")
            inner = await database.do(session.begin_nested)
            await database.on_commit(cache, session, "b")
            await database.do(inner.commit)
            assert await left(cache) == "abc"
            await database.do(outer.rollback)
            await database.on_commit(cache, session, "c")
            await database.do(session.commit)
        assert await left(cache) == "ab"

    run(body)


def test_what_a_released_savepoint_queued_shares_the_fate_of_the_transaction(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        for end, rest in (("rollback", "abc"), ("commit", "c")):
            async with database.session() as session:
                await database.on_commit(cache, session, "a")
                savepoint = await database.do(session.begin_nested)
                await database.write(session, "new")
                await database.on_commit(cache, session, "b")
                await database.do(savepoint.commit)
                assert await left(cache) == "abc"
                await database.do(getattr(session, end))
            assert await left(cache) == rest

    run(body)


def test_a_savepoint_that_is_still_open_is_committed_with_the_rest(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            await database.on_commit(cache, session, "a")
            await database.do(session.begin_nested)
            await database.on_commit(cache, session, "b")
            await database.do(session.commit)
        assert await left(cache) == "c"

    run(body)


def test_what_is_queued_while_the_session_is_flushed_for_the_commit_counts(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            sync = session.sync_session if database.asynchronous else session
            event.listen(sync, "before_commit", lambda given: cache.on_commit(given, keys=["a"]))
            event.listen(sync, "after_commit", lambda given: cache.on_commit(given, keys=["b"]))
            await database.write(session, "new")
            await database.do(session.commit)
        assert await left(cache) == "c"

    run(body)


@pytest.mark.parametrize(("end", "rest"), [("commit", "bc"), ("rollback", "abc")])
def test_a_flush_ends_nothing(run: Run, end: str, rest: str) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            session.add(Row(value="another"))
            await database.on_commit(cache, session, "a")
            await database.do(session.flush)
            assert await left(cache) == "abc"
            await database.do(getattr(session, end))
        assert await left(cache) == rest

    run(body)


def test_two_caches_on_one_session_are_invalidated_both(run: Run, namespace: str) -> None:
    async def body(database: Database, cache: Cache) -> None:
        inner = cache.namespace("inner")
        await inner.set("a", 1)
        async with database.session() as session:
            await database.on_commit(cache, session, "b")
            await database.on_commit(inner, session, "a")
            await database.do(session.commit)
        assert (await left(cache), await inner.exists("a")) == ("ac", False)

    run(body)


# -- commits that fail


def test_a_statement_that_fails_invalidates_nothing(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            await database.on_commit(cache, session, "a")
            with pytest.raises(IntegrityError):
                await database.do(session.execute, text("INSERT INTO rows VALUES ('old')"))
            await database.do(session.rollback)
            await database.on_commit(cache, session, "b")
            await database.do(session.commit)
        assert await left(cache) == "ac"

    run(body)


def test_a_commit_that_may_have_happened_counts_as_committed(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        @event.listens_for(database.sync_engine, "commit")
        def _(connection: Any) -> None:
            event.remove(database.sync_engine, "commit", _)
            connection.connection.dbapi_connection.commit()
            raise OperationalError("COMMIT", {}, ConnectionError("the answer was lost"))

        async with database.session() as session:
            await database.write(session, "new")
            await database.on_commit(cache, session, "a")
            with pytest.raises(OperationalError):
                await database.do(session.commit)
        assert await database.value() == "new"
        assert await left(cache) == "bc"

    run(body)


@pytest.fixture
def own_server(valkey_server: Server) -> Any:
    with Server(valkey_server.binary) as server:
        yield server


def test_a_store_that_is_down_is_told_to_who_commits_and_the_transaction_stays(run: Run, own_server: Server) -> None:
    async def body(database: Database, cache: Cache) -> None:
        down = database.stage.open(own_server.url, timeout=0.1)
        await down.connect(within=20)
        own_server.kill()
        async with database.session() as session:
            await database.write(session, "new")
            await database.on_commit(down, session, "a", tags=["red"])
            await database.on_commit(cache, session, "a", tags=["red"])
            with pytest.raises(InvalidationUncertain):
                await database.do(session.commit)
            assert await left(cache) == "bc"
            assert await database.value() == "new"
            await database.write(session, "newer")
            await database.on_commit(cache, session, "b")
            await database.do(session.commit)
        assert await database.value() == "newer"
        assert await left(cache) == "c"

    run(body)


# -- what may be given, and what stays behind


def test_a_session_that_is_never_committed_leaves_nothing_behind(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        session = AsyncSession(database.engine) if database.asynchronous else Session(database.engine)
        await database.on_commit(cache, session, "a")
        gone = weakref.ref(session)
        del session
        gc.collect()
        assert gone() is None

    run(body)


def test_a_session_whose_transaction_has_ended_has_nothing_of_it(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            for end in (session.commit, session.rollback):
                await database.on_commit(cache, session, "a")
                savepoint = await database.do(session.begin_nested)
                await database.do(savepoint.rollback)
                await database.do(end)
                assert session.info == {}

    run(body)


def test_bad_keys_are_refused_when_they_are_queued(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        async with database.session() as session:
            for bad in ("", 5):
                with pytest.raises(InvalidArgument):
                    await database.on_commit(cache, session, "a", bad)  # type: ignore[arg-type]
            await database.do(session.commit)
        assert await left(cache) == "abc"

    run(body)


def test_scoped_sessions_are_taken_for_the_session_behind_them(run: Run) -> None:
    async def body(database: Database, cache: Cache) -> None:
        session: Any
        if database.asynchronous:
            session = async_scoped_session(async_sessionmaker(database.engine), scopefunc=asyncio.current_task)
        else:
            session = scoped_session(sessionmaker(database.engine), scopefunc=lambda: None)
        await database.on_commit(cache, session, "a")
        await database.do(session.commit)
        assert await left(cache) == "bc"
        await database.do(session.remove)

    run(body)
