"""The effects: all that the engine may ask of an event model, and nothing more.

A flavour is one implementation of ``Io``. The methods that are ``async`` here may suspend the caller under a loop, a
hub or a reactor, and block it under threads; everything else returns at once. Nothing here decides anything.
"""

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:  # dear to import, and most connections need it not
    import ssl

__all__ = ["PIECE", "Alarm", "DirectTransport", "Endpoint", "Event", "Io", "Promise", "Receiver", "Task", "Transport"]

PIECE = 16_384
"""Bytes read at a time where many callers share a link: some hundred small replies. With more, so many calls end and
begin at once that each burst starts the collector of cycles, which goes through all the calls that wait.
"""

Promise = Awaitable[Any]
"""One value to come, awaited at most once."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where a node listens: ``host`` and ``port``, or ``path`` for a Unix socket; ``tls`` if the link is encrypted."""

    host: str = "localhost"
    port: int = 6379
    path: str | None = None
    tls: "ssl.SSLContext | None" = None

    def __str__(self) -> str:
        return self.path if self.path is not None else f"{self.host}:{self.port}"


class Event(Protocol):
    """Something that happens once, for any number of waiters."""

    def set(self) -> None: ...

    async def wait(self, seconds: float) -> bool:
        """Wait until it is set, at most ``seconds``; True if it was set."""
        ...


class Alarm(Protocol):
    """A timer that was started."""

    def cancel(self) -> None: ...


class Task(Protocol):
    """Work that was spawned."""

    def cancel(self) -> object:
        """Have it end soon, if the event model can do that; a thread cannot be made to."""
        ...


class Receiver(Protocol):
    """The wire's side of a transport: it gives and takes bytes, and is told when the link is lost."""

    @property
    def alarm_at(self) -> float:
        """When the receiver wants ``ring`` to be called, by ``Io.now``; looked at by exclusive transports only."""
        ...

    @property
    def piece(self) -> int:
        """How many bytes it wants to be handed at a time, at most; looked at by models whose calls are coroutines."""
        ...

    @property
    def busy(self) -> bool:
        """Bytes are expected: an event model must not end because nothing else is under way."""
        ...

    def collect(self) -> bytes:
        """All bytes to be sent now; empty when there are none."""
        ...

    def received(self, data: bytes) -> None:
        """Bytes that came in."""
        ...

    def lost(self, error: Exception | None) -> None:
        """The link is gone. ``error`` is None when the other side closed it."""
        ...

    def ring(self) -> None:
        """``alarm_at`` has come."""
        ...


class Transport(Protocol):
    """An open byte stream to a node."""

    def wake(self) -> None:
        """There is something to send: ``collect`` it when this tick of the event model ends, and write it.

        Called once for each time the output goes from empty to not empty.
        """
        ...

    def flush(self) -> None:
        """``collect`` and write at once; what does not go out now follows by itself."""
        ...

    def read(self, *, wait: bool) -> None:
        """Hand over what has arrived; with ``wait``, wait for it until ``alarm_at``. In exclusive models only."""
        ...

    def fileno(self) -> int:
        """The socket's descriptor."""
        ...

    def close(self) -> None:
        """Close at once, without another word to the receiver. Allowed twice."""
        ...


class DirectTransport(Transport, Protocol):
    """The transport of an exclusive model, which can also be used past its receiver, by the one who waits.

    Both calls raise BlockingIOError when no bytes come before the deadline, any other OSError when the stream is gone.
    """

    def exchange(self, data: bytes, deadline: float) -> bytes:
        """Write ``data``, and give the bytes that come back first."""
        ...

    def receive(self, deadline: float) -> bytes:
        """The next bytes."""
        ...

    def arrivals(self) -> Callable[[float, int], Sequence[object]]:
        """What tells any thread at any time whether bytes, or the end, wait to be read: ``epoll.poll``."""
        ...


class Io(Protocol):
    """One event model."""

    exclusive: bool
    """True when a link serves one caller at a time and is read by the one that waits (threads)."""

    def now(self) -> float:
        """Monotonic seconds, for deadlines; they go on while the machine sleeps, where the system has such a clock."""
        ...

    def wall(self) -> float:
        """Unix seconds, for times that other processes read."""
        ...

    def here(self) -> Hashable:
        """The scheduler that is running; links and flights belong to it."""
        ...

    def promise(self, source: Transport | None = None) -> Promise:
        """A promise to be resolved from this scheduler; in an exclusive model, awaiting it reads from ``source``."""
        ...

    def resolve(self, promise: Promise, value: Any) -> None:
        """Deliver the value. Nothing happens when it has one already, or when its waiter was cancelled."""
        ...

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """Call ``ring`` after ``seconds``. In an exclusive model the waiter looks at the clock; this does nothing."""
        ...

    def event(self) -> Event:
        """A new event of this scheduler."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call what the user gave, and wait for it if it gives back something to wait for."""
        ...

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> Task:
        """Run ``main()`` beside the caller, whose cancellation does not touch it. ``main`` lets no exception out."""
        ...

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``main()`` to its end, although the caller has been cancelled."""
        ...

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``main()`` when the process or the reactor ends; not where tasks are cancelled then, and end in order."""
        ...

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream within ``seconds``; raises OSError (TimeoutError and ssl.SSLError are such) when it cannot."""
        ...
