"""Load-through of many keys, the callers' side: one look at all of them, one load of those that are missing.

The same leases and the same refusals as for one key. A key that somebody else is loading is left to that load, and if
that settles nothing, it is loaded as a single key is. An item that the loader does not give is absent: it is in no
result, and nothing is stored for it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from unicache._core.core import TROUBLE, Core
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.loads.bulk_leading import Absent, Boarded, BulkLeader, LoadMany, absent
from unicache._core.loads.flight import Role
from unicache._core.loads.freshness import State
from unicache._core.loads.load import Loads
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import MISS, Serving
from unicache._core.records.record import Record
from unicache._core.tools.detached import FOREVER
from unicache._core.tools.tokens import new_token

__all__ = ["Bulk"]


class Bulk:
    """Load-through of many keys in one namespace."""

    def __init__(self, core: Core, names: Keyspace, loads: Loads, serving: Serving, leader: BulkLeader) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._tags = Tags(core.store, names)
        self._loads = loads
        self._serving = serving
        self._leader = leader

    async def through(self, plans: Mapping[Any, Plan], load: LoadMany) -> dict[Any, Any]:
        """The values by item. Raises what the loader raises, and TypeError when it gives no mapping."""
        if not self._core.enabled:
            values = await self._leader.given(plans, load)
            return {item: values[item] for item in plans if item in values}
        try:
            results = await self._found(plans)
        except TROUBLE as error:
            return await self._leader.without_store(plans, load, error)
        led, left = self._boarded(plans, results)
        if led:
            await self._launch(led, load)
            left += await self._collect(led, results)
        for item in left:
            await self._singly(item, plans[item], load, results)
        return {item: results[item] for item in plans if item in results}

    # -- looking

    async def _found(self, plans: Mapping[Any, Plan]) -> dict[Any, Any]:
        """What can be served as it is."""
        at_hand = {item: self._serving.at_hand(plan) for item, plan in plans.items()}
        results = {item: result.value for item, result in at_hand.items() if result is not MISS}
        if len(results) < len(plans):
            await self._read({item: plan for item, plan in plans.items() if item not in results}, results)
        return results

    async def _read(self, plans: Mapping[Any, Plan], results: dict[Any, Any]) -> None:
        """Ask the store, and serve what is good."""
        held = await self._core.ask(self._store.read_many, [plan.name for plan in plans.values()])
        records = {item: record for item, record in zip(plans, held, strict=True) if isinstance(record, Record)}
        valid = await self._tags.valid_many(list(records.values()))
        for (item, record), current in zip(records.items(), valid, strict=True):
            if current:
                self._serve(plans[item], item, record, results)

    def _serve(self, plan: Plan, item: Any, record: Record, results: dict[Any, Any]) -> None:
        seen = self._serving.again(record, plan)
        result = self._serving.served(plan, seen) if seen.state is State.FRESH else MISS
        if result is not MISS:
            results[item] = result.value

    def _boarded(self, plans: Mapping[Any, Plan], results: Mapping[Any, Any]) -> tuple[list[Boarded], list[Any]]:
        """The missing items: those that this call leads, and those that others are loading."""
        led: list[Boarded] = []
        left: list[Any] = []
        for item, plan in plans.items():
            if item not in results:
                flight, role = self._core.flights.enter(plan.name)
                if role is Role.LEADER:
                    led.append(Boarded(item, plan, flight, new_token()))
                else:
                    left.append(item)
        return led, left

    # -- the callers' side

    async def _launch(self, led: list[Boarded], load: LoadMany) -> None:
        """Load beside the caller, as for a single key."""
        if self._io.exclusive:
            await self._leader.lead(led, load)
        else:
            self._io.spawn(lambda: self._leader.lead(led, load))

    async def _collect(self, led: list[Boarded], results: dict[Any, Any]) -> list[Any]:
        """Put what landed into the results; the items that were not settled."""
        unsettled = []
        for each in led:
            while not await each.flight.event.wait(FOREVER):
                pass
            try:
                result = await self._loads.landed(each.flight, Role.LEADER, each.plan, None)
            except Absent:
                continue
            if result is MISS:
                unsettled.append(each.item)
            else:
                results[each.item] = result.value
        return unsettled

    async def _singly(self, item: Any, plan: Plan, load: LoadMany, results: dict[Any, Any]) -> None:
        single = replace(plan, load=partial(load, [item]), pick=partial(_taken, item))
        try:
            results[item] = (await self._loads.through(single)).value
        except Absent:
            return


def _taken(item: Any, values: Any) -> Any:
    if item not in values:
        raise absent(str(item))
    return values[item]
