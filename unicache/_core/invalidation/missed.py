"""Invalidations that did not get through, kept to be repeated when the store is back: opt-in, and bounded.

Whoever asked for one was told by an error. Repeating it late removes what is newer too, which is always safe (P1). The
next load-through repeats it before it reads, so that this process serves nothing that it knows to be out of date; if
none comes, a task of its own does it, for the sake of the other processes.
"""

import threading
from collections.abc import Iterable

from unicache._core.io import Event, Io
from unicache._core.stores.store import Store
from unicache._core.tools.forks import forget_after_fork
from unicache.errors import CacheClosed, CacheError

__all__ = ["Missed", "drop_all"]

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
"""Seconds between attempts."""


class Missed:
    """Names, and beginnings of names, that are still to be removed; at most ``limit`` of them."""

    def __init__(self, io: Io, store: Store, limit: int) -> None:
        self._io = io
        self._store = store
        self._limit = limit
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: what is missing is the parent's business. Also when the cache is closed."""
        self._lock = threading.Lock()
        self._names: dict[bytes, object] = {}  # each with a mark of when it was missed last
        self._prefixes: dict[bytes, object] = {}
        self._over: Event | None = None
        self.waiting = False  # whether there is anything to repeat

    def __len__(self) -> int:
        return len(self._names) + len(self._prefixes)

    def add(self, names: Iterable[bytes] = (), prefixes: Iterable[bytes] = ()) -> bool:
        """Keep them; False when there is no room, and then none of them is kept."""
        with self._lock:
            all_names, all_prefixes = self._names | _marked(names), self._prefixes | _marked(prefixes)
            if len(all_names) + len(all_prefixes) > self._limit:
                return False
            self._names, self._prefixes = all_names, all_prefixes
            self.waiting = bool(all_names or all_prefixes)
            begin = self._over is None
            over = self._over = self._over or self._io.event()
        if begin:
            self._io.spawn(lambda: self._keep_trying(over))
        return True

    async def replay(self) -> None:
        """Remove all of them now. Raises what the store raises; then they are kept."""
        names, prefixes = self._names, self._prefixes
        await self._store.drop(list(names))
        for prefix in prefixes:
            await drop_all(self._store, prefix)
        with self._lock:  # what was missed again meanwhile stays
            self._names = _without(self._names, names)
            self._prefixes = _without(self._prefixes, prefixes)
            self.waiting = bool(self._names or self._prefixes)

    def stop(self) -> None:
        """The cache is closed: nothing more can be done."""
        over = self._over
        self.forget()
        if over is not None:
            over.set()

    async def _keep_trying(self, over: Event) -> None:
        pause = FIRST_PAUSE
        while not await over.wait(pause) and not self._ended(over):
            try:
                await self.replay()
            except CacheClosed:
                return
            except CacheError:
                pause = min(LONGEST_PAUSE, pause * 2.0)

    def _ended(self, over: Event) -> bool:
        """Whether there is nothing more to do; then the next that is missed starts another task."""
        with self._lock:
            if not len(self) and self._over is over:
                self._over = None
            return not len(self)


def _marked(missed: Iterable[bytes]) -> dict[bytes, object]:
    return {each: object() for each in missed}


def _without(all_: dict[bytes, object], done: dict[bytes, object]) -> dict[bytes, object]:
    return {each: mark for each, mark in all_.items() if done.get(each) is not mark}


async def drop_all(store: Store, prefix: bytes) -> None:
    """Remove every name that starts with ``prefix``."""
    async for names in store.scan(prefix):
        await store.drop(names)
