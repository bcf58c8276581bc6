"""A table that cannot grow without bound: in entries, in bytes and in time.

Here lives which entry goes when there is no room, and how an expired one is found that nobody asks for.
What must not live here: a clock (every call is told the time), a lock, or any idea of what a value means.

Why this policy and no other: docs/architecture/near.md, with the figures.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

__all__ = ["MOST_USES", "Bounded", "Slot"]

V = TypeVar("V")

MOST_USES = 3
"""As far as uses are counted; a reader that finds a slot there need not write to it."""

NEW_SHARE = 10
"""New entries are preferred as victims while they take more than one part in so many of what is held."""

MOST_CHANCES = 128
"""How many used entries are passed over for one victim, so that no put has to walk through all of them."""

SWEPT_PER_PUT = 8
"""How many expired entries a put removes at most, beside those that it meets when it looks for room."""

SPARE = 64
"""Names of the gone that may always wait in a queue; beyond it they are cleared out as they outnumber the living."""


class Slot(msgspec.Struct, Generic[V], gc=False):
    """One entry: its value, the time at which it expires (``inf`` for never) and the bytes it is counted with.

    Only ``uses`` may be written by others than the table. Threads that do so at once may lose a count, which is
    harmless. A value that is reachable from itself would never be freed.
    """

    value: V
    deadline: float
    size: int
    uses: int = 0
    proven: bool = False


class Bounded(Generic[V]):
    """Values by name; when there is no room, those go that were not used.

    ``max_entries``  how many entries may be held
    ``max_bytes``    the bytes that the sizes of all entries may add up to
    ``size``         that sum; between two calls it is never above the limit

    Times are seconds of one monotonic clock; an entry is gone from its deadline on.

    Calls that change the table need a lock of the caller's, if there are threads. ``get``, ``find`` and ``living``
    need none: they find an entry as it was before or after a change made meanwhile.

    The policy is S3-FIFO (Yang, Zhang, Qiu, Yue and Vigfusson, "FIFO queues are all you need for cache eviction",
    SOSP 2023): new entries wait in a short queue and leave it unless they are used there; the others wait in a long
    one, where every use is another round; and one that comes back soon after it left the short queue begins in the
    long one. A scan passes through the short queue. A hit reorders nothing.

    Queues hold names. Those of entries that are gone, or elsewhere, are left until they come up, or until they
    outnumber the living.
    """

    find: Callable[[bytes], Slot[V] | None]
    """The slot of a name, expired or not, without counting the use: a dict's own ``get``, for who cannot spare a call.

    Whoever serves its value looks at ``deadline``, and adds 1 to ``uses`` below ``MOST_USES``.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.size = 0
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._slots: dict[bytes, Slot[V]] = {}
        self.find = self._slots.get
        self._new: deque[bytes] = deque()
        self._new_size = 0
        self._proven: deque[bytes] = deque()
        self._left = _Lately()
        self._round: list[bytes] = []

    def __len__(self) -> int:
        """How many entries are kept, expired ones that were not yet swept included."""
        return len(self._slots)

    def get(self, name: bytes, now: float) -> Slot[V] | None:
        """The live entry of this name, which is thereby used; or None."""
        slot = self.find(name)
        if slot is None or slot.deadline <= now:
            return None
        if slot.uses < MOST_USES:
            slot.uses += 1
        return slot

    def put(self, name: bytes, value: V, size: int, deadline: float, now: float) -> bool:
        """Keep the value until ``deadline``, at the cost of others. False, and no change, if it alone is too large.

        Writing over an entry is a use of it.
        """
        if size > self._max_bytes:
            return False
        slot = Slot(value, deadline, size)
        former = self.find(name)
        if former is None:
            slot.proven = self._left.has(name, len(self._slots))
        else:
            slot.proven, slot.uses = former.proven, min(former.uses + 1, MOST_USES)
            self.pop(name)
        self._sweep_some(now)
        while len(self._slots) >= self._max_entries or self.size + size > self._max_bytes:
            self._evict(now)
        self._insert(name, slot)
        return True

    def expire(self, name: bytes, deadline: float) -> None:
        """Give the entry, which must be there, another deadline."""
        self._slots[name].deadline = deadline

    def pop(self, name: bytes) -> None:
        """Forget the entry, if there is one."""
        slot = self._slots.pop(name, None)
        if slot is not None:
            self.size -= slot.size
            if not slot.proven:
                self._new_size -= slot.size

    def clear(self) -> None:
        """Forget everything."""
        for held in (self._slots, self._new, self._proven, self._round):
            held.clear()
        self.size = self._new_size = 0

    def names(self) -> list[bytes]:
        """All names at this moment."""
        return list(self._slots)

    def living(self, names: Iterable[bytes], now: float) -> list[bytes]:
        """Those of the names that have a live entry. That does not count as a use."""
        find = self.find
        return [name for name in names if (slot := find(name)) is not None and slot.deadline > now]

    def sweep(self, now: float) -> None:
        """Remove all that has expired; looks at every entry."""
        for name in [name for name, slot in self._slots.items() if slot.deadline <= now]:
            self.pop(name)

    def _sweep_some(self, now: float) -> None:
        """Look at the next entry of a round over all, and on and on while what is found has expired."""
        for _ in range(SWEPT_PER_PUT):
            self._round = self._round or list(self._slots)
            if not self._round:
                return
            name = self._round.pop()
            slot = self.find(name)
            if slot is None or slot.deadline > now:
                return
            self.pop(name)

    def _insert(self, name: bytes, slot: Slot[V]) -> None:
        self._slots[name] = slot
        self.size += slot.size
        if slot.proven:
            queue = self._proven
        else:
            queue = self._new
            self._new_size += slot.size
        queue.append(name)
        if len(queue) > 2 * len(self._slots) + SPARE:
            self._clear_out()

    def _evict(self, now: float) -> None:
        """Remove one entry; there must be one."""
        chances = MOST_CHANCES
        while True:
            new = self._new_size * NEW_SHARE > self.size or not self._proven
            name = (self._new if new else self._proven).popleft()
            slot = self.find(name)
            if slot is None or slot.proven is new:
                continue
            if not slot.uses or slot.deadline <= now or not chances:
                break
            chances -= 1
            self._pass_over(name, slot)
        if new:
            self._leave(name)
        self.pop(name)

    def _leave(self, name: bytes) -> None:
        """Remember who left the short queue, among as many as there are entries."""
        if self._left.room < len(self._slots):
            self._left = _Lately(2 * len(self._slots))
        self._left.add(name)

    def _pass_over(self, name: bytes, slot: Slot[V]) -> None:
        """Let an entry stay for the use that was made of it."""
        slot.uses -= 1
        if not slot.proven:
            slot.proven, slot.uses = True, 0
            self._new_size -= slot.size
        self._proven.append(name)

    def _clear_out(self) -> None:
        """Leave each name once, in the queue of its entry."""
        slots = self._slots
        for proven, queue in ((False, self._new), (True, self._proven)):
            kept = dict.fromkeys(name for name in queue if name in slots and slots[name].proven is proven)
            queue.clear()
            queue.extend(kept)


class _Lately:
    """Names that left lately, by their hashes; one may be forgotten early, when another takes its place.

    Names are bytes, so that their hashes are 64 bits with a secret: nobody can choose names that collide.
    """

    def __init__(self, room: int = SPARE) -> None:
        self.room = room
        self._hashes = array("q", [0]) * room
        self._left = array("Q", [0]) * room
        self._count = room

    def has(self, name: bytes, last: int) -> bool:
        """Whether the name is among the ``last`` that left."""
        number = hash(name)
        place = number % self.room
        return self._hashes[place] == number and self._count - self._left[place] < last

    def add(self, name: bytes) -> None:
        """Remember that a name left."""
        number = hash(name)
        place = number % self.room
        self._hashes[place] = number
        self._left[place] = self._count = self._count + 1
