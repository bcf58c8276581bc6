"""Load-through, the leader's side: whose turn it is to load, and over what (R1 to R3).

A load of an absent key puts its lease where the value will be. A load that is to replace a record which is still
served puts it beside, and writes only if that very record is still there. Either way an invalidation removes what the
fill depends on, so that a late fill is refused.
"""

from typing import Any

from unicache._core.core import TROUBLE, Core
from unicache._core.keys.names import Keyspace
from unicache._core.loads.failures import remembered
from unicache._core.loads.flight import Failed, Flight, Found, Gone, Interrupted, Landing, Loaded
from unicache._core.loads.freshness import state_of
from unicache._core.loads.making import Maker
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import Serving
from unicache._core.loads.waiting import Waiting
from unicache._core.records.record import Lease, Record, TagVersion
from unicache._core.tools.tokens import new_token
from unicache.errors import CacheError, StoreUnavailable, ValueFormatError

__all__ = ["Leader"]


class Leader:
    """Runs loads in one namespace."""

    def __init__(self, core: Core, names: Keyspace, serving: Serving, maker: Maker) -> None:
        self._core = core
        self._io = core.io
        self._store = core.store
        self._names = names
        self._serving = serving
        self._maker = maker

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
                await self._maker.let_go(
                    plan.name, token
                )  # a lease that was removed must not come back, so never this again
                token = new_token()
                held = await self._claimed(plan, token)
            if held is None:
                self._core.keeper.hold(plan.name, token)
                return await self._filled(flight, plan, token)
        except BaseException:  # interrupted in claiming it, the lease may be ours without our knowing
            await self._io.shield(lambda: self._maker.let_go(plan.name, token))
            raise
        finally:
            self._core.keeper.drop(token)
        if isinstance(held, Record):
            state = state_of(held, self._io.wall(), plan.terms.windows)
            return Found(held) if state.served else await self._replacing(flight, plan, held)
        return await self._maker.uncached(flight, plan, held if isinstance(held, CacheError) else None)

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
                await self._serving.discard(plan.name, error)
                continue
            if isinstance(held, Record):
                if await self._serving.of_use(plan, held):
                    return held
                over = held.cas
            elif held is None or not await waiting.more():
                return held
            else:
                over = None

    async def _filled(self, flight: Flight, plan: Plan, token: bytes) -> Landing:
        """We have the lease: tag versions, the loader, the fill, in this order (R2)."""
        try:
            before = await self._maker.before(plan)
        except TROUBLE as error:
            await self._maker.let_go(plan.name, token)
            return await self._maker.uncached(flight, plan, error)
        try:
            made = await self._maker.made(plan, before)
        except Exception as error:
            await self._remember(plan, token, before.tags, error)
            raise
        return await self._maker.stored(flight, plan, made, token)

    async def _remember(self, plan: Plan, token: bytes, tags: tuple[TagVersion, ...], error: Exception) -> None:
        """Store the failure, if it is one to remember."""
        life = plan.terms.negative_life(error)
        record = None if life is None else remembered(self._core.values, plan.name, error, tags)
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
            await self._io.shield(lambda: self._maker.let_go(lock, token))
            raise
        finally:
            self._core.keeper.drop(token)
        await self._maker.let_go(lock, token)
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
                    await self._maker.let_go(lock, token)
                return changed
        except TROUBLE as error:
            if behind:
                return Gone()
            trouble = error
        return await self._maker.uncached(flight, plan, trouble)

    async def _changed(self, plan: Plan, old: Record) -> Landing | None:
        """Whether somebody else renewed the record, or removed it, while we waited for our turn; None when it is there.

        When it is gone, nothing was found: the callers look again, and load as of a key that holds nothing.
        """
        held = await self._store.read(plan.name)
        if isinstance(held, Record) and held.cas == old.cas:
            return None
        if not isinstance(held, Record) or not await self._serving.of_use(plan, held):
            return Gone()
        return Found(held) if state_of(held, self._io.wall(), plan.terms.windows).served else Gone()

    async def replaced_by_force(self, plan: Plan, old: Record) -> Any:
        """Load and replace, beside any load that is under way; the value, stored or not."""
        landing = await self._loaded_over(None, plan, old)
        assert isinstance(landing, Loaded)
        return landing.value

    async def _loaded_over(self, flight: Flight | None, plan: Plan, old: Record) -> Landing:
        try:
            before = await self._maker.before(plan)
        except TROUBLE as error:
            return await self._maker.uncached(flight, plan, error)
        return await self._maker.stored(flight, plan, await self._maker.made(plan, before, old), old.cas)
