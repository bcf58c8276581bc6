"""Rivals for one document inside this process stand in a queue, so that each process has one of them trying at a time.

Compare-and-set lets one of many win in each round, so a thousand rivals that all try again would need a thousand rounds
of a thousand tries. Turns are advice, not locks: whoever waited too long goes ahead without. So nobody can be kept by
somebody who never leaves, such as a change that waits for another change.
"""

import threading
from collections import deque
from collections.abc import Hashable

from unicache._core.forks import forget_after_fork
from unicache._core.io import Event, Io

__all__ = ["Turn", "Turns"]

PATIENCE = 1.0
"""Seconds to wait for a turn."""


class Turns:
    """The queues of one cache, by scheduler and name."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: nobody waits."""
        self._lock = threading.Lock()
        self._queues: dict[tuple[Hashable, bytes], deque[Event]] = {}

    def turn(self, name: bytes) -> "Turn":
        """A place in the queue for ``name``, not taken yet."""
        return Turn(self, (self._io.here(), name))

    def waiting(self, place: tuple[Hashable, bytes]) -> bool:
        """Whether there is a queue."""
        return place in self._queues

    def join(self, place: tuple[Hashable, bytes]) -> tuple[Event, bool]:
        """Stand at the end of the queue; whether that is its head."""
        event = self._io.event()
        with self._lock:
            queue = self._queues.setdefault(place, deque())
            queue.append(event)
            return event, len(queue) == 1

    def leave(self, place: tuple[Hashable, bytes], event: Event) -> None:
        """Leave the queue; who left its head calls the next."""
        with self._lock:
            queue = self._queues.get(place)
            if queue is None or event not in queue:
                return  # it was forgotten by a fork
            first = queue[0] is event
            queue.remove(event)
            if not queue:
                del self._queues[place]
            following = queue[0] if queue and first else None
        if following is not None:
            following.set()


class Turn:
    """One rival's place."""

    def __init__(self, turns: Turns, place: tuple[Hashable, bytes]) -> None:
        self._turns = turns
        self._place = place
        self._event: Event | None = None

    async def come(self, *, lost: bool) -> None:
        """Be first, or have waited long enough. Who has not lost yet waits only if others do."""
        if self._event is None and (lost or self._turns.waiting(self._place)):
            self._event, first = self._turns.join(self._place)
            if not first:
                await self._event.wait(PATIENCE)

    def leave(self) -> None:
        """It is over, whatever came of it."""
        if self._event is not None:
            self._turns.leave(self._place, self._event)
