"""Compare and set, as often as it takes: read a document, make another of it, write that if nobody wrote meanwhile.

Whatever changes a document by what was in it goes through here: ``mutate``, parts of documents, structures over them.
What must not live here: what becomes of the value.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from unicache._core.core import Core
from unicache._core.names import Keyspace
from unicache._core.options import Life, check_retries, mismatch, not_found, refused
from unicache._core.parts import ABSENT
from unicache._core.record import Held, Record
from unicache._core.store import KEEP_TTL, Outcome, Rule, Write
from unicache._core.verdicts import Verdicts
from unicache.errors import CasMismatch, KeyExists

__all__ = ["KEPT", "Change", "Changed", "Changes", "Existing"]

KEPT: Any = object()
"""In place of a new value: the old one is right, and nothing has to be written."""

Change = Callable[[Any], Awaitable[tuple[Any, Any]]]
"""From the old value, or ABSENT, to the new one, or KEPT, and whatever the caller wants to know of it."""

Existing = Literal["replace", "set", "insert"]
"""Whether the document must be there, may be, or must not."""


class Changed(NamedTuple):
    """What became of a change: what it gave beside the value, and the document's CAS, 0 if there is none."""

    result: Any
    cas: int


class Changes:
    """The changes of one namespace's documents."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._io = core.io
        self._store = core.store
        self._names = names
        self._values = core.values
        self._verdicts = Verdicts(core, names)

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
    ) -> Changed:
        """Change the document, which then lives for ``life``, or ``born`` if it was not there.

        Raises KeyNotFound, KeyExists as ``store`` has it; CasMismatch when it has not the given CAS, or when others
        were quicker each time.
        """
        check_retries(retries)
        name = self._names.entry(key)
        for attempt in range(retries + 1):
            held = await self._store.read(name)
            record = await self._verdicts.found(held)
            _check(record, store, cas, key)
            value, result = await change(ABSENT if record is None else self._values.value(name, record))
            if value is KEPT:
                return Changed(result, 0 if record is None else record.cas)
            fresh = self._fresh(name, value, record)
            write = _instead(held, Write(name, fresh, born if record is None else life), cas)
            outcome = await self._store.write(write)
            if outcome is Outcome.DONE:
                return Changed(result, fresh.cas)
            if cas is not None or outcome is Outcome.LOCKED:
                raise refused(outcome, key)
            await self._io.sleep(_pause(attempt))
        raise CasMismatch(f"{key!r} was changed by others {retries + 1} times in a row", key=key)

    def _fresh(self, name: bytes, value: Any, old: Record | None) -> Record:
        if old is None:
            return self._values.record(name, value)
        return self._values.record(name, value, old.tags, soft=old.soft)


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
        return write._replace(rule=Rule.SAME_CAS, cas=held.cas if cas is None else cas)
    return write._replace(rule=Rule.ABSENT)


def _pause(attempt: int) -> float:
    """Seconds before the next try of a compare-and-set: full jitter, so that rivals spread out."""
    return random.uniform(0.0, min(0.05, 0.0005 * 2.0 ** min(attempt, 10)))  # noqa: S311  guards nothing
