"""Locks on documents: who has one may write, and nobody else, until it is given back or its time is up.

The lock stands in the store, around the record, so it holds for every process; its time is the store's. What a lock
refuses is decided in ``rules``.
"""

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from unicache._core.core import Core
from unicache._core.durations import seconds
from unicache._core.names import Keyspace
from unicache._core.options import check_cas, done
from unicache._core.record import Record
from unicache._core.store import Given
from unicache._core.tokens import new_cas
from unicache._core.verdicts import Verdicts
from unicache.errors import CacheError, InvalidArgument, KeyNotFound, KeyNotLocked
from unicache.typing import Duration, Entry

__all__ = ["Hold", "Locks"]


class Locks:
    """The locks of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self.io = core.io
        self._store = core.store
        self._values = core.values
        self._names = names
        self._verdicts = Verdicts(core, names)

    async def get_and_lock(self, key: str, ttl: Duration, wanted: Any = None) -> Entry[Any]:
        """The value under a lock, whose CAS is the entry's; KeyNotFound, KeyLocked."""
        name, time, lock = self._names.entry(key), seconds(ttl, "ttl"), new_cas()

        def act(old: Record | None) -> Awaitable[Given]:
            return self._store.lock(name, time, lock, None if old is None else old.cas)

        found = await self._verdicts.given(name, act, key)
        try:
            return self._values.entry(name, found._replace(locked=True), wanted, cas=lock)
        except CacheError:  # who cannot read it will not write it either
            await self._store.unlock(name, lock)
            raise

    async def unlock(self, key: str, cas: int) -> None:
        """Give the lock back, or KeyNotLocked; KeyNotFound."""
        name = self._names.entry(key)
        if cas is None:
            raise InvalidArgument("cas must be the one that get_and_lock gave", argument="cas")
        check_cas(cas)
        done(await self._store.unlock(name, cas), key)


class Hold:
    """A document under a lock for the length of a block; its ``Entry`` is what the block is given.

    The block may write with the entry's CAS, which releases the lock, and may outlive it: then a write by that CAS
    fails if anybody else wrote meanwhile.
    """

    def __init__(self, locks: Locks, key: str, ttl: Duration, wanted: Any) -> None:
        self._locks = locks
        self._key = key
        self._ttl = ttl
        self._wanted = wanted
        self._cas = 0

    async def _enter(self) -> Entry[Any]:
        entry = await self._locks.get_and_lock(self._key, self._ttl, self._wanted)
        self._cas = entry.cas
        return entry

    async def _leave(self, *, failed: bool) -> None:
        """Give the lock back. After an error in the block nothing else is raised: the lock ends by itself."""
        if failed:
            await self._locks.io.shield(self._let_go)
        else:
            await self._release()

    async def _let_go(self) -> None:
        with suppress(CacheError):
            await self._release()

    async def _release(self) -> None:
        with suppress(KeyNotLocked, KeyNotFound):  # a write has released it, or its time was up
            await self._locks.unlock(self._key, self._cas)
