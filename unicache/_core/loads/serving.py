"""Load-through, what may be served of what the store holds: what is valid, in a window, and can be read (R9, P5).

What must not live here: who loads what may not be served (``load``), and what a record is made of (``making``).
"""

import random
from typing import Any

import msgspec

from unicache._core.core import TROUBLE, Core
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.loads.failures import recalled
from unicache._core.loads.freshness import State, state_of
from unicache._core.loads.plan import Plan
from unicache._core.loads.terms import Terms
from unicache._core.records.record import FAILURE, Held, Known, Record
from unicache.errors import CacheError, ValueFormatError
from unicache.typing import Result

__all__ = ["MISS", "Seen", "Serving"]

MISS: Any = object()
"""No value could be had this way."""


class Seen(msgspec.Struct, frozen=True):
    """What a look at the store found, and how fresh it is."""

    record: Record
    state: State


class Serving:
    """Judges records of one namespace, and hands out their values."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._near = core.store.near
        self._values = core.values
        self._value = core.values.value
        self._names = names
        self._tags = Tags(core.store, names)

    def hit(self, name: bytes, held: object, terms: Terms, schema: int, wanted: Any = None) -> Any:
        """The value of what the name holds, not yet counted, if nothing else has to be asked or done; else ``MISS``."""
        if type(held) is not Record:
            return MISS
        if (held.tags or held.soft or held.codec == FAILURE) and not self._fresh_at_once(held, terms):
            return MISS
        read = self._value
        try:
            return read(name, held, wanted, schema)
        except ValueFormatError:  # whoever looks again counts it
            return MISS

    def known(self, name: bytes) -> Known:
        """What is known of the name without asking."""
        return self._store.peek(name) if self._near else None

    def at_hand(self, plan: Plan) -> Any:
        """The cached value as a result, counted, if nobody has to be asked; else ``MISS``."""
        held = self.known(plan.name)
        if not isinstance(held, Record):
            return MISS
        value = self.hit(plan.name, held, plan.terms, plan.schema, plan.wanted)
        if value is MISS:
            return MISS
        plan.counts.near += 1
        self._core.counts.near += 1
        return Result(value, "hit", age=self._age(held))

    def _fresh_at_once(self, record: Record, terms: Terms) -> bool:
        return record.codec != FAILURE and self._state(record, terms) is State.FRESH and self._tags.known_valid(record)

    # -- judging

    async def seen(self, held: Held | CacheError, plan: Plan) -> Seen | None:
        """The valid record of what was read; None when there is none that can be. Raises why it could not be read."""
        if isinstance(held, ValueFormatError):
            await self.discard(plan.name, held)
            return None
        if isinstance(held, CacheError):
            raise held
        if not isinstance(held, Record) or not (self._tags.known_valid(held) or await self._tags.valid(held)):
            return None
        return Seen(held, self._state(held, plan.terms))

    def again(self, record: Record, plan: Plan) -> Seen:
        """A record that a load has just found or stored: it is not renewed early, whatever chance says."""
        return Seen(record, state_of(record, self._io.wall(), plan.terms.windows))

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

    async def still_valid(self, record: Record) -> bool:
        """Whether the tags hold; a store that cannot say makes the caller start again, and answer without it (P7)."""
        try:
            return await self._tags.valid(record)
        except TROUBLE as error:
            self._core.events.lost(error)
            return False

    def _state(self, record: Record, terms: Terms) -> State:
        return state_of(record, self._io.wall(), terms.windows, 1.0 - random.random())  # noqa: S311

    # -- handing out

    def served(self, plan: Plan, seen: Seen, reason: str | None = None) -> Any:
        """The record as a result, counted; MISS when it cannot be read. Raises the failure it remembers."""
        record = seen.record
        if record.codec == FAILURE:
            failure = recalled(self._values, plan.name, record, plan.terms.negative)
            if failure is None:
                return MISS
            self._count_hit(plan, stale=False)
            raise failure
        try:
            value = self._values.value(plan.name, record, plan.wanted, plan.schema)
        except ValueFormatError as error:
            self.corrupt(plan.name, error)
            return MISS
        stale = reason is not None or seen.state is State.REVALIDATE
        self._count_hit(plan, stale=stale)
        why = reason or (seen.state.value if stale else None)
        return Result(value, "hit", stale, why, self._age(record))

    def _age(self, record: Record) -> float:
        return max(0.0, self._io.wall() - record.created)

    def _count_hit(self, plan: Plan, *, stale: bool) -> None:
        for counts in (plan.counts, self._core.counts):
            counts.far += 1
            counts.stale += stale

    # -- what cannot be read

    async def discard(self, name: bytes, error: CacheError) -> None:
        """Remove what cannot be read; dropping is always safe (P1)."""
        self.corrupt(name, error)
        await self._store.drop([name])

    def corrupt(self, name: bytes, error: CacheError) -> None:
        """Count what cannot be read."""
        self._core.counts.corrupt += 1
        self._core.events.tell("corrupt", key=self._names.key_of(name), error=error)
