"""Load-through, the leader's side: the lease, the loader, the fill (R1 to R3).

A load of an absent key puts its lease where the value will be. A load that is to replace a record which is still
served puts it beside, and writes only if that very record is still there. Either way an invalidation removes what the
fill depends on, so that a late fill is refused.
"""

import random
from typing import Any

import msgspec

from unicache._core.core import TROUBLE, Core
from unicache._core.documents.options import done
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace, bounded
from unicache._core.loads.failures import recalled, remembered
from unicache._core.loads.flight import Failed, Flight, Found, Gone, Interrupted, Landing, Loaded
from unicache._core.loads.freshness import State, lifetimes, state_of
from unicache._core.loads.plan import Plan
from unicache._core.loads.previous import UNCHANGED, given
from unicache._core.loads.waiting import Waiting
from unicache._core.records.record import FAILURE, Lease, Record, TagVersion
from unicache._core.stores.store import Found as Stored
from unicache._core.stores.store import Outcome, Rule, Write
from unicache._core.tools.contexts import holding
from unicache._core.tools.tokens import new_token
from unicache.errors import CacheError, ConfigurationError, StoreUnavailable, ValueFormatError
from unicache.typing import Entry

__all__ = ["Leader"]


class Leader:
    """Runs loads in one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._names = names
        self._tags = Tags(core.store, names)

    async def lead(self, flight: Flight, plan: Plan, old: Record | None, *, behind: bool) -> None:
        """Load, and land the flight whatever happens. ``old`` is a record that stays in its place meanwhile, and
        ``behind`` says that nobody waits for the load.
        """
        landing: Landing = Interrupted(CacheError("the load was abandoned", key=plan.key))
        try:
            landing = await (
                self._fresh(flight, plan) if old is None else self._replacing(flight, plan, old, behind=behind)
            )
        except Exception as error:  # noqa: BLE001  every waiter gets it
            landing = Failed(error)
        except BaseException as error:
            landing = Interrupted(error)
            raise
        finally:
            self._core.flights.land(flight, landing)

    # -- a key that holds nothing of use

    async def _fresh(self, flight: Flight, plan: Plan) -> Landing:
        token = new_token()
        try:
            held = await self._claimed(plan, token)
            if isinstance(held, StoreUnavailable) and held.ambiguous:
                await self.let_go(plan.name, token)  # a lease that was removed must not come back, so never this again
                token = new_token()
                held = await self._claimed(plan, token)
            if held is None:
                self._core.keeper.hold(plan.name, token)
                return await self._filled(flight, plan, token)
        except BaseException:  # interrupted in claiming it, the lease may be ours without our knowing
            await self._io.shield(lambda: self.let_go(plan.name, token))
            raise
        finally:
            self._core.keeper.drop(token)
        if isinstance(held, Record):
            state = state_of(held, self._io.wall(), plan.terms.windows)
            return Found(held) if state.served else await self._replacing(flight, plan, held)
        return await self._uncached(flight, plan, held if isinstance(held, CacheError) else None)

    async def _claimed(self, plan: Plan, token: bytes) -> Record | Lease | CacheError | None:
        """R1: None when the lease is ours, a record when there is one of use, a lease when waiting took too long.

        The error when the store is in trouble: what is raised comes from the loader.
        """
        try:
            return await self._claim(plan, token)
        except TROUBLE as error:
            return error

    async def _claim(self, plan: Plan, token: bytes) -> Record | Lease | None:
        waiting = Waiting(self._core, plan.name)
        over: int | None = None
        while True:
            try:
                held = await self._store.claim(plan.name, token, self._core.settings.lease, over)
            except ValueFormatError as error:
                await self.discard(plan.name, error)
                continue
            if isinstance(held, Record):
                if await self.of_use(plan, held):
                    return held
                over = held.cas
            elif held is None or not await waiting.more():
                return held
            else:
                over = None

    async def of_use(self, plan: Plan, record: Record) -> bool:
        """Whether the record is in a window, valid, and can be read."""
        if state_of(record, self._io.wall(), plan.terms.windows) is State.DEAD or not await self._tags.valid(record):
            return False
        if record.codec == FAILURE:
            return recalled(self._values, plan.name, record, plan.terms.negative) is not None
        try:
            self._values.value(plan.name, record, plan.wanted, plan.schema)
        except ValueFormatError:
            return False
        return True

    async def _filled(self, flight: Flight, plan: Plan, token: bytes) -> Landing:
        """We have the lease: tag versions, the loader, the fill, in this order (R2)."""
        try:
            before = await self._before(plan)
        except TROUBLE as error:
            await self.let_go(plan.name, token)
            return await self._uncached(flight, plan, error)
        try:
            value, cost = await self._timed(plan)
        except Exception as error:
            await self._remember(plan, token, before.tags, error)
            raise
        return await self._stored(flight, plan, _Made(value, cost, before), token)

    async def _remember(self, plan: Plan, token: bytes, tags: tuple[TagVersion, ...], error: Exception) -> None:
        """Store the failure, if it is one to remember."""
        life = plan.terms.negative_life(error)
        record = None if life is None else remembered(self._values, plan.name, error, tags)
        if record is None:
            return
        try:
            await self._store.fill(plan.name, token, record, life)
        except TROUBLE as trouble:
            self._core.events.lost(trouble)

    # -- a key that holds a record which stays until it is replaced

    async def _replacing(self, flight: Flight, plan: Plan, old: Record, *, behind: bool = False) -> Landing:
        """Load over the record. ``behind`` a caller who has his answer, nobody waits for another process that does."""
        lock, token = self._names.lock(plan.name), new_token()
        try:
            landing = await self._locked(flight, plan, old, token, behind=behind)
            if landing is not None:
                return landing
            self._core.keeper.hold(lock, token)
            landing = await self._loaded_over(flight, plan, old)
        except BaseException:  # interrupted in claiming it, the lease may be ours without our knowing
            await self._io.shield(lambda: self.let_go(lock, token))
            raise
        finally:
            self._core.keeper.drop(token)
        await self.let_go(lock, token)
        return landing

    async def _locked(self, flight: Flight, plan: Plan, old: Record, token: bytes, *, behind: bool) -> Landing | None:
        """None when the lease beside the record is ours, and the record is still there; else how it ended."""
        lock = self._names.lock(plan.name)
        waiting, trouble = Waiting(self._core, lock), None
        try:
            while await self._store.claim(lock, token, self._core.settings.lease) is not None:
                changed = Gone() if behind else await self._changed(plan, old)
                if changed is not None:
                    return changed
                if not await waiting.more():
                    break
            else:
                if changed := await self._changed(plan, old):
                    await self.let_go(lock, token)
                return changed
        except TROUBLE as error:
            if behind:
                return Gone()
            trouble = error
        return await self._uncached(flight, plan, trouble)

    async def _changed(self, plan: Plan, old: Record) -> Landing | None:
        """Whether somebody else renewed the record, or removed it, while we waited for our turn; None when it is there.

        When it is gone, nothing was found: the callers look again, and load as of a key that holds nothing.
        """
        held = await self._store.read(plan.name)
        if isinstance(held, Record) and held.cas == old.cas:
            return None
        if not isinstance(held, Record) or not await self.of_use(plan, held):
            return Gone()
        return Found(held) if state_of(held, self._io.wall(), plan.terms.windows).served else Gone()

    async def replaced_by_force(self, plan: Plan, old: Record) -> Any:
        """Load and replace, beside any load that is under way; the value, stored or not."""
        landing = await self._loaded_over(None, plan, old)
        assert isinstance(landing, Loaded)
        return landing.value

    async def _loaded_over(self, flight: Flight | None, plan: Plan, old: Record) -> Landing:
        try:
            before = await self._before(plan)
        except TROUBLE as error:
            return await self._uncached(flight, plan, error)
        value, cost = await self._timed(plan, self._previous(plan, old))
        return await self._stored(flight, plan, _Made(value, cost, before), old.cas)

    async def put(self, plan: Plan, value: Any) -> None:
        """Write a value under the plan's terms, whatever is there."""
        record, life = await self._record(plan, _Made(value, 0.0, await self._before(plan)))
        if record is not None:
            done(await self._store.write(Write(plan.name, record, life)), plan.key)

    # -- what both have in common

    async def _before(self, plan: Plan) -> "_Before":
        """R2: what has to be known before the loader starts, so that an invalidation during it is noticed."""
        life = plan.terms.longest_known
        tags = await self._tags.snapshot(plan.tags, life)
        epoch = None if plan.terms.result_tags is None else await self._tags.epoch(life)
        return _Before(tags, epoch)

    def _previous(self, plan: Plan, old: Record) -> Entry[Any] | None:
        """What the loader may see of the record that it is to replace."""
        if old.codec == FAILURE:
            return None
        try:
            return self._values.entry(plan.name, Stored(old, None), plan.wanted, schema=plan.schema)
        except ValueFormatError:
            return None

    async def _timed(self, plan: Plan, previous: Entry[Any] | None = None) -> tuple[Any, float]:
        started = self._io.now()
        value = await self.run_loader(plan, previous)
        return value, self._io.now() - started

    async def _stored(self, flight: Flight | None, plan: Plan, made: "_Made", key: bytes | int) -> Landing:
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

    async def _record(self, plan: Plan, made: "_Made") -> tuple[Record | None, float | None]:
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

    async def _uncached(self, flight: Flight | None, plan: Plan, trouble: CacheError | None) -> Landing:
        """Run the loader and store nothing: the store is in trouble, or another process takes too long."""
        self._core.counts.uncached += 1
        if flight is not None:
            self._core.flights.close_doors(flight)
        if trouble is None:
            return Loaded(await self.run_loader(plan), None, closed=True)
        self._core.events.lost(trouble)
        async with self._core.origin.place():
            return Loaded(await self.run_loader(plan), None, closed=True)

    async def let_go(self, name: bytes, token: bytes) -> None:
        """Take the lease away, so that nobody waits for it in vain; if that fails, it expires."""
        try:
            await self._store.release(name, token)
        except CacheError as error:
            self._core.events.lost(error)

    async def discard(self, name: bytes, error: CacheError) -> None:
        """Remove what cannot be read; dropping is always safe (P1)."""
        self.corrupt(name, error)
        await self._store.drop([name])

    def corrupt(self, name: bytes, error: CacheError) -> None:
        """Count what cannot be read."""
        self._core.counts.corrupt += 1
        self._core.events.tell("corrupt", key=self._names.key_of(name), error=error)


def _kept(previous: Entry[Any] | None) -> Any:
    if previous is None:
        raise ConfigurationError("a loader said UNCHANGED, but there was no previous value")
    return previous.value


class _Before(msgspec.Struct, frozen=True):
    """Tag versions, and the epoch if there are tags that only the result will name."""

    tags: tuple[TagVersion, ...]
    epoch: bytes | None


class _Made(msgspec.Struct, frozen=True):
    """What a loader gave, how long it took, and what was known before it ran."""

    value: Any
    cost: float
    before: _Before
