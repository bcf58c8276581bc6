"""The textbook policies, as short as they can be: what ours is to be better than. For entries of any size.

All but LRU leave at a hit no more than a mark in the entry. Nothing here is fit for use: no deadlines, no removal.
"""

from collections import OrderedDict, deque
from typing import Any

__all__ = ["Clock", "Lru", "Sieve"]


class _Entry:
    __slots__ = ("name", "size", "used", "value")

    def __init__(self, name: bytes, value: object, size: int) -> None:
        self.name = name
        self.value = value
        self.size = size
        self.used = False


class _Marking:
    """A dict, and entries that remember that they were used."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._entries: dict[bytes, _Entry] = {}

    def get(self, name: bytes) -> Any:
        entry = self._entries.get(name)
        if entry is None:
            return None
        entry.used = True
        return entry.value

    def _remove(self, entry: _Entry) -> None:
        del self._entries[entry.name]
        self._size -= entry.size

    def _add(self, name: bytes, value: object, size: int) -> _Entry:
        entry = self._entries[name] = _Entry(name, value, size)
        self._size += size
        return entry


class Lru:
    """The least recently used goes; every hit moves its entry to the end."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()

    def get(self, name: bytes) -> Any:
        entry = self._entries.get(name)
        if entry is None:
            return None
        self._entries.move_to_end(name)
        return entry[0]

    def put(self, name: bytes, value: object, size: int) -> None:
        self._entries[name] = (value, size)
        self._size += size
        while self._size > self._limit:
            self._size -= self._entries.popitem(last=False)[1][1]


class Clock(_Marking):
    """First in, first out, with another round for what was used: the "second chance"."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._queue: deque[_Entry] = deque()

    def put(self, name: bytes, value: object, size: int) -> None:
        while self._size + size > self._limit:
            entry = self._queue.popleft()
            if entry.used:
                entry.used = False
                self._queue.append(entry)
            else:
                self._remove(entry)
        self._queue.append(self._add(name, value, size))


class Sieve(_Marking):
    """SIEVE (Zhang, Yang, Yue, Vigfusson and Rashmi, NSDI 2024): what was used stays where it is, the hand moves on.

    Two queues are the paper's list on either side of its hand.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._ahead: deque[_Entry] = deque()
        self._behind: deque[_Entry] = deque()

    def put(self, name: bytes, value: object, size: int) -> None:
        while self._size + size > self._limit:
            if not self._ahead:
                self._ahead, self._behind = self._behind, self._ahead
            entry = self._ahead.popleft()
            if entry.used:
                entry.used = False
                self._behind.append(entry)
            else:
                self._remove(entry)
        self._ahead.append(self._add(name, value, size))
