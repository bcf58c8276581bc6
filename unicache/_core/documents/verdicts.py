"""What counts as absent, decided in one place for all document calls.

Absent means: nothing there, a lease, a record with an invalidated tag, one past its soft expiry, or a remembered
failure. The store judges the first two; the others are judged here, and then acted on by their CAS, so that what was
judged is what is changed.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeGuard

from msgspec.structs import replace

from unicache._core.core import Core
from unicache._core.documents.options import done
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import FAILURE, Held, Known, Record
from unicache._core.stores.store import KEEP_TTL, Found, Given, Outcome, Removal, Rule, Write
from unicache._core.values import is_stale

__all__ = ["Verdicts", "is_value"]


class Verdicts:
    """Which records of one namespace are to be found."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._io = core.io
        self._store = core.replicated
        self._tags = Tags(core.store, names)

    async def found(self, held: Held) -> Record | None:
        """The record, if it is to be found."""
        if not is_value(held):
            return None
        if held.soft and is_stale(held, self._io.wall()):
            return None
        return held if self._tags.known_valid(held) or await self._tags.valid(held) else None

    def known(self, held: Known) -> TypeGuard[Record]:
        """Whether it is known, without asking, to be a record that is to be found."""
        return is_value(held) and not is_stale(held, self._io.wall()) and self._tags.known_valid(held)

    async def found_many(self, held: Sequence[object]) -> list[Record | None]:
        """The same for many, with one look at all their tags. What could not be read counts as absent."""
        values = [record for record in held if is_value(record)]
        valid = iter(await self._tags.valid_many(values))
        now = self._io.wall()
        return [record if is_value(record) and next(valid) and not is_stale(record, now) else None for record in held]

    async def settled(
        self, name: bytes, act: Callable[[Record | None], Awaitable[Outcome]], *, alive: bool | None = None
    ) -> Outcome:
        """Act by the store's judgement, or on exactly the record that was judged here.

        ``alive`` says on which records to act: those that are, those that are not, or (None) both.
        """
        while (outcome := await act(None)) is Outcome.JUDGE:
            held = await self._store.read(name)
            if not isinstance(held, Record):
                continue
            found = await self.found(held) is not None
            if alive is not None and found is not alive:
                return Outcome.EXISTS if found else Outcome.MISSING
            if await act(held) is Outcome.DONE:
                return Outcome.DONE if found or alive is False else Outcome.MISSING
        return outcome

    async def written(self, write: Write, *, alive: bool) -> Outcome:
        """Write as ``settled`` does, by the user's CAS if there is one: it may be a lock's, which is not seen here.

        With the time that is left, the record keeps when it goes stale.
        """

        def act(old: Record | None) -> Awaitable[Outcome]:
            if old is None:
                return self._store.write(write)
            soft = old.soft if alive and write.ttl is KEEP_TTL else 0.0
            record = replace(write.record, soft=soft)
            return self._store.write(
                replace(write, record=record, rule=Rule.SAME_CAS, cas=write.cas if write.rule.by_cas else old.cas)
            )

        return await self.settled(write.name, act, alive=alive)

    async def removed(self, removal: Removal) -> Outcome:
        """Remove as ``settled`` does, by the user's CAS if there is one."""

        def act(old: Record | None) -> Awaitable[Outcome]:
            if old is None:
                return self._store.remove(removal)
            cas = removal.cas if removal.rule.by_cas else old.cas
            return self._store.remove(Removal(removal.name, Rule.SAME_CAS, cas))

        return await self.settled(removal.name, act)

    async def expired(self, name: bytes, ttl: float | None) -> Outcome:
        """Give a record a new time to live, as ``settled`` does. One that would go stale before is written again."""

        def act(old: Record | None) -> Awaitable[Outcome]:
            if old is None or not old.soft:
                return self._store.expire(name, ttl, _cas(old))
            return self._store.write(Write(name, replace(old, soft=0.0), ttl, Rule.SAME_CAS, old.cas))

        return await self.settled(name, act, alive=True)

    async def renewed(self, name: bytes, ttl: float | None, key: str) -> Record:
        """The same, and the record; or the error that says why not."""

        async def act(old: Record | None) -> Given:
            if old is None or not old.soft:
                return await self._store.find_and_expire(name, ttl, _cas(old))
            fresh = replace(old, soft=0.0)
            outcome = await self._store.write(Write(name, fresh, ttl, Rule.SAME_CAS, old.cas))
            return Given(outcome, Found(fresh, ttl))

        return (await self.given(name, act, key)).record

    async def given(self, name: bytes, act: Callable[[Record | None], Awaitable[Given]], key: str) -> Found:
        """What a call on a record that is there gives back, or the error that says why it did not happen."""
        given = Given(Outcome.MISSING)

        async def acted(old: Record | None) -> Outcome:
            nonlocal given
            given = await act(old)
            return given.outcome

        done(await self.settled(name, acted, alive=True), key)
        assert given.found is not None
        return given.found


def _cas(record: Record | None) -> int | None:
    return None if record is None else record.cas


def is_value(held: object) -> TypeGuard[Record]:
    """Whether it is a record that documents speak of: no lease, and no remembered failure."""
    return isinstance(held, Record) and held.codec != FAILURE
