"""gevent: an ``Io`` on the hub's own watchers. Nothing is patched, and nothing here decides anything.

A promise parks the greenlet that awaits it; the hub switches back to it when the reply has been read. The sockets are
the standard library's, used without blocking (after ``patch_all()`` they are gevent's, and behave the same).
"""

import atexit
import contextvars
import errno
import os
import socket
import time
from collections.abc import Callable, Coroutine, Generator, Hashable
from typing import Any

import gevent
from gevent.event import Event as GeventEvent
from gevent.hub import Hub
from greenlet import getcurrent, greenlet

from unicache._blocking import refuse_awaitable
from unicache._clock import now
from unicache._core.io import Alarm, Endpoint, Event, Promise, Receiver, Task, Transport
from unicache._core.run import run

__all__ = ["GeventIo"]

CHUNK = 65536
READ, WRITE = 1, 2
_PENDING = object()


class GeventIo:
    """``unicache._core.io.Io`` for the running thread's hub."""

    exclusive = False
    now = staticmethod(now)
    wall = staticmethod(time.time)

    def here(self) -> Hashable:
        """The hub of this thread."""
        return gevent.get_hub()

    def promise(self, source: Transport | None = None) -> Promise:
        """A place for one greenlet to park."""
        return _Promise(gevent.get_hub())

    @staticmethod
    def resolve(promise: Any, value: Any) -> None:
        """Deliver the value."""
        promise.resolve(value)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """A timer of the hub's loop."""
        return _Alarm(gevent.get_hub(), seconds, ring)

    def event(self) -> Event:
        """A gevent event."""
        return _Event()

    async def sleep(self, seconds: float) -> None:
        """Park the greenlet."""
        if seconds > 0.0:
            gevent.sleep(seconds)

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it. What it gives must not be a coroutine."""
        return refuse_awaitable(function(*args, **kwargs))

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> Task:
        """A greenlet."""
        context = contextvars.copy_context()
        return _Task(gevent.spawn(context.run, lambda: run(main())))

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A greenlet is killed once, and then it is over."""
        await main()

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """At the exit of the interpreter, when the hub still turns."""
        atexit.register(lambda: run(main()))

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream."""
        with gevent.Timeout(seconds, TimeoutError()):
            return _Stream(_open_socket(gevent.get_hub(), endpoint), receiver)


def _open_socket(hub: Hub, endpoint: Endpoint) -> socket.socket:
    """A connected socket, waiting cooperatively for the name and for the other side."""
    if endpoint.path is not None:
        return _connected(hub, socket.AF_UNIX, endpoint.path)
    failure: OSError | None = None
    for family, _, _, _, address in hub.resolver.getaddrinfo(endpoint.host, endpoint.port, 0, socket.SOCK_STREAM):
        try:
            sock = _connected(hub, family, address)
        except OSError as error:
            failure = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise failure or OSError(f"{endpoint.host} has no address")


def _connected(hub: Hub, family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003  the standard library's own signature
        code = sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            _wait_writable(hub, sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        _raise_for(code)
    except BaseException:
        sock.close()
        raise
    return sock


def _raise_for(code: int) -> None:
    if code:
        raise OSError(code, os.strerror(code))


def _wait_writable(hub: Hub, sock: socket.socket) -> None:
    watcher = hub.loop.io(sock.fileno(), WRITE)
    try:
        hub.wait(watcher)
    finally:
        watcher.close()


class _Stream:
    """A connection of a hub, as ``unicache._core.io.Transport``.

    The read watcher keeps the hub's loop alive only while something is expected: an idle cache must not hold up
    ``gevent.wait()`` or the end of the program.
    """

    def __init__(self, sock: socket.socket, receiver: Receiver) -> None:
        self._sock = sock
        self._receiver = receiver
        self._loop = gevent.get_hub().loop
        self._unsent = b""
        self._closed = False
        self._reader: Any = self._loop.io(sock.fileno(), READ, ref=False)  # Any: the stubs do not know ``ref``
        self._writer = self._loop.io(sock.fileno(), WRITE)
        self._reader.start(self._readable)

    def _readable(self) -> None:
        try:
            data = self._sock.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lost(error)
            return
        if data:
            self._receiver.received(data)
            self._reader.ref = self._receiver.busy
        else:
            self._lost(None)

    def _lost(self, error: Exception | None) -> None:
        if not self._closed:
            self.close()
            self._receiver.lost(error)

    def wake(self) -> None:
        self._loop.run_callback(self.flush)

    def flush(self) -> None:
        if self._closed:
            return
        self._unsent += self._receiver.collect()
        self._reader.ref = True
        try:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except (BlockingIOError, InterruptedError):
            self._writer.start(self.flush)
        except OSError as error:
            self._lost(error)
        else:
            self._writer.stop()

    def read(self, *, wait: bool) -> None: ...

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            for watcher in (self._reader, self._writer):
                watcher.stop()
                watcher.close()
            self._sock.close()


class _Task:
    """A greenlet that can be killed."""

    __slots__ = ("_greenlet",)

    def __init__(self, spawned: Any) -> None:
        self._greenlet = spawned

    def cancel(self) -> None:
        self._greenlet.kill(block=False)


class _Promise:
    """A value that one greenlet waits for."""

    __slots__ = ("_greenlet", "_hub", "_value")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._greenlet: greenlet | None = None
        self._value: Any = _PENDING

    def resolve(self, value: Any) -> None:
        if self._value is not _PENDING:
            return
        self._value = value
        if self._greenlet is None:
            return
        if getcurrent() is self._hub:
            self._wake()
        else:
            self._hub.loop.run_callback(self._wake)

    def _wake(self) -> None:
        """Switch to the waiter, unless it was killed meanwhile and waits here no more."""
        if self._greenlet is not None:
            self._greenlet.switch()

    def __await__(self) -> Generator[Any, None, Any]:
        self._greenlet = getcurrent()
        try:
            while self._value is _PENDING:
                self._hub.switch()
        finally:
            self._greenlet = None
        return self._value
        yield  # type: ignore[unreachable]  # makes this a generator, which is what ``await`` wants


class _Alarm:
    def __init__(self, hub: Hub, seconds: float, ring: Callable[[], None]) -> None:
        self._timer = hub.loop.timer(seconds, ref=False)  # whoever waits is kept alive by the reader
        self._ring = ring
        self._timer.start(self._rang)

    def _rang(self) -> None:
        self.cancel()
        self._ring()

    def cancel(self) -> None:
        self._timer.stop()
        self._timer.close()


class _Event:
    """A gevent event in the shape of ``unicache._core.io.Event``."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = GeventEvent()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        return bool(self._event.wait(max(0.0, seconds)))
