"""Load-through, what a leader makes and what becomes of it: the loader's run, the record, the fill (R2, R3).

What must not live here: who may load, and what a lease is taken over (``leading``).
"""

import random
from typing import Any

import msgspec

from unicache._core.core import TROUBLE, Core
from unicache._core.documents.options import done
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace, bounded
from unicache._core.loads.flight import Flight, Landing, Loaded
from unicache._core.loads.freshness import lifetimes
from unicache._core.loads.plan import Plan
from unicache._core.loads.previous import UNCHANGED, given
from unicache._core.records.record import FAILURE, Record, TagVersion
from unicache._core.stores.store import Found as Stored
from unicache._core.stores.store import Outcome, Rule, Write
from unicache._core.tools.contexts import holding
from unicache.errors import CacheError, ConfigurationError, ValueFormatError
from unicache.typing import Entry

__all__ = ["Made", "Maker"]


class Maker:
    """Runs loaders and stores what they give, in one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._tags = Tags(core.store, names)

    # -- making

    async def before(self, plan: Plan) -> "Before":
        """R2: what has to be known before the loader starts, so that an invalidation during it is noticed."""
        life = plan.terms.longest_known
        tags = await self._tags.snapshot(plan.tags, life)
        epoch = None if plan.terms.result_tags is None else await self._tags.epoch(life)
        return Before(tags, epoch)

    async def made(self, plan: Plan, before: "Before", old: Record | None = None) -> "Made":
        """What the loader gives, who may see the record that it is to replace. Raises what it raises."""
        started = self._io.now()
        value = await self.run_loader(plan, None if old is None else self._previous(plan, old))
        return Made(value, self._io.now() - started, before)

    async def run_loader(self, plan: Plan, previous: Entry[Any] | None = None) -> Any:
        """Run it, counted; what it gives, or the previous value if it says so."""
        counts = (plan.counts, self._core.counts)
        for each in counts:
            each.misses += 1
            each.loads += 1
        self._core.events.tell("load", key=plan.key)
        try:
            with holding(given, previous):  # also when there is none: this load may run inside another's
                value = await self._io.call(plan.load)
            if plan.pick is not None:
                value = plan.pick(value)
        except Exception as error:
            for each in counts:
                each.errors += 1
            self._core.events.tell("load_error", key=plan.key, error=error)
            raise
        return value if value is not UNCHANGED else _kept(previous)

    def _previous(self, plan: Plan, old: Record) -> Entry[Any] | None:
        if old.codec == FAILURE:
            return None
        try:
            return self._values.entry(plan.name, Stored(old, None), plan.wanted, schema=plan.schema)
        except ValueFormatError:
            return None

    async def uncached(self, flight: Flight | None, plan: Plan, trouble: CacheError | None) -> Landing:
        """Run the loader and store nothing: the store is in trouble, or another process takes too long."""
        self._core.counts.uncached += 1
        if flight is not None:
            self._core.flights.close_doors(flight)
        if trouble is None:
            return Loaded(await self.run_loader(plan), None, closed=True)
        self._core.events.lost(trouble)
        async with self._core.origin.place():
            return Loaded(await self.run_loader(plan), None, closed=True)

    # -- storing

    async def put(self, plan: Plan, value: Any) -> None:
        """Write a value under the plan's terms, whatever is there."""
        record, life = await self._record(plan, Made(value, 0.0, await self.before(plan)))
        if record is not None:
            done(await self._store.write(Write(plan.name, record, life)), plan.key)

    async def stored(self, flight: Flight | None, plan: Plan, made: "Made", key: bytes | int) -> Landing:
        """R3: store the value by our lease's token, or over the record with this CAS."""
        if flight is not None:
            self._core.flights.close_doors(flight)
        try:
            record, life = await self._record(plan, made)
            if record is not None and await self._put(plan.name, key, record, life):
                self._core.events.stored()
                return Loaded(made.value, record)
        except TROUBLE as error:
            self._core.events.lost(error)
        else:
            self._core.counts.refused += 1
            self._core.events.tell("refused", key=plan.key)
        if isinstance(key, bytes):  # our lease may still be there, with nothing to wait for
            await self.let_go(plan.name, key)
        return Loaded(made.value, None)

    async def _put(self, name: bytes, key: bytes | int, record: Record, life: float | None) -> bool:
        if isinstance(key, bytes):
            return await self._store.fill(name, key, record, life)
        return await self._store.write(Write(name, record, life, Rule.SAME_CAS, key)) is Outcome.DONE

    async def _record(self, plan: Plan, made: "Made") -> tuple[Record | None, float | None]:
        """The record to store and its time to live; None when a tag was invalidated that only the result names."""
        terms, tags = plan.terms, made.before.tags
        if terms.result_tags is not None and made.before.epoch is not None:
            named = bounded((*plan.tags, *terms.result_tags(made.value)))[len(plan.tags) :]
            tags += await self._tags.snapshot(named, terms.longest_known)
            if not await self._tags.same_epoch(made.before.epoch):
                return None, None
        stretch = 1.0 - terms.jitter * random.random()  # noqa: S311  spreads expiries, guards nothing
        life, soft = lifetimes(terms.life(made.value), terms.windows, self._io.wall(), stretch)
        record = self._values.record(plan.name, made.value, tags, soft=soft, cost=made.cost, schema=plan.schema)
        return record, life

    # -- giving up

    async def let_go(self, name: bytes, token: bytes) -> None:
        """Take the lease away, so that nobody waits for it in vain; if that fails, it expires."""
        try:
            await self._store.release(name, token)
        except CacheError as error:
            self._core.events.lost(error)


def _kept(previous: Entry[Any] | None) -> Any:
    if previous is None:
        raise ConfigurationError("a loader said UNCHANGED, but there was no previous value")
    return previous.value


class Before(msgspec.Struct, frozen=True):
    """Tag versions, and the epoch if there are tags that only the result will name."""

    tags: tuple[TagVersion, ...]
    epoch: bytes | None


class Made(msgspec.Struct, frozen=True):
    """What a loader gave, how long it took, and what was known before it ran."""

    value: Any
    cost: float
    before: Before
