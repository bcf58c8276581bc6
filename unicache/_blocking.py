"""Threads: the blocking ``Io``. Nothing here suspends a coroutine; what must wait, blocks the thread.

A link serves one caller at a time, and the waiting caller itself reads it: see ``_sockets``. Nothing is decided here.
"""

import atexit
import contextvars
import inspect
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Hashable
from typing import Any

from unicache._clock import now
from unicache._core.io import Alarm, Endpoint, Promise, Receiver, Task, Transport
from unicache._core.run import run
from unicache.errors import ConfigurationError

__all__ = ["BlockingIo", "refuse_awaitable"]

_PROCESS = "process"
_PENDING = object()


class BlockingIo:
    """``unicache._core.io.Io`` for plain threads."""

    exclusive = True
    now = staticmethod(now)
    wall = staticmethod(time.time)

    def here(self) -> Hashable:
        """All threads are one scheduler."""
        return _PROCESS

    def promise(self, source: Transport | None = None) -> Promise:
        """A promise that reads from ``source`` while it is awaited."""
        assert source is not None
        return _Promise(source)

    @staticmethod
    def resolve(promise: Any, value: Any) -> None:
        """Deliver the value."""
        if promise.value is _PENDING:
            promise.value = value

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """Nothing: the reader looks at ``Receiver.alarm_at``."""
        return _UNSTOPPABLE

    def event(self) -> "_Event":
        """An event of threads."""
        return _Event()

    async def sleep(self, seconds: float) -> None:
        """Block the thread."""
        if seconds > 0.0:
            time.sleep(seconds)  # noqa: ASYNC251  blocking is what this model does

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it. What it gives must not be a coroutine."""
        return refuse_awaitable(function(*args, **kwargs))

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> Task:
        """Run ``main()`` on a thread of its own, which does not keep the interpreter alive."""
        context = contextvars.copy_context()
        threading.Thread(target=lambda: context.run(lambda: run(main())), name="unicache", daemon=True).start()
        return _UNSTOPPABLE

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Nobody cancels a thread."""
        await main()

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """At the exit of the interpreter."""
        atexit.register(lambda: run(main()))

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """Open a blocking socket."""
        from unicache._sockets import SocketTransport, open_socket  # memory:// needs none

        return SocketTransport(open_socket(endpoint, seconds), receiver)


def refuse_awaitable(result: Any) -> Any:
    """Give back the result; ConfigurationError if it is a coroutine or another awaitable."""
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise ConfigurationError(
            "a synchronous cache was given an asynchronous function; "
            "take Cache from unicache_asyncio (asyncio, trio) or unicache_twisted instead"
        )
    return result


class _Promise:
    """A reply that the waiting thread reads for itself."""

    __slots__ = ("_source", "value")

    def __init__(self, source: Transport) -> None:
        self._source = source
        self.value: Any = _PENDING

    def __await__(self) -> Generator[Any, None, Any]:
        while self.value is _PENDING:
            self._source.read(wait=True)
        return self.value
        yield  # type: ignore[unreachable]  # makes this a generator, which is what ``await`` wants


class _Event:
    """A threading.Event in the shape of ``unicache._core.io.Event``."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        return self._event.wait(max(0.0, seconds))


class _Unstoppable:
    """What has no use for being cancelled: an alarm that is none, and a thread."""

    def cancel(self) -> None: ...


_UNSTOPPABLE = _Unstoppable()
