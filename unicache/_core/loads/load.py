"""Load-through, the callers' side: what is served, who loads, who waits for whom and for how long (R4, P5, P6, P7).

A load belongs to the cache, not to the caller that started it: it runs beside the callers (``leading``), who wait for
its landing. What it gave is handed to others only after the store accepted it; a load that an invalidation overtook is
refused, and then only the caller that started it gets the value.
"""

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from math import inf
from typing import Any, cast

from unicache._core.core import TROUBLE, Core
from unicache._core.keys.names import Keyspace
from unicache._core.loads.flight import Failed, Flight, Found, Interrupted, Loaded, Role
from unicache._core.loads.freshness import State
from unicache._core.loads.leading import Leader
from unicache._core.loads.making import Maker
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import MISS, Seen, Serving
from unicache._core.records.record import FAILURE, Held, Record
from unicache._core.tools.contexts import holding
from unicache._core.tools.detached import FOREVER
from unicache.errors import CacheError, OperationTimeout, ValueFormatError
from unicache.typing import Result

__all__ = ["Loads"]

_loading: ContextVar[frozenset[Flight]] = ContextVar("unicache_loading", default=frozenset())
"""The flights that the running code is itself the load of."""


class Loads:
    """Load-through in one namespace."""

    def __init__(self, core: Core, names: Keyspace, serving: Serving, maker: Maker) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._serving = serving
        self._maker = maker
        self._leader = Leader(core, names, serving, maker)

    # -- the calls

    async def read(self, name: bytes) -> Held | CacheError:
        """What the name holds, or why that cannot be said; for ``Serving.hit`` and ``further``."""
        try:
            return await self._core.ask(self._store.read, name)
        except (ValueFormatError, *TROUBLE) as error:
            return error

    async def through(self, plan: Plan) -> Result[Any]:
        """The cached value, or what the loader gives, and where it came from."""
        if not self._core.enabled:
            return Result(await self._io.call(plan.load), "uncached")
        if (result := self._serving.at_hand(plan)) is not MISS:
            return cast("Result[Any]", result)
        return await self.further(plan, await self.read(plan.name))

    async def further(self, plan: Plan, held: Held | CacheError) -> Result[Any]:
        """The same, for who has read what the name holds."""
        give_up = 0.0
        while True:
            try:
                seen = await self._serving.seen(held, plan)
            except TROUBLE as error:
                return await self._without_store(plan, error)
            if seen is not None and seen.state.served and (result := self._serving.served(plan, seen)) is not MISS:
                if seen.state.renewed:
                    self._renew_behind(plan, seen.record)
                return cast("Result[Any]", result)
            stale = seen.record if seen is not None and seen.state is State.IF_ERROR else None
            give_up = give_up or self._io.now() + (plan.terms.hard_timeout or inf)
            if (result := await self._flown(plan, stale, give_up)) is not MISS:
                return cast("Result[Any]", result)
            held = await self.read(plan.name)

    async def peeked(self, plan: Plan) -> Any:
        """The value if it is there and fresh, else None; nothing is loaded."""
        known = self._serving.known(plan.name)
        held = known if isinstance(known, Record) else await self.read(plan.name)
        seen = await self._serving.seen(held, plan)
        if seen is None or not seen.state.served or seen.record.codec == FAILURE:
            return None
        return self._values.value(plan.name, seen.record, plan.wanted, plan.schema)

    async def renewed(self, plan: Plan) -> Any:
        """Load now, whatever is there; it loses to an invalidation that comes meanwhile (R3)."""
        if not self._core.enabled:
            return await self._io.call(plan.load)
        try:
            seen = await self._look(plan)
            if seen is None:  # a load under way may have begun before the change that this call is about
                await self._store.drop([plan.name])
                self._core.flights.detach([plan.name])
        except TROUBLE as error:
            return (await self._without_store(plan, error)).value
        if seen is None:
            return (await self.through(plan)).value
        return await self._leader.replaced_by_force(plan, seen.record)

    async def put(self, plan: Plan, value: Any) -> None:
        """Store a value as if the loader had just given it."""
        await self._maker.put(plan, value)

    # -- looking

    async def _look(self, plan: Plan) -> Seen | None:
        """The valid record at the key and its state; None when there is none that can be read."""
        return await self._serving.seen(await self.read(plan.name), plan)

    # -- flying

    async def _flown(self, plan: Plan, stale: Record | None, give_up: float) -> Any:
        """Lead or join the load of the key; MISS when it gave nothing that this caller may have (R4)."""
        flight, role = self._core.flights.enter(plan.name)
        try:
            if role is Role.LEADER:
                await self._launch(flight, plan, stale)
            else:
                self._join(flight, plan)
            soft = None if stale is None else plan.terms.soft_timeout
            if soft is not None and not await flight.event.wait(soft):
                result = await self._still_stale(plan, "soft timeout")
                if result is not MISS:
                    return result
            await self._wait(flight, plan, give_up)
        except BaseException:
            self._leave(flight, plan)
            raise
        return await self.landed(flight, role, plan, stale)

    def _leave(self, flight: Flight, plan: Plan) -> None:
        """The caller goes before the load has ended."""
        if self._core.flights.leave(flight) and plan.terms.cancelled and flight.task is not None:
            flight.task.cancel()

    async def _launch(self, flight: Flight, plan: Plan, stale: Record | None) -> None:
        """Start the load: beside the caller, or, in a thread that will not leave it, on the caller itself."""
        terms = plan.terms
        if self._io.exclusive and terms.soft_timeout is None and terms.hard_timeout is None:
            await self._lead(flight, plan, stale)
        else:
            self._spawn(flight, lambda: self._lead(flight, plan, stale))

    def _spawn(self, flight: Flight, lead: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            flight.task = self._io.spawn(lead)
        except BaseException as error:  # no thread to be had, a loop about to close
            self._core.flights.land(flight, Interrupted(error))
            raise

    def _join(self, flight: Flight, plan: Plan) -> None:
        if flight in _loading.get():
            raise CacheError(f"the loader of {plan.key!r} asked for {plan.key!r} itself", key=plan.key)
        self._core.counts.waits += 1

    async def _lead(self, flight: Flight, plan: Plan, old: Record | None, *, behind: bool = False) -> None:
        with holding(_loading, _loading.get() | {flight}):
            await self._leader.lead(flight, plan, old, behind=behind)

    def _renew_behind(self, plan: Plan, record: Record) -> None:
        """Start a load beside the caller, unless one is under way."""
        flight, role = self._core.flights.enter(plan.name)
        if role is Role.LEADER:
            self._spawn(flight, lambda: self._lead(flight, plan, record, behind=True))

    async def _wait(self, flight: Flight, plan: Plan, give_up: float) -> None:
        while not await flight.event.wait(min(FOREVER, give_up - self._io.now())):
            if self._io.now() >= give_up:
                raise OperationTimeout(f"{plan.key!r} was not loaded within its hard timeout", key=plan.key)

    async def landed(self, flight: Flight, role: Role, plan: Plan, stale: Record | None) -> Any:
        """What the end of the load means for this caller.

        A value that was found, not loaded, may have been invalidated before a joiner came; and a tag may have been,
        without the store refusing the fill.
        """
        match flight.landing:
            case Failed(error=error, traceback=traceback):
                result = MISS if stale is None else await self._still_stale(plan, "error")
                if result is MISS:
                    raise error.with_traceback(traceback)
                return result
            case Loaded(value, record) if role is Role.LEADER:
                return Result(value, "uncached" if record is None else "loaded")
            case Loaded(value, closed=True) if role is Role.JOINER:
                return Result(value, "uncached")
            case Found(record) if role is Role.LEADER:
                return self._serving.served(plan, self._serving.again(record, plan))
            case Interrupted(error) if role is Role.LEADER:
                raise error
            case Loaded(record=Record() as record) if role is Role.JOINER and await self._serving.still_valid(record):
                return self._serving.served(plan, self._serving.again(record, plan))
        return MISS

    async def _still_stale(self, plan: Plan, reason: str) -> Any:
        """The stale value, if it may still be served: it must be there, in its window, and not invalidated (P5)."""
        try:
            seen = await self._look(plan)
        except TROUBLE:
            return MISS
        if seen is None or seen.state is State.DEAD:
            return MISS
        return self._serving.served(plan, seen, reason if seen.state is State.IF_ERROR else None)

    # -- without the store

    async def _without_store(self, plan: Plan, error: CacheError) -> Result[Any]:
        """P7: the store is in trouble, so the function answers by running, some at a time."""
        self._core.events.lost(error)
        self._core.counts.uncached += 1
        async with self._core.origin.place():
            return Result(await self._maker.run_loader(plan), "uncached")
