"""Keeps the leases of running loads alive, so that a load may take longer than its lease as long as its process lives,
and takes them away when the loads are cut off, so that nobody waits for them in vain.

One watch, which is a task or thread, for all leases of a scheduler; it runs only while there are any.
"""

import threading
import weakref
from collections.abc import Callable, Coroutine, Hashable
from contextlib import suppress
from typing import Any

import msgspec

from unicache._core.io import Event, Io
from unicache._core.stores.store import Store
from unicache._core.tools.forks import forget_after_fork
from unicache.errors import CacheError

__all__ = ["Keeper"]


class Watch(msgspec.Struct, frozen=True):
    """Who renews leases, until ``over``; ``held`` is from their tokens to their names."""

    over: Event
    held: dict[bytes, bytes]


class Keeper:
    """The leases this process holds, each renewed three times in its life."""

    def __init__(self, io: Io, store: Store, lease: float) -> None:
        self._io = io
        self._store = store
        self._lease = lease
        self._will_release = False
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the leases are the parent's."""
        self._lock = threading.Lock()
        self._watches: dict[Hashable, Watch] = {}

    def hold(self, name: bytes, token: bytes) -> None:
        """The lease is ours: renew it from time to time."""
        here = self._io.here()
        with self._lock:
            watch = self._watches.get(here)
            if watch is not None:
                watch.held[token] = name
                return
            watch = self._watches[here] = Watch(self._io.event(), {token: name})
        self._io.spawn(lambda: self._keep(here, watch))
        if not self._will_release:
            self._will_release = True
            self._io.at_end(_releasing(weakref.ref(self)))

    def drop(self, token: bytes) -> None:
        """The load is over. A watch with nothing to do ends at once, so that it does not keep a loop busy; but a thread
        stays for a while, because starting one costs more than a load may.
        """
        here = self._io.here()
        watch = self._watches.get(here)
        if watch is None:
            return
        with self._lock:
            watch.held.pop(token, None)
        if not self._io.exclusive and self._ended(here, watch):
            watch.over.set()

    async def release(self) -> None:
        """Take away all leases of this scheduler: the cache is closed, or the process ends."""
        watch = self._watches.get(self._io.here())
        if watch is None:
            return
        with suppress(CacheError):  # out of reach; they expire
            while watch.held:
                token, name = watch.held.popitem()
                await self._store.release(name, token)

    def _ended(self, here: Hashable, watch: Watch) -> bool:
        """Whether the watch has nothing more to do; then the next lease starts another."""
        with self._lock:
            if not watch.held and self._watches.get(here) is watch:
                del self._watches[here]
            return not watch.held

    async def _keep(self, here: Hashable, watch: Watch) -> None:
        try:
            while not await watch.over.wait(self._lease / 3.0) and not self._ended(here, watch):
                for token, name in list(watch.held.items()):
                    await self._renew(name, token)
        finally:
            watch.held.clear()  # if the scheduler ends, the loads end with it
            self._ended(here, watch)

    async def _renew(self, name: bytes, token: bytes) -> None:
        try:
            await self._store.renew(name, token, self._lease)
        except CacheError:
            return  # the store is in trouble; the lease lives on for the rest of its time


def _releasing(keeper: "weakref.ref[Keeper]") -> Callable[[], Coroutine[Any, Any, None]]:
    """What to do at the end, for as long as there is a keeper."""

    async def release() -> None:
        found = keeper()
        if found is not None:
            await found.release()

    return release
