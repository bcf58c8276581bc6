"""asyncio (uvloop too): its half of ``AnyIo``, on raw futures and a raw ``Protocol``, which are faster than streams."""

import asyncio
from asyncio import _get_running_loop as running_loop
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import cast

from unicache._core.io import Alarm, Endpoint, Event, Receiver, Task, Transport

__all__ = ["LoopIo", "running_loop"]

_tasks: set[asyncio.Task[None]] = set()
"""A loop keeps only weak references to its tasks."""


class LoopIo:
    """What ``AnyIo`` does otherwise under asyncio than under trio."""

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """``call_later``."""
        return asyncio.get_running_loop().call_later(seconds, ring)

    def event(self) -> Event:
        """An asyncio.Event with a time limit."""
        return _Event()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task."""
        await asyncio.sleep(seconds)

    def spawn(self, main: Callable[[], Coroutine[None, None, None]]) -> Task:
        """A task."""
        task = asyncio.get_running_loop().create_task(main())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        return task

    async def shield(self, main: Callable[[], Coroutine[None, None, None]]) -> None:
        """A cancellation is raised once, and then it is over."""
        await main()

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a stream."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            if endpoint.path is not None:
                _, stream = await loop.create_unix_connection(lambda: _Stream(loop, receiver), endpoint.path)
            else:
                _, stream = await loop.create_connection(lambda: _Stream(loop, receiver), endpoint.host, endpoint.port)
        await stream.end_with_loop()
        return stream


class _Stream(asyncio.BufferedProtocol):
    """A connection of a loop, as ``unicache._core.io.Transport``; buffered, to say how much is read at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receiver: Receiver) -> None:
        self._loop = loop
        self._receiver = receiver
        self._closed = False
        self._buffer = memoryview(bytearray(receiver.piece))
        self._transport: asyncio.Transport
        self._loop_end: AsyncGenerator[None, None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._receiver.received(bytes(self._buffer[:nbytes]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closed:
            self._receiver.lost(exc)
            self.close()

    def wake(self) -> None:
        self._loop.call_soon(self.flush)

    def flush(self) -> None:
        data = self._receiver.collect()
        if data and not self._closed:
            self._transport.write(data)

    def read(self, *, wait: bool) -> None: ...

    def fileno(self) -> int:
        sock = self._transport.get_extra_info("socket")
        return -1 if sock is None else int(sock.fileno())

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if not self._loop.is_closed():
            self._transport.abort()
        loop_end, self._loop_end = self._loop_end, None
        if loop_end is not None:
            with suppress(StopIteration):
                loop_end.aclose().__await__().send(None)  # awaits nothing, so this is all of it

    async def end_with_loop(self) -> None:
        """Have the connection closed when the loop is, even if nobody closes the cache.

        A loop finishes its asynchronous generators before it closes (``shutdown_asyncgens``); nothing else is told.
        """
        self._loop_end = self._until_the_end()
        await anext(self._loop_end)

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._loop_end = None
            if not self._closed:
                self._receiver.lost(None)
                self.close()


class _Event:
    """An asyncio.Event in the shape of ``unicache._core.io.Event``."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True
