"""trio: its half of ``AnyIo``. Streams come from anyio; promises are trio's own parked tasks."""

import contextvars
from collections.abc import Callable, Coroutine, Generator, Hashable
from math import inf
from time import monotonic, time
from typing import Any

import anyio
import trio

from unicache._core.io import Alarm, Endpoint, Event, Promise, Receiver, Transport

__all__ = ["TrioIo"]

CHUNK = 65536
_PENDING = object()


class TrioIo:
    """``unicache._core.io.Io`` for a running trio."""

    exclusive = False
    now = staticmethod(monotonic)
    wall = staticmethod(time)
    call: Any = None  # AnyIo's own

    def here(self) -> Hashable:
        """Trio's run."""
        return trio.lowlevel.current_trio_token()

    def promise(self, source: Transport | None = None) -> Promise:
        """A place for one task to park."""
        return _Promise()

    def resolve(self, promise: Promise, value: Any) -> None:
        """Deliver the value."""
        assert isinstance(promise, _Promise)
        promise.resolve(value)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """A system task that sleeps and rings."""
        return _Alarm(seconds, ring)

    def event(self) -> Event:
        """A trio.Event with a time limit."""
        return _Event()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task."""
        if seconds > 0.0:
            await trio.sleep(seconds)

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A system task: it belongs to the run, not to any nursery of the caller."""
        trio.lowlevel.spawn_system_task(_quietly, main, context=contextvars.copy_context())

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream and the two tasks that serve it."""
        with trio.move_on_after(seconds):
            stream = await _open(endpoint)
            transport = _Stream(stream, receiver)
            self.spawn(transport.read)
            self.spawn(transport.write)
            return transport
        raise TimeoutError


async def _quietly(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """System tasks must let nothing out; at the end of the run they are cancelled, and that is all."""
    with trio.CancelScope():
        await main()


async def _open(endpoint: Endpoint) -> anyio.abc.ByteStream:
    if endpoint.path is not None:
        return await anyio.connect_unix(endpoint.path)
    return await anyio.connect_tcp(endpoint.host, endpoint.port)


class _Stream:
    """A connection of a trio run, as ``unicache._core.io.Transport``."""

    def __init__(self, stream: anyio.abc.ByteStream, receiver: Receiver) -> None:
        self._stream = stream
        self._receiver = receiver
        self._scope = trio.CancelScope()
        self._closed = False
        self._writer: _Promise | None = None
        self._awake = False

    async def read(self) -> None:
        error: Exception | None = None
        try:
            with self._scope:
                while True:
                    self._receiver.received(await self._stream.receive(CHUNK))
        except anyio.EndOfStream:
            pass
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as caught:
            error = caught
        finally:
            self._end(error)
            with trio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self._stream)

    def _end(self, error: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._receiver.lost(error)
        self.wake()  # the writer, so that it ends

    async def write(self) -> None:
        while not self._closed:
            if not self._awake:
                self._writer = _Promise()
                await self._writer
            self._awake = False
            if data := self._receiver.collect():
                try:
                    await self._stream.send(data)
                except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                    self._scope.cancel()

    def wake(self) -> None:
        self._awake = True
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.resolve(None)

    def poll(self) -> None: ...

    def fileno(self) -> int:
        return int(self._stream.extra(anyio.abc.SocketAttribute.raw_socket).fileno())

    def close(self) -> None:
        self._closed = True
        self._scope.cancel()
        self.wake()


class _Promise:
    """A value that one task waits for."""

    __slots__ = ("_task", "_value")

    def __init__(self) -> None:
        self._value: Any = _PENDING
        self._task: trio.lowlevel.Task | None = None

    def resolve(self, value: Any) -> None:
        if self._value is not _PENDING:
            return
        self._value = value
        if self._task is not None:
            trio.lowlevel.reschedule(self._task)
            self._task = None

    def __await__(self) -> Generator[Any, None, Any]:
        if self._value is _PENDING:
            self._task = trio.lowlevel.current_task()
            yield from trio.lowlevel.wait_task_rescheduled(self._abort).__await__()
        return self._value

    def _abort(self, _: Any) -> trio.lowlevel.Abort:
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED


class _Alarm:
    def __init__(self, seconds: float, ring: Callable[[], None]) -> None:
        self._scope = trio.CancelScope()
        self._seconds = seconds
        self._ring = ring
        trio.lowlevel.spawn_system_task(self._main)

    async def _main(self) -> None:
        with self._scope:
            await trio.sleep(self._seconds)
            self._ring()

    def cancel(self) -> None:
        self._scope.cancel()


class _Event:
    """A trio.Event in the shape of ``unicache._core.io.Event``."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = trio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        with trio.move_on_after(inf if seconds == inf else max(0.0, seconds)):
            await self._event.wait()
        return self._event.is_set()
