"""trio: its half of ``AnyIo``. Promises are parked tasks; a connection is served by tasks of the run.

The sockets are plain and do not block; trio's low level waits for them, which takes half the time of streams.
"""

import contextvars
import socket
from collections.abc import Callable, Coroutine, Generator, Hashable
from typing import Any

import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from unicache._core.io import Alarm, Endpoint, Event, Promise, Receiver, Transport
from unicache._core.io import Task as SpawnedTask

__all__ = ["TRIO", "TrioIo"]

LAST_WORDS = 1.0
"""Seconds that a connection may outlast its run, while an answer is due."""

_PENDING = object()


class TrioIo:
    """What ``AnyIo`` does otherwise under trio than under asyncio."""

    def here(self) -> Hashable:
        """Trio's run."""
        return trio.lowlevel.current_trio_token()

    def promise(self) -> Promise:
        """A place for one task to park."""
        return _Promise()

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """A system task that sleeps and rings."""
        return _Alarm(seconds, ring)

    def event(self) -> Event:
        """A trio.Event with a time limit."""
        return _Event()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task."""
        await trio.sleep(seconds)

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> SpawnedTask:
        """A system task: it belongs to the run, not to any nursery of the caller."""
        scope = trio.CancelScope()

        async def scoped() -> None:
            with scope:
                await main()

        trio.lowlevel.spawn_system_task(scoped, context=contextvars.copy_context())
        return scope

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A scope that cancellations of those around it do not enter."""
        with trio.CancelScope(shield=True):
            await main()

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream and the tasks that serve it."""
        with trio.move_on_after(seconds):
            stream = _Stream(await _open_socket(endpoint), receiver)
            self.spawn(stream.serve)
            return stream
        raise TimeoutError


TRIO = TrioIo()


async def _open_socket(endpoint: Endpoint) -> socket.socket:
    if endpoint.path is not None:
        opened = await trio.open_unix_socket(endpoint.path)
    else:
        opened = await trio.open_tcp_stream(endpoint.host, endpoint.port)
    plain = socket.socket(fileno=opened.socket.detach())
    plain.setblocking(False)  # noqa: FBT003  the standard library's own signature
    return plain


class _Stream:
    """A connection of a trio run, as ``unicache._core.io.Transport``."""

    def __init__(self, sock: socket.socket, receiver: Receiver) -> None:
        self._sock = sock
        self._receiver = receiver
        self._scope = trio.CancelScope(shield=True)
        self._closed = False
        self._ending = False
        self._unsent = b""
        self._awake = _Promise()

    async def serve(self) -> None:
        """Read and write until the connection, or the run, is over."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._outlast_the_run)
                with self._scope:
                    await self._talk()
                nursery.cancel_scope.cancel()
        finally:
            self._lost(None)
            self._sock.close()

    async def _talk(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write)
            await self._read()

    async def _outlast_the_run(self) -> None:
        """Wait for the end of the run, and have the last requests of those who end with it answered."""
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.lowlevel.checkpoint()  # they make their requests now
            self._ending = True
            self._scope.deadline = trio.current_time() + LAST_WORDS
            self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._ending and not self._receiver.busy:
            self._scope.cancel()

    async def _read(self) -> None:
        while not self._closed:
            await trio.lowlevel.wait_readable(self._sock)
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._sock.recv(self._receiver.piece)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)
            return
        if data:
            self._receiver.received(data)
            self._end_if_idle()
        else:
            self._lost(None)

    async def _write(self) -> None:
        while True:
            await self._awake
            self._awake = _Promise()
            self.flush()
            while self._unsent:
                await trio.lowlevel.wait_writable(self._sock)
                self.flush()

    def wake(self) -> None:
        if not self._awake.done():
            self._awake.set_result(None)

    def flush(self) -> None:
        self._unsent += self._receiver.collect()
        if not self._unsent or self._closed:
            return
        try:
            self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lost(error)
        if self._unsent:
            self.wake()

    def _lost(self, error: Exception | None) -> None:
        if not self._closed:
            self.close()
            self._receiver.lost(error)

    def read(self, *, wait: bool) -> None: ...

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._closed = True
        self._scope.cancel()


class _Promise:
    """A value that one task waits for, with the face of an asyncio.Future."""

    __slots__ = ("_task", "_value")

    def __init__(self) -> None:
        self._value: Any = _PENDING
        self._task: Task | None = None

    def done(self) -> bool:
        return self._value is not _PENDING

    def set_result(self, value: Any) -> None:
        self._value = value
        if self._task is not None:
            reschedule(self._task)

    def __await__(self) -> Generator[Any, None, Any]:
        if self._value is _PENDING:
            self._task = current_task()
            yield from wait_task_rescheduled(self._abort).__await__()  # noqa: ASYNC105  what ``await`` is, in here
        return self._value

    def _abort(self, _: object) -> Abort:
        self._task = None
        return Abort.SUCCEEDED


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
        with trio.move_on_after(max(0.0, seconds)):
            await self._event.wait()
        return self._event.is_set()
