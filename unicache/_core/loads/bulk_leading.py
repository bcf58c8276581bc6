"""Load-through of many keys, the leader's side: leases, one run of the loader, one write of what it gave (R1 to R3).

What must not live here: which of the keys have to be loaded, and what the callers make of it (``bulk``).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from unicache._core.core import TROUBLE, Core
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.loads.flight import Failed, Flight, Gone, Interrupted, Landing, Loaded
from unicache._core.loads.freshness import lifetimes
from unicache._core.loads.making import Maker
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import Serving
from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.store import Claim, Fill
from unicache.errors import CacheError, KeyNotFound

__all__ = ["Absent", "Boarded", "BulkLeader", "LoadMany", "absent"]

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


Landings = list[tuple[Boarded, Landing]]
"""How the load of each item ended."""


class BulkLeader:
    """Runs loads of many keys in one namespace."""

    def __init__(self, core: Core, names: Keyspace, serving: Serving, maker: Maker) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._values = core.values
        self._tags = Tags(core.store, names)
        self._serving = serving
        self._maker = maker

    async def lead(self, led: list[Boarded], load: LoadMany) -> None:
        """Load, and land all flights whatever happens."""
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
                await self._maker.let_go(each.plan.name, each.token)

    async def _forsake(self, led: list[Boarded]) -> None:
        """Some of the leases may be ours without our knowing."""
        with suppress(CacheError):  # out of reach; they expire
            for each in led:
                await self._store.release(each.plan.name, each.token)

    def _land(self, landings: Landings) -> None:
        for each, landing in landings:
            self._core.flights.land(each.flight, landing)

    async def _claimed(self, led: list[Boarded]) -> list[Boarded]:
        """R1 for all at once: those whose lease is ours. The others land: found, or left to whoever has them."""
        claims = [Claim(each.plan.name, each.token) for each in led]
        ours: list[Boarded] = []
        lease = self._core.settings.lease
        for each, held in zip(led, await self._store.claim_many(claims, lease), strict=True):
            if isinstance(held, Record) and not await self._serving.of_use(each.plan, held):
                held = await self._store.claim(each.plan.name, each.token, lease, held.cas)  # noqa: PLW2901  try again
            if held is None:
                ours.append(each)
            else:
                self._core.flights.land(each.flight, Gone())
        return ours

    async def _filled(self, ours: list[Boarded], load: LoadMany) -> Landings:
        """Tag versions, the loader, the fills, in this order (R2, R3)."""
        try:
            versions = await self._versions(ours)
        except TROUBLE as error:
            return await self._uncached(ours, load, error)
        started = self._io.now()
        values = await self.given({each.item: each.plan for each in ours}, load)
        cost = (self._io.now() - started) / len(ours)
        given = [each for each in ours if each.item in values]
        fills = [self._fill(each, values[each.item], versions, cost) for each in given]
        for each in given:
            self._core.flights.close_doors(each.flight)
        landings: Landings = [
            (each, Loaded(values[each.item], fill.record if stored else None))
            for each, fill, stored in zip(given, fills, await self._stored(fills), strict=True)
        ]
        return landings + [(each, Failed(absent(each.plan.key))) for each in ours if each.item not in values]

    def _fill(self, each: Boarded, value: Any, versions: Mapping[str, TagVersion], cost: float) -> Fill:
        plan = each.plan
        life, soft = lifetimes(plan.terms.life(value), plan.terms.windows, self._io.wall())
        tags = tuple(versions[tag] for tag in plan.tags)
        record = self._values.record(plan.name, value, tags, soft=soft, cost=cost, schema=plan.schema)
        return Fill(plan.name, each.token, record, life)

    async def _versions(self, ours: list[Boarded]) -> dict[str, TagVersion]:
        tags = dict.fromkeys(tag for each in ours for tag in each.plan.tags)
        lives = [each.plan.terms.longest_known for each in ours]
        longest = None if None in lives else max(life for life in lives if life is not None)
        return {version.tag: version for version in await self._tags.snapshot(list(tags), longest)}

    async def _stored(self, fills: list[Fill]) -> list[bool]:
        try:
            outcomes = await self._store.fill_many(fills)
        except TROUBLE as error:
            self._core.events.lost(error)
            return [False] * len(fills)
        refused = sum(1 for outcome in outcomes if outcome is not True)
        self._core.counts.refused += refused
        return [outcome is True for outcome in outcomes]

    # -- the loader

    async def given(self, plans: Mapping[Any, Plan], load: LoadMany) -> Mapping[Any, Any]:
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

    async def _uncached(self, led: list[Boarded], load: LoadMany, error: CacheError) -> Landings:
        for each in led:
            self._core.flights.close_doors(each.flight)
        values = await self.without_store({each.item: each.plan for each in led}, load, error)
        return [(each, _unstored(each, values)) for each in led]

    async def without_store(self, plans: Mapping[Any, Plan], load: LoadMany, error: CacheError) -> dict[Any, Any]:
        """P7: the store is in trouble, so the loader answers."""
        self._core.events.lost(error)
        self._core.counts.uncached += 1
        async with self._core.origin.place():
            values = await self.given(plans, load)
        return {item: values[item] for item in plans if item in values}


def _unstored(each: Boarded, values: Mapping[Any, Any]) -> Landing:
    if each.item not in values:
        return Failed(absent(each.plan.key))
    return Loaded(values[each.item], None, closed=True)


def _was_stored(landing: Landing) -> bool:
    return isinstance(landing, Loaded) and landing.record is not None


def absent(key: str) -> Absent:
    """An item of the mapping that the loader left out."""
    return Absent(f"the loader gave nothing for {key!r}", key=key)
