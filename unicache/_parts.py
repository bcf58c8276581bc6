"""The synchronous facade, gevent's too: parts of documents, structures, scans. What they do is the engine's."""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar, overload

from unicache._core.documents.scan import EntryScan, KeyScan
from unicache._core.documents.structures import List, Map, Queue, Set
from unicache._core.facade import Facade
from unicache._core.run import run
from unicache._scan import Scan
from unicache._structures import ListDocument, MapDocument, QueueDocument, SetDocument
from unicache.subdocument import LookupResult, LookupSpec, MutateResult, MutateSpec
from unicache.typing import DEFAULT, Default, Duration, Entry

__all__ = ["PartCalls"]

T = TypeVar("T")


class PartCalls(Facade):
    """The calls on parts of documents, and on all documents of a namespace."""

    def lookup_in(self, key: str, specs: Iterable[LookupSpec]) -> LookupResult:
        """Read parts of a document, all from one state of it: ``[sd.get("a.b[0]"), sd.count("c")]``.

        ``specs`` are made by ``get``, ``exists`` and ``count`` of ``unicache.subdocument``; the result has an entry for
        each, and raises what kept a part from being read when that part is asked for. Raises KeyNotFound,
        InvalidArgument, ValueFormatError; StoreUnavailable, OperationTimeout.
        """
        return run(self._engine.partial.lookup_in(key, specs))

    def mutate_in(
        self,
        key: str,
        specs: Iterable[MutateSpec],
        *,
        store: Literal["replace", "set", "insert"] = "replace",
        cas: int | None = None,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> MutateResult:
        """Change parts of a document, all of them or none: ``[sd.set("a.b", 1), sd.append("c", 2)]``.

        ``specs``    made by the functions of ``unicache.subdocument``; applied in order, each to what those before left
        ``store``    whether the document must be there (``"replace"``), may be (``"set"``) or must not (``"insert"``)
        ``cas``      change it only if it still has this CAS
        ``ttl``      how long it lives from now; the remaining time is kept when not given, the cache's own if it is new
        ``retries``  how often to begin again when somebody else wrote meanwhile

        Raises PathNotFound, PathExists, PathMismatch, NotANumber, CounterOverflow with the document untouched;
        KeyNotFound, KeyExists, KeyLocked; CasMismatch for another CAS, and when all tries were in vain; what ``set``
        raises.
        """
        return run(self._engine.partial.mutate_in(key, specs, store=store, cas=cas, ttl=ttl, retries=retries))

    def as_list(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> ListDocument:
        """A list over the document ``key``. Nothing is read or written yet.

        A document that is not there is an empty list; the first change makes it, to live for ``ttl``. Later ones keep
        the remaining time. Raises InvalidArgument.
        """
        return ListDocument(self._engine.structure(List, key, ttl))

    def as_map(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> MapDocument:
        """Values by name over the document ``key``, a dict; otherwise as ``as_list``."""
        return MapDocument(self._engine.structure(Map, key, ttl))

    def as_set(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> SetDocument:
        """A set over the document ``key``, a list; otherwise as ``as_list``."""
        return SetDocument(self._engine.structure(Set, key, ttl))

    def as_queue(self, key: str, *, ttl: Duration | Default | None = DEFAULT) -> QueueDocument:
        """A queue over the document ``key``, a list, first in first out; otherwise as ``as_list``."""
        return QueueDocument(self._engine.structure(Queue, key, ttl))

    def scan(self, prefix: str = "", *, tag: str | None = None, batch: int = 500) -> Scan[str]:
        """The keys of this namespace that begin with ``prefix``, as they are found. Nothing is asked before they are.

        ``tag``    only those that carry it
        ``batch``  about how many keys the server looks at in one step, 1 to 10,000

        The server's steps go through all keys it has, and documents that have the prefix are read, to leave out what
        ``get`` would not find. Raises InvalidArgument.
        """
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
        """The same documents as entries, whose values must be a ``type`` if that is given; otherwise as ``scan``.

        Asking for the next raises ValueFormatError, with the key, when a value cannot be read as asked.
        """
        scan = EntryScan(self._engine.core, self._engine.names, prefix=prefix, tag=tag, batch=batch, wanted=type)
        return Scan(scan)
