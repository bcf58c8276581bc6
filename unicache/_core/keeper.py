"""Keeps the leases of running loads alive, so that a load may take longer than its lease as long as its process lives.

One task, or thread, for all leases of a cache; it runs only while there are any.
"""

import threading

from unicache._core.forks import forget_after_fork
from unicache._core.io import Event, Io
from unicache._core.store import Store
from unicache.errors import CacheError

__all__ = ["Keeper"]


class Keeper:
    """The leases this process holds, each renewed three times in its life."""

    def __init__(self, io: Io, store: Store, lease: float) -> None:
        self._io = io
        self._store = store
        self._lease = lease
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the leases are the parent's."""
        self._lock = threading.Lock()
        self._held: dict[bytes, bytes] = {}  # token to name
        self._watch_over: Event | None = None

    def hold(self, name: bytes, token: bytes) -> None:
        """The lease is ours: renew it from time to time."""
        with self._lock:
            self._held[token] = name
            if self._watch_over is not None:
                return
            over = self._watch_over = self._io.event()
        self._io.spawn(lambda: self._watch(over))

    def drop(self, token: bytes) -> None:
        """The load is over. A watch with nothing to do ends at once, so that it does not keep a loop busy; but a thread
        stays for a while, because starting one costs more than a load may.
        """
        with self._lock:
            self._held.pop(token, None)
            if self._held or self._watch_over is None or self._io.exclusive:
                return
            over, self._watch_over = self._watch_over, None
        over.set()

    async def _watch(self, over: Event) -> None:
        try:
            while not await over.wait(self._lease / 3.0):
                if not self._held:
                    return
                for token, name in list(self._held.items()):
                    await self._renew(name, token)
        finally:
            with self._lock:
                if self._watch_over is over:
                    self._watch_over = None

    async def _renew(self, name: bytes, token: bytes) -> None:
        try:
            await self._store.renew(name, token, self._lease)
        except CacheError:
            return  # the store is in trouble; the lease lives on for the rest of its time
