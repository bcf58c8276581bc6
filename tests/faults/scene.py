"""What the processes of a real run have in common: keys, terms, tags, and a board of numbers in shared memory.

The board holds the source of truth: each key has a version, which is the sum of a cell for each process, so that nobody
writes where another does, and nobody waits for a process that was stopped. What must not live here: what is done with
all that (``worker``), and what is right (``histories``).
"""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cells import Cells

from histories import Life

__all__ = ["CREW", "HOT", "KEYS", "LIVES", "LONE", "TAGGED", "TERMS", "TTL", "Board", "carriers", "kind_of", "tags_of"]

CREW = ("threads", "asyncio", "trio", "gevent", "twisted")
"""The flavours of the processes, one each."""

KINDS = ("plain", "tagged", "told", "stale")
"""Without tags; with tags of the arguments; with tags of the result; with a stale window and tags."""

HOT = [f"{kind}-{number}" for kind in KINDS for number in range(2)]
"""The keys that everybody reads and invalidates."""

TAGGED = [key for key in HOT if not key.startswith("plain")]

LONE = "lone"
"""A key that lives shortly and is rarely invalidated: who dies while loading it leaves a lease behind."""

KEYS = [*HOT, LONE]

TTL, SHORT_TTL, WINDOW = 0.2, 0.02, 0.04
"""Seconds."""

MILLISECOND = 1_000_000


def kind_of(key: str) -> str:
    return key.partition("-")[0]


def tags_of(key: str) -> list[str]:
    """One that many keys carry, and one of its own."""
    return ["all", f"only {key}"]


def carriers(tag: str) -> list[str]:
    """The keys that carry the tag."""
    return [key for key in TAGGED if tag in tags_of(key)]


def _tags_of_value(value: str) -> list[str]:
    return tags_of(value.partition(" ")[0])


TERMS: dict[str, dict[str, Any]] = {
    "plain": {"ttl": TTL},
    "tagged": {"ttl": TTL, "tags": [tags_of]},
    "told": {"ttl": TTL, "result_tags": _tags_of_value},
    "lone": {"ttl": SHORT_TTL},
    "stale": {"ttl": SHORT_TTL, "stale_while_revalidate": WINDOW, "tags": [tags_of]},
}


def _life(kind: str) -> Life:
    ttl, window = TERMS[kind]["ttl"], TERMS[kind].get("stale_while_revalidate", 0.0)
    return Life(ttl * 1e9, window * 1e9, slack=2 * MILLISECOND)  # records keep milliseconds


LIVES = {key: _life(kind_of(key)) for key in KEYS}
"""In nanoseconds, as the moments of histories are."""

_READS = len(KEYS)
_LEADING = _READS + 1
_ROW = _LEADING + 1


class Board(Cells):
    """What all processes see. Each writes in its own ``row`` only."""

    def __init__(self, path: Path, row: int = 0, parent: int = 0) -> None:
        super().__init__(path, 1 + len(CREW) * _ROW, parent)
        self._start = 1 + row * _ROW
        self._lock = threading.Lock()

    def version(self, key: str) -> int:
        """What is true now."""
        return sum(self._column(KEYS.index(key)))

    def change(self, keys: Iterable[str]) -> dict[str, int]:
        """Make something else true; the versions of the keys, which are at least those that this made."""
        found = {}
        for key in keys:
            place = KEYS.index(key)
            with self._lock:
                self.cells[self._start + place] += 1
            found[key] = sum(self._column(place))
        return found

    def count(self) -> None:
        """One more read."""
        with self._lock:
            self.cells[self._start + _READS] += 1

    def lead(self, *, begins: bool) -> None:
        """A load of the lone key begins here, or ends."""
        self.cells[self._start + _LEADING] = begins

    def forget(self, row: int) -> None:
        """Who worked in this row leads no more."""
        self.cells[1 + row * _ROW + _LEADING] = 0

    @property
    def leaders(self) -> list[int]:
        """The rows of those who are loading the lone key."""
        return [row for row, leads in enumerate(self._column(_LEADING)) if leads]

    @property
    def reads(self) -> Sequence[int]:
        """How many reads each process made."""
        return self._column(_READS)

    def _column(self, place: int) -> Sequence[int]:
        return self.cells[1 + place :: _ROW].tolist()
