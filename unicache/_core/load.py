"""Load-through: who runs the loader, when what it gave is stored, and who may have it (R1 to R4, P6, P7).

A load belongs to the cache, not to the caller that started it: it runs beside the callers, who wait for its landing.
What it gave is handed to others only after the store accepted it; a load that an invalidation overtook is refused, and
then only the caller that started it gets the value.
"""

import random
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from unicache._core.core import Core
from unicache._core.counts import Counts
from unicache._core.detached import FOREVER
from unicache._core.flight import Failed, Flight, Found, Interrupted, Landing, Loaded, Role
from unicache._core.names import Keyspace
from unicache._core.record import Held, Lease, Record
from unicache._core.store import Outcome, Rule, Write
from unicache._core.tags import Tags
from unicache._core.tokens import new_token
from unicache._core.values import is_stale, record_of, value_of
from unicache.errors import CacheError, OperationTimeout, ServerError, StoreUnavailable, ValueFormatError

__all__ = ["MISS", "Loads", "Plan"]

TROUBLE = (StoreUnavailable, OperationTimeout, ServerError)
"""What makes a load-through read answer without the store (P7)."""

MISS = object()
"""No value could be had this way."""

_loading: ContextVar[frozenset[bytes]] = ContextVar("unicache_loading", default=frozenset())
"""The names that the running code is itself a load of."""


@dataclass(slots=True)
class Plan:
    """How to come by one value.

    ``load`` runs the loader; ``life`` is in seconds, None for no expiry; ``counts`` are kept beside the cache's own.
    """

    key: str
    name: bytes
    load: Callable[[], Any]
    life: float | None
    tags: tuple[str, ...] = ()
    wanted: Any = None
    counts: Counts = field(default_factory=Counts)


class Loads:
    """Load-through in one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._names = names
        self._tags = Tags(core.store, names)

    # -- the calls

    def peek(self, key: str, name: bytes, counts: Counts) -> Any:
        """A hit that needs no waiting, counted; else ``MISS``."""
        record = self._store.peek(name)
        if record is None or record.tags or record.soft or not self._core.enabled:
            return MISS
        self._count_hit(counts)
        return value_of(record, key)

    async def through(self, plan: Plan) -> Any:
        """The cached value, or what the loader gives."""
        if not self._core.enabled:
            return await self._io.call(plan.load)
        while True:
            try:
                record = await self._seen(plan.name)
            except TROUBLE as error:
                return await self._without_store(plan, error)
            if record is not None and (value := self._hit(plan, record)) is not MISS:
                return value
            flight, role = self._core.flights.enter(plan.name)
            value = await (self._led(flight, plan) if role is Role.LEADER else self._joined(flight, role, plan))
            if value is not MISS:
                return value

    async def peeked(self, plan: Plan) -> Any:
        """The value if it is there, else None; nothing is loaded."""
        record = await self._look(plan.name)
        return None if record is None else value_of(record, plan.key, plan.wanted)

    async def renewed(self, plan: Plan) -> Any:
        """Load now, whatever is there; it loses to an invalidation that comes meanwhile (R3)."""
        held = await self._store.read(plan.name)
        if not isinstance(held, Record):
            return await self.through(plan)
        versions = await self._tags.snapshot(plan.tags, plan.life)
        value = await self._run_loader(plan)
        fresh = record_of(self._io, value, versions)
        outcome = await self._store.write(Write(plan.name, fresh, plan.life, Rule.SAME_CAS, held.cas))
        if outcome is not Outcome.DONE:
            self._refused(plan)
        return value

    # -- looking

    async def _seen(self, name: bytes) -> Record | None:
        """What can be served as it is; what cannot even be read is removed."""
        try:
            return await self._look(name)
        except ValueFormatError as error:
            await self._discard(name, error)
            return None

    async def _look(self, name: bytes) -> Record | None:
        """What can be served as it is."""
        if not self._store.available:
            raise StoreUnavailable("the store is out of reach; it is not time for another attempt")
        held = await self._store.read(name)
        if self._core.events.down:
            self._core.events.back()
        return held if isinstance(held, Record) and await self._usable(held) else None

    async def _usable(self, record: Record) -> bool:
        return not is_stale(record, self._io.wall()) and await self._tags.valid(record)

    def _hit(self, plan: Plan, record: Record) -> Any:
        """The value of a record, or MISS when it cannot be read."""
        try:
            value = value_of(record, plan.key, plan.wanted)
        except ValueFormatError as error:
            self._corrupt(plan.name, error)
            return MISS
        self._count_hit(plan.counts)
        return value

    def _count_hit(self, counts: Counts) -> None:
        counts.hits += 1
        self._core.counts.hits += 1

    # -- joining and leading

    async def _joined(self, flight: Flight, role: Role, plan: Plan) -> Any:
        """Wait for somebody's load; MISS when it gave nothing that this caller may have (R4).

        A value that was found, not loaded, may have been invalidated before this caller came; and a tag may have been,
        without the store refusing the fill.
        """
        if plan.name in _loading.get():
            raise CacheError(f"the loader of {plan.key!r} asked for {plan.key!r} itself", key=plan.key)
        self._core.counts.waits += 1
        while not await flight.event.wait(FOREVER):
            pass
        match flight.landing:
            case Failed(error):
                raise error
            case Loaded(record=Record() as record) if role is Role.JOINER and await self._known_valid(record):
                return self._hit(plan, record)
        return MISS

    async def _known_valid(self, record: Record) -> bool:
        """Whether the tags hold; a store that cannot say makes the caller start again, and answer without it (P7)."""
        try:
            return await self._tags.valid(record)
        except TROUBLE as error:
            self._core.events.lost(error)
            return False

    async def _led(self, flight: Flight, plan: Plan) -> Any:
        """Start the load and wait for it like anybody else; but a refused value is ours (R3)."""

        async def lead() -> None:
            await self._lead(flight, plan)

        if self._io.exclusive:
            await lead()
        else:
            self._io.spawn(lead)
            while not await flight.event.wait(FOREVER):
                pass
        match flight.landing:
            case Loaded(value):
                return value
            case Found(record):
                return self._hit(plan, record)
            case Failed(error) | Interrupted(error):
                raise error
        raise AssertionError("a flight has landed without a landing")

    async def _lead(self, flight: Flight, plan: Plan) -> None:
        landing: Landing = Interrupted(CacheError("the load was abandoned", key=plan.key))
        mark = _loading.set(_loading.get() | {plan.name})
        try:
            landing = await self._landing(flight, plan)
        except Exception as error:  # noqa: BLE001  every waiter gets it
            landing = Failed(error)
        except BaseException as error:
            landing = Interrupted(error)
            raise
        finally:
            _loading.reset(mark)
            self._core.flights.land(flight, landing)

    async def _landing(self, flight: Flight, plan: Plan) -> Landing:
        token = new_token()
        try:
            held = await self._claimed_or_down(plan, token)
            if held is None:
                return await self._filled(flight, plan, token)
        except BaseException:  # interrupted, the lease may be ours without our knowing
            await self._let_go(plan.name, token)
            raise
        if isinstance(held, Record):
            return Found(held)
        self._core.counts.uncached += 1  # not ours, and it was long enough
        return Loaded(await self._run_loader(plan), None)

    async def _claimed_or_down(self, plan: Plan, token: bytes) -> Held:
        """R1; a store in trouble is as good as somebody's lease."""
        try:
            return await self._claimed(plan, token)
        except TROUBLE as error:
            self._core.events.lost(error)
            return Lease(b"")

    async def _filled(self, flight: Flight, plan: Plan, token: bytes) -> Landing:
        """We have the lease: tag versions, the loader, the fill, in this order (R2)."""
        try:
            versions = await self._tags.snapshot(plan.tags, plan.life)
        except TROUBLE as error:
            self._core.events.lost(error)
            await self._let_go(plan.name, token)
            return Loaded(await self._run_loader(plan), None)
        value = await self._run_loader(plan)
        record = record_of(self._io, value, versions)
        self._core.flights.close_doors(flight)
        try:
            accepted = await self._store.fill(plan.name, token, record, plan.life)
        except TROUBLE as error:
            self._core.events.lost(error)
            return Loaded(value, None)
        if not accepted:
            self._refused(plan)
        return Loaded(value, record if accepted else None)

    async def _claimed(self, plan: Plan, token: bytes) -> Record | Lease | None:
        """R1: None when the lease is ours, the record when there is one to use, a lease when waiting took too long."""
        deadline = self._io.now() + self._core.settings.lease
        over: int | None = None
        pause = 0.005
        while True:
            try:
                held = await self._store.claim(plan.name, token, self._core.settings.lease, over)
            except ValueFormatError as error:
                await self._discard(plan.name, error)
                continue
            if held is None:
                return None
            if isinstance(held, Record):
                if await self._usable(held) and self._readable(plan, held):
                    return held
                over = held.cas
                continue
            over = None
            if self._io.now() >= deadline:
                return held
            await self._io.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  spreads the pollers, guards nothing
            pause = min(0.1, pause * 1.5)

    def _readable(self, plan: Plan, record: Record) -> bool:
        try:
            value_of(record, plan.key, plan.wanted)
        except ValueFormatError:
            return False
        return True

    # -- the loader and what can go wrong

    async def _run_loader(self, plan: Plan) -> Any:
        counts = (plan.counts, self._core.counts)
        for each in counts:
            each.misses += 1
            each.loads += 1
        self._core.events.tell("load", key=plan.key)
        try:
            return await self._io.call(plan.load)
        except Exception as error:
            for each in counts:
                each.errors += 1
            self._core.events.tell("load_error", key=plan.key, error=error)
            raise

    async def _without_store(self, plan: Plan, error: CacheError) -> Any:
        """P7: the store is in trouble, so the function answers by running."""
        self._core.events.lost(error)
        self._core.counts.uncached += 1
        return await self._run_loader(plan)

    async def _let_go(self, name: bytes, token: bytes) -> None:
        """Take the lease away, so that nobody waits for it in vain; if that fails, it expires."""
        try:
            await self._store.release(name, token)
        except CacheError as error:
            self._core.events.lost(error)

    async def _discard(self, name: bytes, error: CacheError) -> None:
        """Remove what cannot be read; dropping is always safe (P1)."""
        self._corrupt(name, error)
        await self._store.drop([name])

    def _corrupt(self, name: bytes, error: CacheError) -> None:
        self._core.counts.corrupt += 1
        self._core.events.tell("corrupt", key=self._names.key_of(name), error=error)

    def _refused(self, plan: Plan) -> None:
        self._core.counts.refused += 1
        self._core.events.tell("refused", key=plan.key)
