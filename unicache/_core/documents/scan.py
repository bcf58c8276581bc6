"""Going through the documents of a namespace, a batch at a time, as far as the caller wants.

The store gives names, some of them twice; here each is given once, and only where a document call would find one:
leases, remembered failures, records with an invalidated tag and what other applications put there are left out. To tell
that, and which tags it carries, a record has to be read. What must not live here: how a store finds names.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from unicache._core.core import Core
from unicache._core.documents.options import check_type
from unicache._core.documents.verdicts import Verdicts
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Record
from unicache._core.stores.store import Found
from unicache.errors import InvalidArgument
from unicache.typing import Entry

__all__ = ["EntryScan", "KeyScan", "Pass", "Scan"]

T = TypeVar("T")

LARGEST_BATCH = 10_000


class Pass(Protocol[T]):
    """What a flavour's handle needs of a scan."""

    async def next(self) -> T: ...

    async def batch(self) -> list[T]: ...

    async def all(self) -> list[T]: ...


class Scan(ABC, Generic[T]):
    """One pass. It costs nothing while nobody asks, and may be left anywhere.

    Raises InvalidArgument for a prefix or tag that none can be, and for a batch that is no int from 1 to 10,000.
    """

    def __init__(self, core: Core, names: Keyspace, *, prefix: str, tag: str | None, batch: int) -> None:
        if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= LARGEST_BATCH:
            raise InvalidArgument(f"batch must be an int from 1 to {LARGEST_BATCH}", argument="batch")
        if tag is not None:
            names.tag(tag, "tag")
        self._core = core
        self._names = names
        self._tag = tag
        self._verdicts = Verdicts(core, names)
        self._pages: AsyncIterator[list[bytes]] = core.store.scan(names.starting(prefix), batch)
        self._page: list[bytes] | None = None
        self._seen: set[bytes] = set()
        self._ready: deque[T] = deque()

    async def batch(self) -> list[T]:
        """The next, as many as were found together; none at the end."""
        while not self._ready and await self._turned():
            await self._look()
        ready = list(self._ready)
        self._ready.clear()
        return ready

    async def next(self) -> T:
        """The next one. Raises StopAsyncIteration at the end."""
        while not self._ready:
            if not await self._turned():
                raise StopAsyncIteration
            await self._look()
        return self._ready.popleft()

    async def all(self) -> list[T]:
        """All that are left."""
        found: list[T] = []
        while batch := await self.batch():
            found += batch
        return found

    async def _turned(self) -> bool:
        """Have a page of names, unless all were seen. One that could not be looked through is looked through again."""
        if self._page is None:
            self._page = await anext(self._pages, None)
        return self._page is not None

    async def _look(self) -> None:
        """Make what the page says ready, and be done with it."""
        names = {key: name for name in self._page or () if (key := self._key(name)) is not None}
        found = await self._found(names) if names else []
        self._seen.update(names.values())
        self._page = None
        self._ready.extend(found)

    def _key(self, name: bytes) -> str | None:
        """The key that a new name gives, if one gives it."""
        if name not in self._seen:
            with suppress(InvalidArgument):  # another application's
                return self._names.key_of(name)
        return None

    def _wanted(self, record: Record | None) -> bool:
        """Whether it is to be found, and carries the tag."""
        return record is not None and (self._tag is None or any(tag.tag == self._tag for tag in record.tags))

    @abstractmethod
    async def _found(self, names: Mapping[str, bytes]) -> list[T]:
        """What is to be given for those of the names that hold a document."""


class KeyScan(Scan[str]):
    """Keys."""

    async def _found(self, names: Mapping[str, bytes]) -> list[str]:
        held = await self._core.store.read_many(list(names.values()))
        records = await self._verdicts.found_many(held)
        return [key for key, record in zip(names, records, strict=True) if self._wanted(record)]


class EntryScan(Scan[Entry[Any]]):
    """Entries, whose values must be a ``wanted`` if that is not None. Raises InvalidArgument when that is no type."""

    def __init__(self, core: Core, names: Keyspace, *, prefix: str, tag: str | None, batch: int, wanted: Any) -> None:
        super().__init__(core, names, prefix=prefix, tag=tag, batch=batch)
        check_type(wanted)
        self._type = wanted

    async def _found(self, names: Mapping[str, bytes]) -> list[Entry[Any]]:
        found = await self._core.store.find_many(list(names.values()))
        records = await self._verdicts.found_many([each.record if isinstance(each, Found) else None for each in found])
        return [
            self._core.values.entry(name, each, self._type)
            for name, each, record in zip(names.values(), found, records, strict=True)
            if isinstance(each, Found) and self._wanted(record)
        ]
