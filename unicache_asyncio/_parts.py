"""The asynchronous facade, asyncio and trio: parts of documents, structures, scans. What they do is the engine's."""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar, overload

import unicache._parts as calls
from unicache._core.documents.scan import EntryScan, KeyScan
from unicache._core.documents.structures import List, Map, Queue, Set
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.subdocument import LookupResult, LookupSpec, MutateResult, MutateSpec
from unicache.typing import DEFAULT, Default, Duration, Entry
from unicache_asyncio._scan import Scan
from unicache_asyncio._structures import ListDocument, MapDocument, QueueDocument, SetDocument

__all__ = ["PartCalls"]

T = TypeVar("T")


@documented_like(calls.PartCalls)
class PartCalls(Facade):
    __doc__ = calls.PartCalls.__doc__

    async def lookup_in(self, key: str, specs: Iterable[LookupSpec]) -> LookupResult:
        return await self._engine.partial.lookup_in(key, specs)

    async def mutate_in(
        self,
        key: str,
        specs: Iterable[MutateSpec],
        *,
        store: Literal["replace", "set", "insert"] = "replace",
        cas: int | None = None,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> MutateResult:
        return await self._engine.partial.mutate_in(key, specs, store=store, cas=cas, ttl=ttl, retries=retries)

    def as_list(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> ListDocument:
        return ListDocument(self._engine.structure(List, key, ttl))

    def as_map(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> MapDocument:
        return MapDocument(self._engine.structure(Map, key, ttl))

    def as_set(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> SetDocument:
        return SetDocument(self._engine.structure(Set, key, ttl))

    def as_queue(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> QueueDocument:
        return QueueDocument(self._engine.structure(Queue, key, ttl))

    def scan(self, prefix: str = "", *, tag: str | None = None, batch: int = 500) -> Scan[str]:
        return Scan(KeyScan(self._engine.core, self._engine.names, prefix=prefix, tag=tag, batch=batch))

    @overload
    def scan_entries(
        self, prefix: str = "", *, tag: str | None = None, batch: int = 500, type: type[T]
    ) -> Scan[Entry[T]]: ...
    @overload
    def scan_entries(
        self, prefix: str = "", *, tag: str | None = None, batch: int = 500, type: Any = None
    ) -> Scan[Entry[Any]]: ...
    def scan_entries(
        self, prefix: str = "", *, tag: str | None = None, batch: int = 500, type: Any = None
    ) -> Scan[Entry[Any]]:
        scan = EntryScan(self._engine.core, self._engine.names, prefix=prefix, tag=tag, batch=batch, wanted=type)
        return Scan(scan)
