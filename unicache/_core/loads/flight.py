"""Flights: at most one load of a key at a time in this process, and how those who wait learn of its end.

Pure bookkeeping under a lock; which load to run and who gets what is decided in ``load``.
"""

import threading
from collections.abc import Hashable, Iterable
from enum import Enum
from types import TracebackType
from typing import Any

import msgspec

from unicache._core.io import Event, Io, Task
from unicache._core.records.record import Record
from unicache._core.tools.forks import forget_after_fork

__all__ = ["Failed", "Flight", "Flights", "Found", "Gone", "Interrupted", "Landing", "Loaded", "Role"]


class Role(Enum):
    """What a caller is to a flight. Who comes late, when the value is already on its way into the store, must not have
    it: an invalidation may have come and gone between the store's acceptance and the news of it.
    """

    LEADER = "leader"
    JOINER = "joiner"
    LATE = "late"


class Found(msgspec.Struct, frozen=True):
    """Somebody else had filled the key."""

    record: Record


class Loaded(msgspec.Struct, frozen=True):
    """The loader ran. ``record`` is what was stored, None when nothing was. Then only the leader may have the value; or
    all, if the doors were ``closed`` before the loader began, because then all asked before.
    """

    value: Any
    record: Record | None
    closed: bool = False


class Failed(msgspec.Struct, frozen=True):
    """The loader, or the encoding of what it gave, failed.

    All waiters raise one error, each with the traceback of the load: what one raised must not pile up for the next.
    """

    error: Exception
    traceback: TracebackType | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "traceback", self.error.__traceback__)


class Interrupted(msgspec.Struct, frozen=True):
    """The load was killed: by a cancellation, a KeyboardInterrupt, the end of a loop."""

    error: BaseException


class Gone(msgspec.Struct, frozen=True):
    """What the load was to replace is there no more: everybody has to look again."""


Landing = Found | Gone | Loaded | Failed | Interrupted


class Flight:
    """One load under way."""

    __slots__ = ("boarding", "event", "landing", "place", "riders", "task")

    def __init__(self, place: tuple[Hashable, bytes], event: Event) -> None:
        self.place = place
        self.event = event
        self.boarding = True
        self.landing: Landing | None = None
        self.riders = 0
        self.task: Task | None = None


class Flights:
    """The loads under way in this process, by scheduler and name."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the threads that led these flights are not there."""
        self._lock = threading.Lock()
        self._flights: dict[tuple[Hashable, bytes], Flight] = {}

    def enter(self, name: bytes) -> tuple[Flight, Role]:
        """The flight of the name, and what the caller is to it."""
        place = (self._io.here(), name)
        with self._lock:
            flight = self._flights.get(place)
            if flight is not None:
                flight.riders += 1
                return flight, Role.JOINER if flight.boarding else Role.LATE
            flight = self._flights[place] = Flight(place, self._io.event())
            flight.riders = 1
            return flight, Role.LEADER

    def leave(self, flight: Flight) -> bool:
        """Somebody waits no more, for a load that has not ended; whether he was the last."""
        with self._lock:
            flight.riders -= 1
            return not flight.riders and flight.landing is None

    def close_doors(self, flight: Flight) -> None:
        """The value is about to be stored: whoever comes from now on is late."""
        with self._lock:
            flight.boarding = False

    def land(self, flight: Flight, landing: Landing) -> None:
        """The load is over; wake whoever waits."""
        flight.landing = landing
        with self._lock:
            if self._flights.get(flight.place) is flight:
                del self._flights[flight.place]
        flight.event.set()

    def detach(self, names: Iterable[bytes]) -> None:
        """R5: later callers must not join a load of these names that is already under way."""
        unwanted = set(names)
        with self._lock:
            for place in [place for place in self._flights if place[1] in unwanted]:
                del self._flights[place]

    def detach_all(self, prefix: bytes) -> None:
        """The same for every name that starts with ``prefix``."""
        with self._lock:
            names = [place[1] for place in self._flights if place[1].startswith(prefix)]
        self.detach(names)
