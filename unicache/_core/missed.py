"""Invalidations that did not get through, kept to be repeated when the store is back: opt-in, and bounded.

Whoever asked for one was told by an error. Repeating it late removes what is newer too, which is always safe (P1). The
next load-through repeats it before it reads, so that this process serves nothing that it knows to be out of date; if
none comes, a task of its own does it, for the sake of the other processes.
"""

import threading
from collections.abc import Iterable

from unicache._core.forks import forget_after_fork
from unicache._core.io import Event, Io
from unicache._core.store import Store
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
        self._names: dict[bytes, None] = {}
        self._prefixes: dict[bytes, None] = {}
        self._over: Event | None = None

    def __len__(self) -> int:
        return len(self._names) + len(self._prefixes)

    def add(self, names: Iterable[bytes] = (), prefixes: Iterable[bytes] = ()) -> bool:
        """Keep them; False when there is no room, and then none of them is kept."""
        with self._lock:
            new_names = {name: None for name in names if name not in self._names}
            new_prefixes = {prefix: None for prefix in prefixes if prefix not in self._prefixes}
            if len(self) + len(new_names) + len(new_prefixes) > self._limit:
                return False
            self._names |= new_names
            self._prefixes |= new_prefixes
            begin = self._over is None
            over = self._over = self._over or self._io.event()
        if begin:
            self._io.spawn(lambda: self._keep_trying(over))
        return True

    async def replay(self) -> None:
        """Remove all of them now. Raises what the store raises; then they are kept."""
        names, prefixes = list(self._names), list(self._prefixes)
        await self._store.drop(names)
        for prefix in prefixes:
            await drop_all(self._store, prefix)
        with self._lock:
            for name in names:
                self._names.pop(name, None)
            for prefix in prefixes:
                self._prefixes.pop(prefix, None)

    def stop(self) -> None:
        """The cache is closed: nothing more can be done."""
        over = self._over
        self.forget()
        if over is not None:
            over.set()

    async def _keep_trying(self, over: Event) -> None:
        pause = FIRST_PAUSE
        try:
            while not await over.wait(pause) and len(self):
                try:
                    await self.replay()
                except CacheClosed:
                    return
                except CacheError:
                    pause = min(LONGEST_PAUSE, pause * 2.0)
        finally:
            if self._over is over:
                self._over = None


async def drop_all(store: Store, prefix: bytes) -> None:
    """Remove every name that starts with ``prefix``."""
    async for names in store.scan(prefix):
        await store.drop(names)
