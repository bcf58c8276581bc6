"""A table that cannot grow without bound: in entries, in bytes and in time.

Here lives which entry goes when there is no room, and how an expired one is found that nobody asks for.
What must not live here: a clock (every call is told the time), a lock, or any idea of what a value means.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from math import inf
from sys import maxsize
from typing import Generic, TypeVar

import msgspec

__all__ = ["Bounded", "Slot"]

V = TypeVar("V")

SWEPT_PER_PUT = 8
STALE_DEADLINES = 64


class Slot(msgspec.Struct, Generic[V], frozen=True, gc=False):
    """One entry: its value, the time at which it expires (``inf`` for never) and the bytes it is counted with."""

    value: V
    deadline: float
    size: int


class Bounded(Generic[V]):
    """Values by name; the least recently used goes first, and an expired one before any live one.

    ``weigh`` gives the bytes that a name and its value count for; it must give the same for the same pair.
    ``size`` is the sum of all; between two calls it is never above ``max_bytes``, nor ``len()`` above ``max_entries``.
    Times are seconds of one monotonic clock; an entry is gone from its deadline on.

    Deadlines are kept in a heap in which those of replaced entries are left until they come up, or until they
    outnumber the living: the "lazy deletion" of the notes to Python's ``heapq``.
    """

    def __init__(self, max_entries: int, max_bytes: int, weigh: Callable[[bytes, V], int]) -> None:
        self.size = 0
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._weigh = weigh
        self._slots: OrderedDict[bytes, Slot[V]] = OrderedDict()
        self._deadlines: list[tuple[float, bytes]] = []

    def __len__(self) -> int:
        """How many entries are kept, expired ones that were not yet swept included."""
        return len(self._slots)

    def get(self, name: bytes, now: float) -> Slot[V] | None:
        """The live entry of this name, which thereby becomes the most recently used; or None."""
        slot = self._slots.get(name)
        if slot is None or slot.deadline <= now:
            return None
        self._slots.move_to_end(name)
        return slot

    def put(self, name: bytes, value: V, deadline: float, now: float) -> bool:
        """Keep the value until ``deadline``, at the cost of others. False, and no change, if it alone is too large."""
        size = self._weigh(name, value)
        if size > self._max_bytes:
            return False
        self.pop(name)
        self._slots[name] = Slot(value, deadline, size)
        self.size += size
        self._remember(name, deadline)
        self.sweep(now, SWEPT_PER_PUT)
        self._make_room(now)
        return True

    def expire(self, name: bytes, deadline: float) -> None:
        """Give the entry, which must be there, another deadline."""
        slot = self._slots[name]
        self._slots[name] = Slot(slot.value, deadline, slot.size)
        self._remember(name, deadline)

    def pop(self, name: bytes) -> None:
        """Forget the entry, if there is one."""
        slot = self._slots.pop(name, None)
        if slot is not None:
            self.size -= slot.size

    def clear(self) -> None:
        """Forget everything."""
        self._slots.clear()
        self._deadlines.clear()
        self.size = 0

    def names(self) -> list[bytes]:
        """All names at this moment, least recently used first."""
        return list(self._slots)

    def living(self, names: Iterable[bytes], now: float) -> list[bytes]:
        """Those of the names that have a live entry. That does not count as a use."""
        slots = self._slots
        return [name for name in names if (slot := slots.get(name)) is not None and slot.deadline > now]

    def sweep(self, now: float, limit: int = maxsize) -> int:
        """Remove what has expired, looking at no more than ``limit`` passed deadlines; gives how many those were."""
        swept = 0
        while swept < limit and self._deadlines and self._deadlines[0][0] <= now:
            _, name = heappop(self._deadlines)
            slot = self._slots.get(name)
            if slot is not None and slot.deadline <= now:
                self.pop(name)
            swept += 1
        return swept

    def _make_room(self, now: float) -> None:
        while len(self._slots) > self._max_entries or self.size > self._max_bytes:
            if not self.sweep(now, 1):
                self.pop(next(iter(self._slots)))

    def _remember(self, name: bytes, deadline: float) -> None:
        if deadline < inf:
            heappush(self._deadlines, (deadline, name))
        if len(self._deadlines) > 2 * len(self._slots) + STALE_DEADLINES:
            self._deadlines = [(slot.deadline, name) for name, slot in self._slots.items() if slot.deadline < inf]
            heapify(self._deadlines)
