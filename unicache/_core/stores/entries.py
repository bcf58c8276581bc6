"""What is in the table behind ``memory://``: entries as the store's calls look at them, and how they get there.

What must not live here: locks of threads, a clock (every call is told the time), and what a call makes of it
(``memory``).
"""

from math import inf
from typing import NamedTuple

from unicache._core.records.record import Held, Lease, Lock, Record
from unicache._core.records.weights import weight
from unicache._core.stores.rules import Seen, refusal
from unicache._core.stores.store import Found, Outcome, Rule
from unicache._core.tools.bounded import Bounded
from unicache.errors import ServerError, ValueFormatError

__all__ = ["Entries", "Kept", "Locked"]


class Locked(NamedTuple):
    """A record with a lock around it."""

    record: Record
    lock: Lock


Kept = Record | Lease | Locked | bytes
"""What a name can hold here; plain bytes are a tag's version."""

LOCK_OVERHEAD = 150
"""Bytes of a lock around a record, measured as in ``weights``."""


def _weigh(name: bytes, kept: Kept) -> int:
    return LOCK_OVERHEAD + weight(name, kept.record) if isinstance(kept, Locked) else weight(name, kept)


class Entries(Bounded[Kept]):
    """A bounded table of entries, each looked at as it is ``now``."""

    def held(self, name: bytes, now: float) -> Held:
        """What a reader sees. Raises ValueFormatError where a tag version is."""
        slot = self.get(name, now)
        if slot is None:
            return None
        if isinstance(slot.value, bytes):
            raise ValueFormatError("there is a tag version where an entry was expected")
        return slot.value.record if isinstance(slot.value, Locked) else slot.value

    def seen(self, name: bytes, now: float) -> tuple[Seen, float]:
        """What is there as the rules see it, and when it expires; nothing and never, for what is no record."""
        slot = self.get(name, now)
        if slot is not None and isinstance(slot.value, Record):
            return Seen(slot.value), slot.deadline
        if slot is not None and isinstance(slot.value, Locked):
            record, lock = slot.value
            return Seen(record, lock, lock.until > now), slot.deadline
        return Seen(None), inf

    def refused(self, name: bytes, cas: int | None, now: float) -> Outcome | None:
        """Why a record may not be changed by this CAS, or without one."""
        return refusal(self.seen(name, now)[0], Rule.PRESENT if cas is None else Rule.SAME_CAS, cas or 0)

    def found(self, name: bytes, now: float) -> Found | None:
        """The record with what is known of it."""
        seen, deadline = self.seen(name, now)
        if seen.record is None:
            return None
        return Found(seen.record, None if deadline == inf else deadline - now, seen.locked)

    def version(self, name: bytes, now: float) -> tuple[bytes | None, float]:
        """The tag version that is there and when it expires; None and at once, for anything else."""
        slot = self.get(name, now)
        return (slot.value, slot.deadline) if slot is not None and isinstance(slot.value, bytes) else (None, now)

    def make_version(self, name: bytes, fresh: bytes, deadline: float, now: float) -> bytes:
        """The tag version that is there, to live until ``deadline`` at least; the fresh one, if there is none."""
        version, kept_deadline = self.version(name, now)
        if version is None:
            self.keep(name, fresh, deadline, now)
            return fresh
        if kept_deadline < deadline:
            self.expire(name, deadline)
        return version

    def keep(self, name: bytes, kept: Kept, deadline: float, now: float) -> None:
        """Put it there. Raises ServerError, code ``OOM``, for what could never fit."""
        if not self.put(name, kept, _weigh(name, kept), deadline, now):
            raise ServerError("an entry is larger than max_bytes of the memory store", code="OOM")
