"""Twisted: an ``Io`` on Deferreds and the reactor the application chose. Nothing here decides anything.

The reactor is looked up when it is first needed: importing this module must not install one.
"""

import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from unicache._clock import now
from unicache._core.io import Alarm, Endpoint, Event, Promise, Receiver, Task, Transport
from unicache_twisted._driving import Driven, Promised

__all__ = ["TwistedIo"]

_UNTYPED_UNIX: Any = UNIXClientEndpoint


class TwistedIo:
    """``unicache._core.io.Io`` for a reactor; None for the one that is installed when the cache is first used."""

    exclusive = False
    wall = staticmethod(time.time)
    now = staticmethod(now)

    def __init__(self, reactor: Any = None) -> None:
        self._chosen = reactor

    @property
    def _reactor(self) -> Any:
        if self._chosen is None:
            from twisted.internet import reactor

            self._chosen = reactor
        return self._chosen

    def here(self) -> Hashable:
        """The reactor."""
        here: Hashable = self._chosen or self._reactor
        return here

    @staticmethod
    def promise(source: Transport | None = None) -> Promise:
        """What a driven coroutine waits for."""
        return Promised()

    resolve: Callable[[Any, Any], None] = staticmethod(Promised.resolve)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """``callLater``."""
        return _Alarm(self._reactor, seconds, ring)

    def event(self) -> Event:
        """An event made of Deferreds."""
        return _Event(self._reactor)

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up the reactor."""
        if seconds > 0.0:
            await _Event(self._reactor).wait(seconds)

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it, and wait for what it gives if that is a Deferred, a coroutine or another awaitable."""
        result = function(*args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> Task:
        """A coroutine that the reactor drives."""
        work: Deferred[None] = Driven(main())
        work.addErrback(_trap_cancellation)
        return work

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A Deferred is cancelled once, and then it is over."""
        await main()

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Before the reactor shuts down, which waits for it."""
        self._reactor.addSystemEventTrigger("before", "shutdown", lambda: Driven(main()))

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream through an endpoint."""
        client: Any = _UNTYPED_UNIX(self._reactor, endpoint.path, timeout=seconds)
        if endpoint.path is None:
            client = HostnameEndpoint(self._reactor, endpoint.host, endpoint.port, timeout=seconds)
        factory = Factory.forProtocol(lambda: _Stream(self._reactor, receiver))
        factory.noisy = False
        try:
            return cast("Transport", await client.connect(factory))
        except ConnectTimeout:
            raise TimeoutError from None
        except ConnectError as error:
            raise OSError(error.osError or 0, str(error)) from None
        except ValueError as error:  # Twisted takes no host name with an underscore
            raise OSError(str(error)) from None


def _trap_cancellation(failure: Failure) -> Failure | None:
    return None if failure.check(CancelledError) else failure  # type: ignore[no-untyped-call]


class _Stream(Protocol):
    """A connection of a reactor, as ``unicache._core.io.Transport``."""

    transport: Any  # a socket's, which can do more than ITransport says

    def __init__(self, reactor: Any, receiver: Receiver) -> None:
        self._reactor = reactor
        self._receiver = receiver
        self._closed = False

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        self._receiver.received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802  Twisted's name
        if not self._closed:
            self._closed = True
            self._receiver.lost(None if isinstance(reason.value, ConnectionDone) else OSError(str(reason.value)))

    def wake(self) -> None:
        self._reactor.callLater(0, self.flush)

    def flush(self) -> None:
        data = self._receiver.collect()
        if data and not self._closed:
            self.transport.write(data)

    def read(self, *, wait: bool) -> None: ...

    def fileno(self) -> int:
        return int(self.transport.fileno())

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.transport.abortConnection()


class _Alarm:
    def __init__(self, reactor: Any, seconds: float, ring: Callable[[], None]) -> None:
        self._call = reactor.callLater(seconds, ring)

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class _Event:
    """Deferreds in the shape of ``unicache._core.io.Event``."""

    __slots__ = ("_is_set", "_reactor", "_waiters")

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._is_set = False
        self._waiters: list[Deferred[bool]] = []

    def set(self) -> None:
        self._is_set = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.callback(result=True)

    async def wait(self, seconds: float) -> bool:
        if self._is_set:
            return True
        waiter: Deferred[bool] = Deferred()
        self._waiters.append(waiter)
        timer = self._reactor.callLater(max(0.0, seconds), self._give_up, waiter)
        try:
            return await waiter
        finally:
            if timer.active():
                timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _give_up(self, waiter: Deferred[bool]) -> None:
        self._waiters.remove(waiter)
        waiter.callback(result=False)
