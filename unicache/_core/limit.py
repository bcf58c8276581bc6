"""At most so many at a time: how loads without the store are kept from running the origin over."""

import threading
from collections import deque
from types import TracebackType

from unicache._core.detached import FOREVER
from unicache._core.forks import forget_after_fork
from unicache._core.io import Event, Io

__all__ = ["Limit"]


class Limit:
    """A first-come-first-served semaphore for every event model; ``async with`` holds one of ``places``."""

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

    async def __aenter__(self) -> None:
        turn = self._enter()
        if turn is None:
            return
        try:
            while not await turn.wait(FOREVER):
                pass
        except BaseException:
            self._forsake(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave()

    def _enter(self) -> Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn = self._io.event()
            self._waiting.append(turn)
            return turn

    def _leave(self) -> None:
        with self._lock:
            turn = self._waiting.popleft() if self._waiting else None
            if turn is None:
                self._free += 1
        if turn is not None:
            turn.set()  # the place goes from hand to hand

    def _forsake(self, turn: Event) -> None:
        """A waiter gave up; if the place was already in its hands, pass it on."""
        with self._lock:
            waiting = turn in self._waiting
            if waiting:
                self._waiting.remove(turn)
        if not waiting:
            self._leave()
