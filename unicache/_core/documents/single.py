"""Documents: one call, one effect on one key. What counts as absent is decided in ``verdicts``."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from unicache._core.core import Core
from unicache._core.documents.changing import Changes
from unicache._core.documents.extending import check_data, extended
from unicache._core.documents.options import (
    Life,
    Ttl,
    check_cas,
    check_type,
    done,
    kept_unless,
    life_of,
    not_found,
    removal_of,
    ruled,
    tagged,
)
from unicache._core.documents.verdicts import Verdicts, is_value
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import ABSENT, Record
from unicache._core.stores.looking import look_at
from unicache._core.stores.rules import needs_judgement
from unicache._core.stores.store import KEEP_TTL, KeepTtl, Outcome, Rule, Write
from unicache._core.tools.durations import optional_seconds
from unicache._core.values import time_left
from unicache.errors import CacheError, InvalidArgument
from unicache.typing import Duration, Entry

__all__ = ["MISSING", "Documents"]

RETRIES = 100
"""Of an append: only as many rivals in other processes could be quicker each time."""

MISSING = object()
"""What ``peek`` gives when it cannot tell."""


class Documents:
    """The calls on one document of a namespace."""

    def __init__(self, core: Core, names: Keyspace, changes: Changes) -> None:
        self._io = core.io
        self._store = core.replicated
        self._reader = core.reader
        self._near = core.store.near
        self._peek = core.store.peek
        self._ttl = core.settings.ttl
        self._values = core.values
        self._names = names
        self._tags = Tags(core.store, names)
        self._verdicts = Verdicts(core, names)
        self._changes = changes

    # -- reading

    def peek(self, key: str, default: Any, wanted: Any = None) -> Any:
        """The value, or the default, if it can be had without waiting, else MISSING."""
        if not self._near:
            return MISSING
        name = self._names.entry(key)
        peek = self._peek
        found = peek(name)
        if found is ABSENT:
            check_type(wanted)
            return default
        if type(found) is Record and (not needs_judgement(found) or self._verdicts.known(found)):
            return self._values.value(name, found, wanted)
        return MISSING

    async def get(self, key: str, default: Any = None, wanted: Any = None) -> Any:
        """The value, or the default."""
        name = self._names.entry(key)
        if wanted is not None:
            check_type(wanted)
        held = await self._reader.read(name)
        record = held if type(held) is Record and not needs_judgement(held) else await self._verdicts.found(held)
        return default if record is None else self._values.value(name, record, wanted)

    async def entry(self, key: str, wanted: Any = None) -> Entry[Any]:
        """The value with what is known of it, or KeyNotFound."""
        name = self._names.entry(key)
        check_type(wanted)
        found = await self._reader.find(name)
        if found is None or not is_value(found.record) or not await self._tags.valid(found.record):
            raise not_found(key)
        return self._values.entry(name, found, wanted)

    async def exists(self, key: str) -> bool:
        """Whether there is a value."""
        return await self._verdicts.found(await look_at(self._reader, self._names.entry(key))) is not None

    async def ttl(self, key: str) -> float | None:
        """Seconds left, None for no expiry, or KeyNotFound."""
        found = await self._reader.find(self._names.entry(key))
        if found is None or await self._verdicts.found(found.record) is None:
            raise not_found(key)
        return time_left(found, self._io.wall())

    # -- writing

    async def set(self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str], cas: int | None, keep_ttl: bool) -> int:
        """Write, under the CAS if one is given; the new CAS."""
        write = await self._prepared(
            key, value, life_of(ttl, self._ttl, keep=keep_ttl), tags, rule=Rule.ALWAYS, cas=cas
        )
        return self._written(write, await self.put(write), key)

    async def put(self, write: Write) -> Outcome:
        """Write whatever is there, or over the record that has the user's CAS."""
        if write.rule.by_cas:
            outcome = await self._verdicts.written(write, alive=True)
            return Outcome.MISMATCH if outcome is Outcome.MISSING else outcome
        return await (self._kept(write) if write.ttl is KEEP_TTL else self._store.write(write))

    async def _kept(self, write: Write) -> Outcome:
        """Write over what is there, which must be looked at to keep its time; or where nothing is."""
        over, anew = replace(write, rule=Rule.PRESENT), replace(write, rule=Rule.ABSENT, ttl=None)
        while (outcome := await self._verdicts.written(over, alive=True)) is Outcome.MISSING:
            if (outcome := await self._verdicts.written(anew, alive=False)) is not Outcome.EXISTS:
                break
        return outcome

    async def insert(self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str]) -> int:
        """Write where nothing is, or KeyExists."""
        write = await self._prepared(key, value, life_of(ttl, self._ttl), tags, rule=Rule.ABSENT)
        return self._written(write, await self._verdicts.written(write, alive=False), key)

    async def replace(
        self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str], cas: int | None, keep_ttl: bool
    ) -> int:
        """Write where something is, or KeyNotFound; CasMismatch."""
        write = await self._prepared(
            key, value, life_of(ttl, self._ttl, keep=keep_ttl), tags, rule=Rule.PRESENT, cas=cas
        )
        return self._written(write, await self._verdicts.written(write, alive=True), key)

    async def delete(self, key: str, cas: int | None) -> bool:
        """Remove; whether it was there. CasMismatch."""
        outcome = await self._verdicts.removed(removal_of(self._names.entry(key), cas))
        return outcome is not Outcome.MISSING and done(outcome, key)

    async def touch(self, key: str, ttl: Duration | None) -> None:
        """A new time to live, or KeyNotFound."""
        name, seconds = self._names.entry(key), optional_seconds(ttl, "ttl")
        done(await self._verdicts.expired(name, seconds), key)

    async def get_and_touch(self, key: str, ttl: Duration | None, wanted: Any = None) -> Any:
        """The value, which gets a new time to live, or KeyNotFound."""
        name, seconds = self._names.entry(key), optional_seconds(ttl, "ttl")
        check_type(wanted)
        return self._values.value(name, await self._verdicts.renewed(name, seconds, key), wanted)

    async def mutate(self, key: str, change: Callable[[Any], Any], ttl: Ttl, retries: int) -> Any:
        """Read, change, write if nobody wrote meanwhile; again on conflict. The new value."""
        if not callable(change):
            raise InvalidArgument("fn must be a callable that takes the value", argument="fn")

        async def changed(old: Any) -> tuple[Any, Any]:
            new = await self._io.call(change, old)
            return new, new

        return (await self._changes.make(key, changed, life=kept_unless(ttl), retries=retries)).result

    async def extend(self, key: str, data: str | bytes, *, before: bool) -> int:
        """Put text or bytes before or behind a value of the same type; the new CAS."""
        check_data(data)

        async def change(old: Any) -> tuple[Any, Any]:
            return extended(old, data, key, before=before), None

        return (await self._changes.make(key, change, retries=RETRIES)).cas

    # -- how

    @staticmethod
    def _written(write: Write, outcome: Outcome, key: str) -> int:
        done(outcome, key)
        return write.record.cas

    async def _prepared(
        self, key: str, value: Any, life: Life, tags: Iterable[str], *, rule: Rule, cas: int | None = None
    ) -> Write:
        """The write with its record, everything checked before anything is sent."""
        name = self._names.entry(key)
        check_cas(cas)
        record = self._values.record(name, value)
        carried = self._names.carried(tags)
        try:
            versions = await self._tags.snapshot(carried, None if isinstance(life, KeepTtl) else life)
        except CacheError as error:  # about a tag, as far as the store knows
            error.key = key
            raise
        return ruled(name, tagged(record, versions), life, cas, rule)
