"""SQLAlchemy sessions of an event loop, and the sessions that cannot wait for a cache."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

import unicache
import unicache_asyncio
import unicache_gevent
import unicache_twisted
from caches import Cache, Stage
from databases import WITH_SESSIONS, Database
from flavours import Flavour
from unicache.errors import ConfigurationError
from unicache.server import Server


async def left(cache: Cache) -> str:
    return "".join(await cache.get_many(list("abc")))


@pytest.fixture(params=[each for each in WITH_SESSIONS if each.name in ("asyncio", "uvloop")], ids=str)
def asynchronous(request: pytest.FixtureRequest) -> Flavour:
    chosen: Flavour = request.param
    return chosen


@asynccontextmanager
async def opened(flavour: Flavour, path: Path) -> AsyncIterator[tuple[Database, Cache]]:
    """Where only an event loop will do; the store is in the process."""
    stage = Stage(flavour, "memory://", "")
    stage._io = flavour.io()
    async with Database(stage, path / "rows.db") as database, stage.open() as cache:
        await cache.set_many(dict.fromkeys("abc", 1))
        yield database, cache


def test_the_plain_session_within_run_sync_will_do(asynchronous: Flavour, tmp_path: Path) -> None:
    async def body(_: Any) -> None:
        async with opened(asynchronous, tmp_path) as (database, cache), database.session() as session:
            await session.run_sync(lambda plain: cache.on_commit(plain, keys=["a"]))
            await session.run_sync(lambda plain: plain.commit())
            assert await left(cache) == "bc"

    asynchronous.run(body)


def test_begin_blocks_are_transactions_too(asynchronous: Flavour, tmp_path: Path) -> None:
    async def body(_: Any) -> None:
        async with opened(asynchronous, tmp_path) as (database, cache):
            async with database.session() as session, session.begin():
                cache.on_commit(session, keys=["a"])
            assert await left(cache) == "bc"
            with pytest.raises(LookupError):
                await failing(database, cache)
            assert await left(cache) == "bc"

    async def failing(database: Database, cache: Cache) -> None:
        async with database.session() as session, session.begin():
            cache.on_commit(session, keys=["b"])
            raise LookupError

    asynchronous.run(body)


def test_a_cancelled_commit_is_invalidated_all_the_same(
    asynchronous: Flavour, tmp_path: Path, valkey_server: Server
) -> None:
    async def body(_: Any) -> None:
        with Server(valkey_server.binary) as own_server:
            await cancelled(own_server)

    async def cancelled(own_server: Server) -> None:
        async with (
            unicache_asyncio.Cache(own_server.url, timeout=10) as cache,
            opened(asynchronous, tmp_path) as (database, _),
            database.session() as session,
        ):
            await cache.set("a", 1)
            await database.write(session, "new")
            cache.on_commit(session, keys=["a"])
            own_server.pause()
            commit = asyncio.ensure_future(session.commit())
            await database.stage.until(lambda: not session.info)  # the transaction has ended
            commit.cancel()
            own_server.resume()
            await asyncio.wait([commit])
            assert commit.cancelled()
            await database.stage.until(lambda: cache.stats()["invalidations"])
            assert await cache.exists("a") is False
            assert await database.value() == "new"

    asynchronous.run(body)


def test_a_session_that_cannot_wait_for_the_cache_is_refused() -> None:
    session, asynchronous = Session(create_engine("sqlite://")), AsyncSession()
    for refused, cache in (
        (asynchronous, unicache.Cache()),
        (asynchronous, unicache_gevent.Cache()),
        (asynchronous, unicache_twisted.Cache()),
        (asynchronous.sync_session, unicache.Cache()),
        (session, unicache_asyncio.Cache()),
    ):
        with pytest.raises(ConfigurationError, match="unicache_asyncio for AsyncSession"):
            cache.on_commit(refused, keys=["a"])
    assert session.info == asynchronous.info == {}


def test_caches_that_wait_in_different_ways_cannot_share_a_session() -> None:
    session = Session(create_engine("sqlite://"))
    unicache.Cache().on_commit(session, keys=["a"])
    unicache_gevent.Cache().on_commit(session, keys=["a"])
    with pytest.raises(ConfigurationError, match="unicache_twisted"):
        unicache_twisted.Cache().on_commit(session, keys=["a"])


def test_a_session_on_the_thread_of_the_reactor_is_refused() -> None:
    twisted = next(flavour for flavour in WITH_SESSIONS if flavour.name == "twisted")

    async def body(_: Any) -> None:
        with pytest.raises(ConfigurationError, match="deferToThread"):
            unicache_twisted.Cache().on_commit(Session(create_engine("sqlite://")), keys=["a"])

    twisted.run(body)
