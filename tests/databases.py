"""A database in a file, by SQLAlchemy, for the flavours that its sessions can be used in.

A body awaits what it does to a session by ``do``: under asyncio the session is an ``AsyncSession``, under Twisted it is
used on threads. What must not live here: what is asserted.
"""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twisted.internet.threads import deferToThread

from caches import Cache, Stage
from flavours import FLAVOURS

__all__ = ["WITH_SESSIONS", "Database", "Row"]

WITH_SESSIONS = [flavour for flavour in FLAVOURS if flavour.name != "trio"]
"""SQLAlchemy does not know trio."""


class _Base(DeclarativeBase): ...


class Row(_Base):
    """What there is one of, to begin with."""

    __tablename__ = "rows"

    value: Mapped[str] = mapped_column(primary_key=True)


class Database:
    """One row in a table, and a cached function that reads it."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self.stage = stage
        self.path = path
        self.asynchronous = stage.flavour.name in ("asyncio", "uvloop")
        driver = "sqlite+aiosqlite" if self.asynchronous else "sqlite"
        make: Callable[..., Any] = create_async_engine if self.asynchronous else create_engine
        self.engine = make(URL.create(driver, database=str(path)), connect_args={"check_same_thread": False})
        self.sync_engine = self.engine.sync_engine if self.asynchronous else self.engine
        _begin_properly(self.sync_engine)
        self.loads = 0
        self.read, self.go = stage.event(), stage.event()
        self.held = False

    async def __aenter__(self) -> "Database":
        async with self.session() as session:
            await self.do(session.execute, text("CREATE TABLE rows (value TEXT UNIQUE)"))
            await self.do(session.execute, text("INSERT INTO rows VALUES ('old')"))
            await self.do(session.commit)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.do(self.engine.dispose)

    async def do(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call something of a session, or with one, as the flavour does."""
        if self.stage.flavour.name == "twisted":
            return await deferToThread(call, *args, **kwargs)
        result = call(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    def session(self) -> "Opened":
        """A new session, for ``async with``, which closes it."""
        return Opened(self, AsyncSession(self.engine) if self.asynchronous else Session(self.engine))

    async def write(self, session: Any, value: str) -> None:
        await self.do(session.execute, text("UPDATE rows SET value = :value"), {"value": value})

    async def on_commit(self, cache: Cache, session: Any, *keys: str, tags: Any = ()) -> None:
        await self.do(partial(cache.on_commit, session, keys=keys, tags=tags))

    async def value(self) -> str:
        """What is committed."""
        async with self.session() as session:
            found: str = (await self.do(session.execute, text("SELECT value FROM rows"))).scalar()
            return found

    def reader(self, cache: Cache) -> Any:
        """A cached function that reads the row; while ``held``, it waits for ``go`` with what it has read."""

        @cache.cached(key="row", tags=["rows"], ttl=60)
        async def row() -> str:
            self.loads += 1
            value = await self.value()
            if self.held:
                self.read.set()
                await self.stage.passed(self.go)
            return value

        return row


class Opened:
    """A session that is closed as the flavour does it."""

    def __init__(self, database: Database, session: Any) -> None:
        self._database = database
        self._session = session

    async def __aenter__(self) -> Any:
        return self._session

    async def __aexit__(self, *_: object) -> None:
        await self._database.do(self._session.close)


def _begin_properly(engine: Any) -> None:
    """The driver begins transactions too late for savepoints: SQLAlchemy's documents say to begin them oneself."""

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")
