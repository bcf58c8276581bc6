"""Invalidation: by key, by tag, by prefix (R5). It either happened when the call returns, or it raises.

Whatever is at a key is removed, leases included, so that a load under way is refused when it comes to store its value.
This process's own flights are let go before and after: before, so that nobody joins a load that began too early; after,
for one that began while the server was being told.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import msgspec

from unicache._core.core import Core
from unicache._core.invalidation.missed import drop_all
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Record
from unicache._core.stores.store import KEEP_TTL, Outcome, Rule, Write
from unicache._core.tools.tokens import new_cas
from unicache.errors import (
    CacheClosed,
    CacheError,
    InvalidArgument,
    InvalidationUncertain,
    NotReplicated,
    ValueFormatError,
)

__all__ = ["Invalidation"]

T = TypeVar("T")


class Invalidation:
    """The invalidating calls of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._names = names

    async def keys(self, keys: Iterable[str]) -> None:
        """Remove the keys."""
        names = list(self._names.entries(keys).values())
        self._core.flights.detach(names)
        await self.loudly(lambda: self._core.replicated.drop(names), names)
        self._core.flights.detach(names)
        self._note(len(names))

    async def tags(self, tags: Iterable[str]) -> None:
        """Remove the tags' versions: every entry that carries one of them is invalid from then on (R9)."""
        names = [*self._names.tags(tags).values(), self._names.epoch]
        self._core.flights.detach_all(self._names.entry_prefix)  # which of them carry the tag is not known here
        await self.loudly(lambda: self._core.replicated.drop(names), names)
        self._core.flights.detach_all(self._names.entry_prefix)
        self._note(len(names) - 1)

    async def everything(self) -> None:
        """Remove every key of the namespace."""
        await self._starting(self._names.starting(""))

    async def prefix(self, prefix: str) -> None:
        """Remove every key that starts with ``prefix``, which is not empty."""
        if prefix == "":
            raise InvalidArgument("prefix must not be empty; clear removes everything", argument="prefix")
        await self._starting(self._names.starting(prefix))

    async def _starting(self, start: bytes) -> None:
        self._core.flights.detach_all(start)
        await self.loudly(lambda: self._drop_all(start), prefixes=[start])
        self._core.flights.detach_all(start)
        self._note(1)

    async def _drop_all(self, start: bytes) -> None:
        """Replicas are asked once, at the end, about a name that need not be there: they follow in order."""
        await drop_all(self._core.store, start)
        if self._core.replicated is not self._core.store:
            await self._core.replicated.drop([start])

    async def expire(self, key: str) -> bool:
        """Keep the value, but as stale, and let no load that is under way renew it; whether there was one."""
        name = self._names.entry(key)
        self._core.flights.detach([name])
        kept = await self.loudly(lambda: self._outdate(name), [name])
        self._core.flights.detach([name])
        self._note(1)
        return kept

    async def _outdate(self, name: bytes) -> bool:
        """Write the record again with a soft expiry that is over. Its new CAS refuses loads over the old one."""
        store = self._core.replicated
        while isinstance(held := await self._readable(name), Record):
            over = self._core.io.wall() - 0.001  # times are kept in whole milliseconds
            record = msgspec.structs.replace(held, soft=over, cas=new_cas())
            outcome = await store.write(Write(name, record, KEEP_TTL, Rule.SAME_CAS, held.cas))
            if outcome is Outcome.DONE:
                return True
            if outcome is Outcome.LOCKED:
                break
        if held is not None:  # a lease, whose load began too early, or what cannot be read, or is locked
            await store.drop([name])
        return False

    async def _readable(self, name: bytes) -> object:
        try:
            return await self._core.store.read(name)
        except ValueFormatError as error:
            return error

    async def loudly(
        self, change: Callable[[], Awaitable[T]], names: Iterable[bytes] = (), prefixes: Iterable[bytes] = ()
    ) -> T:
        """Make the change, or raise. ``names`` and ``prefixes`` are what is to be removed later if it fails."""
        try:
            return await change()
        except CacheClosed:
            raise
        except NotReplicated as error:
            raise InvalidationUncertain(f"a failover may undo the invalidation: {error}", ambiguous=True) from error
        except CacheError as error:
            later = "; it will be repeated" if self._core.missed.add(names, prefixes) else ""
            raise InvalidationUncertain(
                f"the invalidation may not have happened{later}: {error}", ambiguous=True
            ) from error

    def _note(self, number: int) -> None:
        self._core.counts.invalidations += number
        self._core.events.tell("invalidate", key=None)
