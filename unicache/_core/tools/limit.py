"""At most so many at a time: how loads without the store are kept from running the origin over."""

import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from unicache._core.io import Event, Io
from unicache._core.tools.contexts import holding
from unicache._core.tools.detached import FOREVER
from unicache._core.tools.forks import forget_after_fork

__all__ = ["Limit"]


_inside: ContextVar[frozenset[int]] = ContextVar("unicache_inside_limits", default=frozenset())
"""The limits in which the running code holds a place."""


class Limit:
    """A first-come-first-served semaphore of so many ``places``, for every event model."""

    def __init__(self, io: Io, places: int) -> None:
        self._io = io
        self._places = places
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: nobody is inside."""
        self._lock = threading.Lock()
        self._free = self._places
        self._waiting: deque[Event] = deque()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. Who holds one already needs no second: a load may need another's."""
        inside = _inside.get()
        if id(self) in inside:
            yield
            return
        await self.enter()
        try:
            with holding(_inside, inside | {id(self)}):
                yield
        finally:
            self.leave()

    async def enter(self) -> None:
        """Wait for a place."""
        turn = self._enter()
        if turn is None:
            return
        try:
            while not await turn.wait(FOREVER):
                pass
        except BaseException:
            self._forsake(turn)
            raise

    def leave(self) -> None:
        """Give it to the next in the queue."""
        with self._lock:
            turn = self._waiting.popleft() if self._waiting else None
            if turn is None:
                self._free += 1
        if turn is not None:
            turn.set()  # the place goes from hand to hand

    def _enter(self) -> Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn = self._io.event()
            self._waiting.append(turn)
            return turn

    def _forsake(self, turn: Event) -> None:
        """A waiter gave up; if the place was already in its hands, pass it on."""
        with self._lock:
            waiting = turn in self._waiting
            if waiting:
                self._waiting.remove(turn)
        if not waiting:
            self.leave()
