"""Invalidation: by key, by tag, by prefix (R5). It either happened when the call returns, or it raises.

Whatever is at a key is removed, leases included, so that a load under way is refused when it comes to store its value.
This process's own flights are let go before and after: before, so that nobody joins a load that began too early; after,
for one that began while the server was being told.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from unicache._core.core import Core
from unicache._core.names import Keyspace
from unicache.errors import CacheClosed, CacheError, InvalidationUncertain

__all__ = ["Invalidation"]


class Invalidation:
    """The invalidating calls of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._names = names

    async def keys(self, keys: Iterable[str]) -> None:
        """Remove the keys."""
        names = list(self._names.entries(keys).values())
        self._core.flights.detach(names)
        await self._loudly(lambda: self._core.store.drop(names))
        self._core.flights.detach(names)
        self._note(len(names))

    async def tags(self, tags: Iterable[str]) -> None:
        """Remove the tags' versions: every entry that carries one of them is invalid from then on (R9)."""
        names = [*self._names.tags(tags).values(), self._names.epoch]
        self._core.flights.detach_all(self._names.entry_prefix)  # which of them carry the tag is not known here
        await self._loudly(lambda: self._core.store.drop(names))
        self._core.flights.detach_all(self._names.entry_prefix)
        self._note(len(names) - 1)

    async def prefix(self, prefix: str = "") -> None:
        """Remove every key that starts with ``prefix``; empty for the whole namespace."""
        start = self._names.entry_prefix + prefix.encode()
        self._core.flights.detach_all(start)
        await self._loudly(lambda: self._drop_all(start))
        self._core.flights.detach_all(start)
        self._note(1)

    async def _drop_all(self, start: bytes) -> None:
        async for names in self._core.store.scan(start):
            await self._core.store.drop(names)

    async def _loudly(self, drop: Callable[[], Awaitable[Any]]) -> None:
        try:
            await drop()
        except CacheClosed:
            raise
        except CacheError as error:
            raise InvalidationUncertain(f"the invalidation may not have happened: {error}", ambiguous=True) from error

    def _note(self, number: int) -> None:
        self._core.counts.invalidations += number
        self._core.events.tell("invalidate", key=None)
