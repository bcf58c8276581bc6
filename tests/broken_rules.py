"""The engine with one rule switched off: whoever is to find broken promises has to find these.

What must not live here: who finds them, and how it is seen to that the rule is in force again.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from unicache._core.invalidation.tags import Tags
from unicache._core.loads.flight import Flight, Loaded, Role
from unicache._core.loads.load import Loads
from unicache._core.loads.plan import Plan
from unicache._core.records.record import Record
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import Outcome, Store, Write
from unicache._core.stores.valkey import ValkeyStore
from unicache.typing import Result

__all__ = ["BROKEN_RULES", "BrokenRule"]


class BrokenRule(NamedTuple):
    """What to set where, as ``setattr`` takes it."""

    owner: type
    name: str
    substitute: Callable[..., Any]


async def _fill(self: Store, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
    """Store the value whatever has become of the lease."""
    return await self.write(Write(name, record, ttl)) is Outcome.DONE


_landed = Loads.landed


async def _landed_for_all(self: Loads, flight: Flight, role: Role, plan: Plan, stale: Record | None) -> Any:
    """Give whoever waited what was loaded, accepted or not."""
    if role is Role.LEADER or not isinstance(flight.landing, Loaded):
        return await _landed(self, flight, role, plan, stale)
    self._serving._count_hit(plan, stale=False)
    return Result(flight.landing.value, "hit")


async def _valid(self: Tags, record: Record) -> bool:
    """Take every record for valid."""
    return True


BROKEN_RULES = {
    "R3 in memory": BrokenRule(MemoryStore, "fill", _fill),
    "R3": BrokenRule(ValkeyStore, "fill", _fill),
    "R4": BrokenRule(Loads, "landed", _landed_for_all),
    "R9": BrokenRule(Tags, "valid", _valid),
}
