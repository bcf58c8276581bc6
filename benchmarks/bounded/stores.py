"""The stores that are compared, each with ``get(name)`` and ``put(name, value, size)``; one is made for a limit.

A client of the package index is imported when its store is made.
"""

from collections.abc import Callable
from math import inf
from typing import Any, Protocol

from benchmarks.bounded.policies import Clock, Lru, Sieve
from unicache._core.tools.bounded import MOST_USES, Bounded

__all__ = ["COUNTS_BYTES", "STORES", "Store"]


class Store(Protocol):
    """What all of them can do."""

    def get(self, name: bytes, /) -> Any:
        """What is kept, or None."""

    def put(self, name: bytes, value: object, size: int) -> None:
        """Keep a value that counts for ``size``."""


class _Ours:
    """What stands under ``memory://`` and the near cache, read as the near cache reads it."""

    def __init__(self, limit: int) -> None:
        self._table: Bounded[object] = Bounded(limit, limit)
        self._find = self._table.find

    def get(self, name: bytes) -> Any:
        slot = self._find(name)
        if slot is None or slot.deadline <= 0.0:
            return None
        if slot.uses < MOST_USES:
            slot.uses += 1
        return slot.value

    def put(self, name: bytes, value: object, size: int) -> None:
        self._table.put(name, value, size, inf, 0.0)


class _Cachebox:
    """Its insert has no size: it asks a function for it, which finds it with the value."""

    def __init__(self, limit: int, policy: str) -> None:
        import cachebox

        cache = getattr(cachebox, policy)(limit, getsizeof=lambda _, sized: sized[1])
        self.get = cache.get
        self._insert = cache.insert

    def put(self, name: bytes, value: object, size: int) -> None:
        self._insert(name, (value, size))


class _Theine:
    """Counts entries: there is no size to give it."""

    def __init__(self, limit: int) -> None:
        from theine import Cache

        self._cache: Any = Cache(limit)

    def get(self, name: bytes) -> Any:
        return self._cache.get(name)[0]

    def put(self, name: bytes, value: object, size: int) -> None:
        self._cache.set(name, value)


STORES: dict[str, Callable[[int], Store]] = {
    "S3-FIFO, ours": _Ours,
    "LRU": Lru,
    "CLOCK": Clock,
    "SIEVE": Sieve,
    "cachebox LRU": lambda limit: _Cachebox(limit, "LRUCache"),
    "cachebox LFU": lambda limit: _Cachebox(limit, "LFUCache"),
    "theine W-TinyLFU": _Theine,
}

COUNTS_BYTES = tuple(name for name in STORES if not name.startswith("theine"))
