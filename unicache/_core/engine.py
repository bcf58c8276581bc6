"""One cache, put together: the parts of the engine for one namespace. What they do stands in the parts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from unicache._core.core import Core
from unicache._core.documents.changing import Changes
from unicache._core.documents.counting import Counters
from unicache._core.documents.locking import Locks
from unicache._core.documents.many import ManyDocuments
from unicache._core.documents.options import Life, check_type, life_of
from unicache._core.documents.options import Ttl as DocumentTtl
from unicache._core.documents.partial import PartialDocuments
from unicache._core.documents.single import Documents
from unicache._core.documents.structures import Structure
from unicache._core.invalidation.calls import Invalidation
from unicache._core.invalidation.tags import Tags
from unicache._core.io import Io
from unicache._core.keys.names import Keyspace
from unicache._core.loads.bulk import Bulk
from unicache._core.loads.bulk_leading import BulkLeader
from unicache._core.loads.load import Loads
from unicache._core.loads.making import Maker
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import Serving
from unicache._core.loads.terms import Ttl, terms_of
from unicache._core.setup.node import NodeOptions
from unicache._core.setup.settings import Settings
from unicache._core.setup.url import Memory, configuration
from unicache._core.tools.durations import optional_seconds
from unicache.errors import ConfigurationError, InvalidArgument, OperationTimeout, StoreUnavailable
from unicache.typing import Duration, LoadOptions

__all__ = ["Engine", "engine_for"]

S = TypeVar("S", bound=Structure)


class Engine:
    """The calls of one namespace, by kind."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self.core = core
        self.names = names
        self.tags = Tags(core.store, names)
        self.changes = Changes(core, names)
        self.documents = Documents(core, names, self.changes)
        self.partial = PartialDocuments(core, names, self.changes)
        self.locks = Locks(core, names)
        self.counters = Counters(core, names, self.changes)
        self.many = ManyDocuments(core, names, self.documents)
        self.serving, maker = Serving(core, names), Maker(core, names)
        self.loads = Loads(core, names, self.serving, maker)
        self.bulk = Bulk(core, names, self.loads, self.serving, BulkLeader(core, names, self.serving, maker))
        self.invalidation = Invalidation(core, names)

    async def connect(self, within: Duration | None) -> None:
        """Have a working connection; for so long try again. How soon is up to the links' back-off."""
        io = self.core.io
        give_up = io.now() + (optional_seconds(within, "within") or 0.0)
        while True:
            try:
                return await self.core.store.connect()
            except (StoreUnavailable, OperationTimeout):
                if io.now() >= give_up:
                    raise

    def structure(self, kind: Callable[[Documents, Changes, str, Life], S], key: str, ttl: DocumentTtl) -> S:
        """A structure over the document ``key``, which lives for ``ttl`` when a change makes it."""
        self.names.entry(key)
        return kind(self.documents, self.changes, key, life_of(ttl, self.core.settings.ttl))

    async def get_or_set(
        self,
        key: str,
        loader: Callable[[], Any],
        *,
        ttl: Ttl,
        tags: Iterable[str],
        wanted: Any,
        options: LoadOptions,
    ) -> Any:
        """Load through one key."""
        if not callable(loader):
            raise InvalidArgument("loader must be a callable without arguments", argument="loader", key=key)
        check_type(wanted)
        name, terms = self.names.entry(key), terms_of(self.core.settings, ttl, options)
        return (await self.loads.through(Plan(key, name, loader, terms, self.names.carried(tags), wanted))).value

    async def get_or_set_many(
        self, keys: Iterable[str], loader: Callable[[list[str]], Any], *, ttl: Ttl, tags: Iterable[str]
    ) -> dict[str, Any]:
        """Load through many keys."""
        if not callable(loader):
            raise InvalidArgument("loader must be a callable that takes a list of keys", argument="loader")
        terms, marks = terms_of(self.core.settings, ttl, {}), self.names.carried(tags)
        plans = {key: Plan(key, name, loader, terms, marks) for key, name in self.names.entries(keys).items()}
        return await self.bulk.through(plans, loader)

    def view(self, name: str) -> "Engine":
        """The same cache in the namespace ``name`` of this one."""
        return Engine(self.core, self.names.view(name))


def engine_for(io: Io, url: str, namespace: str, options: Mapping[str, Any]) -> Engine:
    """The engine that a URL and options describe. Opens nothing. Raises ConfigurationError."""
    found = configuration(url, options)
    try:
        names = Keyspace(namespace)
    except InvalidArgument as error:
        raise ConfigurationError(str(error)) from None
    return Engine(_core(io, found.store, found.settings), names)


def _core(io: Io, where: Memory | NodeOptions, settings: Settings) -> Core:
    """A store is imported with the first cache that is made of it: no process pays for those that it does not use."""
    if isinstance(where, Memory):
        from unicache._core.stores.memory import MemoryStore

        return Core(io, MemoryStore(io.now, max_entries=where.max_entries, max_bytes=where.max_bytes), settings)
    from unicache._core.wired import wired

    return wired(io, where, settings)
