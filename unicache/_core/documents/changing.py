"""Compare and set, as often as it takes: read a document, make another of it, write that if nobody wrote meanwhile.

Whatever changes a document by what was in it goes through here: ``mutate``, parts of documents, structures over them.
What must not live here: what becomes of the value.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from unicache._core.core import Core
from unicache._core.documents.options import Life, check_retries, mismatch, not_found, refused
from unicache._core.documents.parts import ABSENT
from unicache._core.documents.verdicts import Verdicts
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Held, Record
from unicache._core.stores.store import KEEP_TTL, Outcome, Rule, Write
from unicache.errors import CasMismatch, KeyExists

__all__ = ["KEPT", "Change", "Changed", "Changes", "Existing"]

KEPT: Any = object()
"""In place of a new value: the old one is right, and nothing has to be written."""

Change = Callable[[Any], Awaitable[tuple[Any, Any]]]
"""From the old value, or ABSENT, to the new one, or KEPT, and whatever the caller wants to know of it."""

Existing = Literal["replace", "set", "insert"]
"""Whether the document must be there, may be, or must not."""


Recording = Callable[..., Record]
"""From name, value, tags and ``soft`` to a new record, as ``Values.record``."""


class Changed(msgspec.Struct, frozen=True):
    """What became of a change: what it gave beside the value, and the document's CAS, 0 if there is none."""

    result: Any
    cas: int


class Changes:
    """The changes of one namespace's documents."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._io = core.io
        self._store = core.replicated
        self._names = names
        self._values = core.values
        self._verdicts = Verdicts(core, names)
        self._turns = core.turns

    async def make(
        self,
        key: str,
        change: Change,
        *,
        retries: int,
        life: Life = KEEP_TTL,
        born: Life = None,
        store: Existing = "replace",
        cas: int | None = None,
        record: Recording | None = None,
    ) -> Changed:
        """Change the document, which then lives for ``life``, or ``born`` if it was not there.

        ``record`` makes records of values, in place of the cache's own way.

        Raises KeyNotFound, KeyExists as ``store`` has it; CasMismatch when it has not the given CAS, or when others
        were quicker each time.
        """
        check_retries(retries)
        name = self._names.entry(key)
        plan = _Plan(key, name, change, life, born, store, cas, record or self._values.record)
        turn = self._turns.turn(name)
        try:
            for attempt in range(retries + 1):
                await turn.come(lost=attempt > 0)
                made = await self._tried(plan)
                if made is not None:
                    return made
                await self._io.sleep(_pause(attempt))
        finally:
            turn.leave()
        raise CasMismatch(f"{key!r} was changed by others {retries + 1} times in a row", key=key)

    async def _tried(self, plan: "_Plan") -> Changed | None:
        """One try; None when somebody else wrote meanwhile."""
        held = await self._store.read(plan.name)
        record = await self._verdicts.found(held)
        _check(record, plan.store, plan.cas, plan.key)
        value, result = await plan.change(ABSENT if record is None else self._values.value(plan.name, record))
        if value is KEPT:
            return Changed(result, 0 if record is None else record.cas)
        write = _instead(held, _write(plan, value, record), plan.cas)
        outcome = await self._store.write(write)
        if outcome is Outcome.DONE:
            return Changed(result, write.record.cas)
        if plan.cas is not None or outcome is Outcome.LOCKED:
            raise refused(outcome, plan.key)
        return None


class _Plan(msgspec.Struct, frozen=True):
    """What a change is to be."""

    key: str
    name: bytes
    change: Change
    life: Life
    born: Life
    store: Existing
    cas: int | None
    record: Recording


def _write(plan: _Plan, value: Any, old: Record | None) -> Write:
    """What is kept of the old record: its tags, and, with its time to live, when it goes stale."""
    if old is None:
        return Write(plan.name, plan.record(plan.name, value), plan.born)
    soft = old.soft if plan.life is KEEP_TTL else 0.0
    return Write(plan.name, plan.record(plan.name, value, old.tags, soft=soft), plan.life)


def _check(record: Record | None, store: Existing, cas: int | None, key: str) -> None:
    """Whether what was found may be changed at all."""
    if record is None and store == "replace":
        raise not_found(key)
    if record is None and cas is not None:
        raise mismatch(key)
    if record is not None and store == "insert":
        raise KeyExists(f"{key!r} exists", key=key)


def _instead(held: Held, write: Write, cas: int | None) -> Write:
    """The write in place of exactly what was read, a record that counts as absent included.

    The caller's CAS says as much: what was read after the caller got it is that record, or another by now. It may be a
    lock's, which cannot be seen from here.
    """
    if isinstance(held, Record):
        return replace(write, rule=Rule.SAME_CAS, cas=held.cas if cas is None else cas)
    return replace(write, rule=Rule.ABSENT)


def _pause(attempt: int) -> float:
    """Seconds before the next try of a compare-and-set: full jitter, so that rivals spread out."""
    return random.uniform(0.0, min(0.05, 0.0005 * 2.0 ** min(attempt, 10)))  # noqa: S311  guards nothing
