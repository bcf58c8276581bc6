"""Load-through of many keys: one look at all of them, one load of those that are missing, one write of what it gave.

The same leases and the same refusals as for one key. A key that somebody else is loading is left to that load, and if
that settles nothing, it is loaded as a single key is. An item that the loader does not give is absent: it is in no
result, and nothing is stored for it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from unicache._core.core import TROUBLE, Core
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.loads.flight import Failed, Flight, Gone, Interrupted, Landing, Loaded, Role
from unicache._core.loads.freshness import State, lifetimes, state_of
from unicache._core.loads.leading import Leader
from unicache._core.loads.load import MISS, Loads, Seen
from unicache._core.loads.plan import Plan
from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.store import Claim, Fill
from unicache._core.tools.detached import FOREVER
from unicache._core.tools.tokens import new_token
from unicache.errors import CacheError, KeyNotFound

__all__ = ["Bulk", "LoadMany"]

LoadMany = Callable[[list[Any]], Any]
"""The user's loader: from the items that are missing to a mapping from items to values."""


class Absent(KeyNotFound):
    """The loader gave nothing for the item."""


class Boarded(msgspec.Struct):
    """One key of a bulk load, on its way."""

    item: Any
    plan: Plan
    flight: Flight
    token: bytes


class Bulk:
    """Load-through of many keys in one namespace."""

    def __init__(self, core: Core, names: Keyspace, loads: Loads) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._tags = Tags(core.store, names)
        self._loads = loads
        self._leader = Leader(core, names)

    async def through(self, plans: Mapping[Any, Plan], load: LoadMany) -> dict[Any, Any]:
        """The values by item. Raises what the loader raises, and TypeError when it gives no mapping."""
        if not self._core.enabled:
            values = await self._given(plans, load)
            return {item: values[item] for item in plans if item in values}
        try:
            results = await self._found(plans)
        except TROUBLE as error:
            return await self._without_store(plans, load, error)
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
        at_hand = {item: self._loads.at_hand(plan) for item, plan in plans.items()}
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
        state = state_of(record, self._io.wall(), plan.terms.windows)
        result = self._loads.served(plan, Seen(record, state)) if state is State.FRESH else MISS
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
            await self._lead(led, load)
        else:
            self._io.spawn(lambda: self._lead(led, load))

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

    # -- the leader's side

    async def _lead(self, led: list[Boarded], load: LoadMany) -> None:
        rest: Landing = Interrupted(CacheError("the load was abandoned"))
        try:
            await self._loaded(led, load)
            rest = Gone()
        except Exception as error:  # noqa: BLE001  every waiter gets it
            rest = Failed(error)
        except BaseException as error:
            rest = Interrupted(error)
            raise
        finally:
            for each in led:
                if each.flight.landing is None:
                    self._core.flights.land(each.flight, rest)

    async def _loaded(self, led: list[Boarded], load: LoadMany) -> None:
        try:
            ours = await self._claimed(led)
        except TROUBLE as error:
            await self._forsake(led)
            self._land(await self._uncached(led, load, error))
            return
        for each in ours:
            self._core.keeper.hold(each.plan.name, each.token)
        landings: Landings = []
        try:
            if ours:
                landings = await self._filled(ours, load)
        finally:
            stored = {each.token for each, landing in landings if _was_stored(landing)}
            await self._io.shield(lambda: self._release(ours, stored))
        self._land(landings)

    async def _release(self, ours: list[Boarded], stored: set[bytes]) -> None:
        """Where nothing was stored our lease may still be there, with nothing to wait for."""
        for each in ours:
            self._core.keeper.drop(each.token)
            if each.token not in stored:
                await self._leader.let_go(each.plan.name, each.token)

    async def _forsake(self, led: list[Boarded]) -> None:
        """Some of the leases may be ours without our knowing."""
        with suppress(CacheError):  # out of reach; they expire
            for each in led:
                await self._store.release(each.plan.name, each.token)

    def _land(self, landings: "Landings") -> None:
        for each, landing in landings:
            self._core.flights.land(each.flight, landing)

    async def _claimed(self, led: list[Boarded]) -> list[Boarded]:
        """R1 for all at once: those whose lease is ours. The others land: found, or left to whoever has them."""
        claims = [Claim(each.plan.name, each.token) for each in led]
        ours: list[Boarded] = []
        lease = self._core.settings.lease
        for each, held in zip(led, await self._store.claim_many(claims, lease), strict=True):
            if isinstance(held, Record) and not await self._leader.of_use(each.plan, held):
                held = await self._store.claim(each.plan.name, each.token, lease, held.cas)  # noqa: PLW2901  try again
            if held is None:
                ours.append(each)
            else:
                self._core.flights.land(each.flight, Gone())
        return ours

    async def _filled(self, ours: list[Boarded], load: LoadMany) -> "Landings":
        """Tag versions, the loader, the fills, in this order (R2, R3)."""
        try:
            versions = await self._versions(ours)
        except TROUBLE as error:
            return await self._uncached(ours, load, error)
        started = self._io.now()
        values = await self._given({each.item: each.plan for each in ours}, load)
        cost = (self._io.now() - started) / len(ours)
        given = [each for each in ours if each.item in values]
        records: list[tuple[Boarded, Record, float | None]] = []
        for each in given:
            life, soft = lifetimes(each.plan.terms.life(values[each.item]), each.plan.terms.windows, self._io.wall())
            tags = tuple(versions[tag] for tag in each.plan.tags)
            record = self._values.record(
                each.plan.name, values[each.item], tags, soft=soft, cost=cost, schema=each.plan.schema
            )
            records.append((each, record, life))
            self._core.flights.close_doors(each.flight)
        accepted = await self._fill([Fill(each.plan.name, each.token, record, life) for each, record, life in records])
        landings: Landings = [
            (each, Loaded(values[each.item], record if stored else None))
            for (each, record, _), stored in zip(records, accepted, strict=True)
        ]
        landings += [(each, Failed(_absent(each.plan.key))) for each in ours if each.item not in values]
        return landings

    async def _versions(self, ours: list[Boarded]) -> dict[str, TagVersion]:
        tags = dict.fromkeys(tag for each in ours for tag in each.plan.tags)
        lives = [each.plan.terms.longest_known for each in ours]
        longest = None if None in lives else max(life for life in lives if life is not None)
        return {version.tag: version for version in await self._tags.snapshot(list(tags), longest)}

    async def _fill(self, fills: list[Fill]) -> list[bool]:
        try:
            outcomes = await self._store.fill_many(fills)
        except TROUBLE as error:
            self._core.events.lost(error)
            return [False] * len(fills)
        refused = sum(1 for outcome in outcomes if outcome is not True)
        self._core.counts.refused += refused
        return [outcome is True for outcome in outcomes]

    # -- the loader

    async def _given(self, plans: Mapping[Any, Plan], load: LoadMany) -> Mapping[Any, Any]:
        """Run the loader on the items, counted: one load, and a miss for each of them."""
        counters = (self._core.counts, *(plan.counts for plan in list(plans.values())[:1]))
        for counts in counters:
            counts.loads += 1
            counts.misses += len(plans)
        try:
            values = await self._io.call(load, list(plans))
        except Exception:
            for counts in counters:
                counts.errors += 1
            raise
        if not isinstance(values, Mapping):
            raise TypeError(
                f"the loader of many must return a mapping from items to values, not {type(values).__name__}"
            )
        return values

    async def _uncached(self, led: list[Boarded], load: LoadMany, error: CacheError) -> "Landings":
        for each in led:
            self._core.flights.close_doors(each.flight)
        values = await self._without_store({each.item: each.plan for each in led}, load, error)
        return [
            (
                each,
                Loaded(values[each.item], None, closed=True) if each.item in values else Failed(_absent(each.plan.key)),
            )
            for each in led
        ]

    async def _without_store(self, plans: Mapping[Any, Plan], load: LoadMany, error: CacheError) -> dict[Any, Any]:
        """P7: the store is in trouble, so the loader answers."""
        self._core.events.lost(error)
        self._core.counts.uncached += 1
        async with self._core.origin.place():
            values = await self._given(plans, load)
        return {item: values[item] for item in plans if item in values}


Landings = list[tuple[Boarded, Landing]]
"""How the load of each item ended."""


def _was_stored(landing: Landing) -> bool:
    return isinstance(landing, Loaded) and landing.record is not None


def _taken(item: Any, values: Any) -> Any:
    if item not in values:
        raise _absent(str(item))
    return values[item]


def _absent(key: str) -> Absent:
    return Absent(f"the loader gave nothing for {key!r}", key=key)
