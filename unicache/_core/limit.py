"""At most so many at a time: how loads without the store are kept from running the origin over."""

import threading
from collections import deque
from contextvars import ContextVar, Token
from types import TracebackType

from unicache._core.detached import FOREVER
from unicache._core.forks import forget_after_fork
from unicache._core.io import Event, Io

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

    def place(self) -> "_Place":
        """A place to be held by ``async with``. Who holds one already needs no second: a load may need another's."""
        return _Place(self)

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


class _Place:
    """One caller's place, from ``async with`` to its end."""

    __slots__ = ("_limit", "_mark")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._mark: Token[frozenset[int]] | None = None

    async def __aenter__(self) -> None:
        inside = _inside.get()
        if id(self._limit) in inside:
            return
        await self._limit.enter()
        self._mark = _inside.set(inside | {id(self._limit)})

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._mark is not None:
            _inside.reset(self._mark)
            self._limit.leave()
