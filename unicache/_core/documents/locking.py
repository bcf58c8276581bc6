"""Locks on documents: who has one may write, and nobody else, until it is given back or its time is up.

The lock stands in the store, around the record, so it holds for every process; its time is the store's. What a lock
refuses is decided in ``rules``. Where replicas have to confirm changes, a lock is one. Giving it back is none: if that
is lost with the primary, the lock ends by its time.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec.structs import replace

from unicache._core.core import Core
from unicache._core.documents.options import check_cas, check_type, done
from unicache._core.documents.verdicts import Verdicts
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Record
from unicache._core.stores.store import Given
from unicache._core.tools.durations import seconds
from unicache._core.tools.tokens import new_cas
from unicache.errors import CacheError, InvalidArgument, KeyNotFound, KeyNotLocked, NotReplicated
from unicache.typing import Duration, Entry

__all__ = ["Hold", "Locks"]

Entering = Callable[[], Awaitable[Entry[Any]]]
Leaving = Callable[[int, bool], Awaitable[None]]


class Locks:
    """The locks of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._names = names
        self._verdicts = Verdicts(core, names)

    async def get_and_lock(self, key: str, ttl: Duration, wanted: Any = None) -> Entry[Any]:
        """The value under a lock, whose CAS is the entry's; KeyNotFound, KeyLocked."""
        name, time, lock = self._names.entry(key), seconds(ttl, "ttl"), new_cas()
        check_type(wanted)

        async def act(old: Record | None) -> Given:
            try:
                return await self._core.replicated.lock(name, time, lock, None if old is None else old.cas)
            except NotReplicated:
                await self._store.unlock(name, lock)
                raise

        found = await self._verdicts.given(name, act, key)
        try:
            return self._values.entry(name, replace(found, locked=True), wanted, cas=lock)
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

    def block(self, key: str, ttl: Duration, wanted: Any) -> tuple[Entering, Leaving]:
        """What a block does at its beginning, and, given the lock's CAS and whether it failed, at its end."""
        return partial(self.get_and_lock, key, ttl, wanted), partial(self._leave, key)

    async def _leave(self, key: str, cas: int, failed: bool) -> None:
        """Give the lock back. After an error in the block nothing else is raised: the lock ends by itself."""
        if failed:
            await self._io.shield(partial(self._let_go, key, cas))
        else:
            await self._release(key, cas)

    async def _let_go(self, key: str, cas: int) -> None:
        with suppress(CacheError):
            await self._release(key, cas)

    async def _release(self, key: str, cas: int) -> None:
        with suppress(KeyNotLocked, KeyNotFound):  # a write has released it, or its time was up
            await self.unlock(key, cas)


class Hold:
    """A document under a lock for the length of a block; its ``Entry`` is what the block is given.

    The block may write with the entry's CAS, which releases the lock. It may outlast the lock; then a write with that
    CAS fails if anybody else wrote meanwhile.
    """

    def __init__(self, enter: Entering, leave: Leaving) -> None:
        self.__enter = enter
        self.__leave = leave
        self.__cas = 0

    async def _enter(self) -> Entry[Any]:
        entry = await self.__enter()
        self.__cas = entry.cas
        return entry

    async def _leave(self, *, failed: bool) -> None:
        await self.__leave(self.__cas, failed)
