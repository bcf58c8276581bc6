"""asyncio and trio: which of the two is running, and the ``Io`` of whichever it is. Nothing here decides anything."""

import sys
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from unicache._core.io import Alarm, Endpoint, Event, Io, Promise, Receiver, Transport
from unicache_asyncio._loop import LoopIo, running_loop

__all__ = ["AnyIo"]


class AnyIo:
    """``unicache._core.io.Io`` for asyncio and trio: hands each call to the one that is running."""

    exclusive = False
    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def __init__(self) -> None:
        self._loop = LoopIo()
        self._trio: Io | None = None

    def _io(self) -> Io:
        return self._loop if running_loop() is not None else self._other()

    def _other(self) -> Io:
        """Trio's, if trio is what runs. It is imported by the application or not at all."""
        if "trio" in sys.modules:
            if self._trio is None:
                from unicache_asyncio._trio import TrioIo

                self._trio = TrioIo()
            return self._trio
        raise RuntimeError("a unicache_asyncio cache was used outside of a running event loop; call it from a coroutine")

    def here(self) -> Hashable:
        """The running loop, or trio's run."""
        return running_loop() or self._other().here()

    def promise(self, source: Transport | None = None) -> Promise:
        """A promise of the running model."""
        loop = running_loop()
        return self._other().promise() if loop is None else loop.create_future()

    def resolve(self, promise: Promise, value: Any) -> None:
        """Deliver the value."""
        self._io().resolve(promise, value)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """A timer of the running model."""
        return self._io().alarm(seconds, ring)

    def event(self) -> Event:
        """An event of the running model."""
        return self._io().event()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task."""
        await self._io().sleep(seconds)

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it, and await what it gives if that can be awaited."""
        result = function(*args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A task of the running model."""
        self._io().spawn(main)

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """A stream of the running model."""
        return await self._io().connect(endpoint, receiver, seconds)
