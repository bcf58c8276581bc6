"""The effects: all that the engine may ask of an event model, and nothing more.

A flavour is one implementation of ``Io``. The methods that are ``async`` here may suspend the caller under a loop, a hub
or a reactor, and block it under threads; everything else returns at once. Nothing here decides anything.
"""

import ssl
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Alarm", "Endpoint", "Event", "Io", "Promise", "Receiver", "Transport"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node listens: ``host`` and ``port``, or ``path`` for a Unix socket; ``tls`` when the link is encrypted."""

    host: str = "localhost"
    port: int = 6379
    path: str | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None

    def __str__(self) -> str:
        return self.path if self.path is not None else f"{self.host}:{self.port}"


class Promise(Awaitable[Any], Protocol):
    """One value to come. Awaiting it a second time is not needed by the engine and not supported."""

    def resolve(self, value: Any) -> None:
        """Deliver the value. A no-op when nobody waits any more, so that an abandoned request needs no bookkeeping."""


class Event(Protocol):
    """Something that happens once, for any number of waiters."""

    def set(self) -> None: ...

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most ``timeout`` seconds; True if it was set."""
        ...


class Alarm(Protocol):
    """A timer that was started."""

    def cancel(self) -> None: ...


class Receiver(Protocol):
    """The wire's side of a transport: a transport moves bytes to and from it and tells it when the link is lost."""

    def collect(self) -> bytes:
        """All bytes to be sent now; empty when there are none."""
        ...

    def received(self, data: bytes) -> None:
        """Bytes that came in."""
        ...

    def lost(self, error: Exception | None) -> None:
        """The link is gone; called once. ``error`` is None when the other side closed it."""
        ...


class Transport(Protocol):
    """An open byte stream to a node."""

    def wake(self) -> None:
        """There is something to send: ``collect`` it once, when this tick of the event model ends, and write it."""
        ...

    def close(self) -> None:
        """Close at once, without another word to the receiver. Allowed twice."""
        ...


class Io(Protocol):
    """One event model."""

    exclusive: bool
    """True when a link serves one caller at a time and is read by the one that waits (threads)."""

    def now(self) -> float:
        """Monotonic seconds, for deadlines."""
        ...

    def wall(self) -> float:
        """Unix seconds, for times that other processes read."""
        ...

    def here(self) -> Hashable:
        """The scheduler that is running: links and flights belong to it. Raises outside of one where it matters."""
        ...

    def promise(self, source: Transport | None = None) -> Promise:
        """A promise to be resolved from this scheduler; in an exclusive model, awaiting it reads from ``source``."""
        ...

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """Call ``ring`` after ``seconds``. In an exclusive model the waiter looks at the clock itself: nothing happens."""
        ...

    def event(self) -> Event: ...

    async def sleep(self, seconds: float) -> None: ...

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call what the user gave, and wait for it if it gives back something to wait for."""
        ...

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``main()`` beside the caller; its cancellation does not touch it. ``main`` lets no exception out."""
        ...

    async def connect(self, endpoint: Endpoint, receiver: Receiver, timeout: float) -> Transport:
        """Open a stream. Raises OSError (``TimeoutError`` included, ``ssl.SSLError`` included) when it cannot be had."""
        ...
