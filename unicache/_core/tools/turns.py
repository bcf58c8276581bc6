"""Rivals for one document inside this process stand in a queue, so that each process has one of them trying at a time.

Compare-and-set lets one of many win in each round, so a thousand rivals that all try again would need a thousand rounds
of a thousand tries. Turns are advice, not locks: in a queue that stands still the next goes ahead. So nobody can be
kept by somebody who never leaves, such as a change that waits for another change.
"""

import threading
from collections import deque
from collections.abc import Hashable

from unicache._core.io import Event, Io
from unicache._core.tools.forks import forget_after_fork

__all__ = ["Turn", "Turns"]

PATIENCE = 1.0
"""Seconds to wait in a queue in which nobody moves."""

Place = tuple[Hashable, bytes]
"""A scheduler, and the name of a document."""


class Queue:
    """Who waits for one document, who has been called and not left, and how often something happened."""

    def __init__(self) -> None:
        self.waiting: deque[Event] = deque()
        self.called: set[Event] = set()
        self.moves = 0

    def call(self) -> Event | None:
        """It is the next one's turn, who has to be told."""
        if not self.waiting:
            return None
        event = self.waiting.popleft()
        self.called.add(event)
        return event


class Turns:
    """The queues of one cache, by scheduler and name."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: nobody waits."""
        self._lock = threading.Lock()
        self._queues: dict[Place, Queue] = {}

    def turn(self, name: bytes) -> "Turn":
        """A place in the queue for ``name``, not taken yet."""
        return Turn(self, (self._io.here(), name))

    def waiting(self, place: Place) -> bool:
        """Whether there is a queue."""
        return place in self._queues

    def join(self, place: Place) -> tuple[Queue, Event]:
        """Stand at the end of the queue; who is alone in it is called at once."""
        event = self._io.event()
        with self._lock:
            queue = self._queues.setdefault(place, Queue())
            queue.waiting.append(event)
            following = None if queue.called else queue.call()
        if following is not None:
            following.set()
        return queue, event

    def go_ahead(self, queue: Queue, event: Event) -> bool:
        """Whether it is one's turn in a queue that stands still: the next one's, and then it stands still no more."""
        with self._lock:
            if queue.waiting and queue.waiting[0] is event:
                queue.call()
                queue.moves += 1
            return event in queue.called

    def leave(self, place: Place, queue: Queue, event: Event) -> None:
        """Leave the queue; who was called calls the next."""
        with self._lock:
            queue.moves += 1
            following = None
            if event in queue.called:
                queue.called.remove(event)
                following = queue.call()
            else:
                queue.waiting.remove(event)
            if not queue.called and not queue.waiting and self._queues.get(place) is queue:
                del self._queues[place]
        if following is not None:
            following.set()


class Turn:
    """One rival's place."""

    def __init__(self, turns: Turns, place: Place) -> None:
        self._turns = turns
        self._place = place
        self._taken: tuple[Queue, Event] | None = None

    async def come(self, *, lost: bool) -> None:
        """Be called, or be the next in a queue that stands still. Who has not lost yet waits only if others do."""
        if self._taken is not None or not (lost or self._turns.waiting(self._place)):
            return
        self._taken = queue, event = self._turns.join(self._place)
        moves = -1
        while not await event.wait(PATIENCE):
            if queue.moves == moves and self._turns.go_ahead(queue, event):
                return
            moves = queue.moves

    def leave(self) -> None:
        """It is over, whatever came of it."""
        if self._taken is not None:
            self._turns.leave(self._place, *self._taken)
