"""``lookup_in`` and ``mutate_in``: parts of one document, read as one and changed as one.

The server keeps documents as bytes, and is never asked to take them apart. So a part costs what its document costs, and
comes back as it was written, whatever its type. What the specs mean is decided in ``parts``.
"""

from collections.abc import Iterable
from typing import Any

from unicache._core.core import Core
from unicache._core.documents.changing import Changes, Existing
from unicache._core.documents.options import Ttl, check_cas, kept_unless, life_of, not_found
from unicache._core.documents.parts import applied, checked_specs, found
from unicache._core.documents.verdicts import Verdicts
from unicache._core.keys.names import Keyspace
from unicache._core.stores.looking import look_at
from unicache.errors import CacheError, InvalidArgument
from unicache.subdocument import LookupResult, LookupSpec, MutateResult, MutateSpec

__all__ = ["PartialDocuments"]

_EXISTING = ("replace", "set", "insert")


class PartialDocuments:
    """The calls on parts of one namespace's documents."""

    def __init__(self, core: Core, names: Keyspace, changes: Changes) -> None:
        self._reader = core.reader
        self._ttl = core.settings.ttl
        self._names = names
        self._values = core.values
        self._verdicts = Verdicts(core, names)
        self._changes = changes

    async def lookup_in(self, key: str, specs: Iterable[LookupSpec]) -> LookupResult:
        """Read all parts from one state of the document, or KeyNotFound."""
        name, wanted = self._names.entry(key), checked_specs(specs, LookupSpec)
        record = await self._verdicts.found(await look_at(self._reader, name))
        if record is None:
            raise not_found(key)
        return LookupResult(key, record.cas, wanted, found(self._values.value(name, record), wanted, key))

    async def mutate_in(
        self, key: str, specs: Iterable[MutateSpec], *, store: Existing, ttl: Ttl, cas: int | None, retries: int
    ) -> MutateResult:
        """Make all changes or none."""
        changes = checked_specs(specs, MutateSpec)
        check_cas(cas)
        if store not in _EXISTING:
            raise InvalidArgument("store must be 'replace', 'set' or 'insert'", argument="store")
        if store == "insert" and cas is not None:
            raise InvalidArgument("a document that must not be there has no cas", argument="cas")

        async def change(old: Any) -> tuple[Any, Any]:
            try:
                return applied(old, changes)
            except CacheError as error:
                error.key = key
                raise

        made = await self._changes.make(
            key,
            change,
            retries=retries,
            life=kept_unless(ttl),
            born=life_of(ttl, self._ttl),
            store=store,
            cas=cas,
        )
        return MutateResult(key, made.cas, tuple(made.result))
