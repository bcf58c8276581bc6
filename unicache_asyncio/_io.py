"""asyncio and trio: the one ``Io`` of both, and which of the two is running. Nothing here decides anything.

What happens for each request is done here at once, the rest is handed to the module of the model that runs.
"""

import sys
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import TYPE_CHECKING, Any

from unicache._clock import now
from unicache._core.io import Alarm, Endpoint, Event, Promise, Receiver, Task, Transport
from unicache_asyncio._loop import LoopIo, running_loop

if TYPE_CHECKING:
    from unicache_asyncio._trio import TrioIo

__all__ = ["AnyIo"]

_LOOP = LoopIo()


class AnyIo:
    """``unicache._core.io.Io`` for asyncio and trio."""

    exclusive = False
    now = staticmethod(now)
    wall = staticmethod(time.time)

    def here(self) -> Hashable:
        """The running loop, or trio's run."""
        return running_loop() or _trio().here()

    def promise(self, source: Transport | None = None) -> Promise:
        """The loop's future, or trio's, which has the same face."""
        loop = running_loop()
        return _trio().promise() if loop is None else loop.create_future()

    @staticmethod
    def resolve(promise: Any, value: Any) -> None:
        """Deliver the value."""
        if not promise.done():
            promise.set_result(value)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """A timer of the running model."""
        return _running().alarm(seconds, ring)

    def event(self) -> Event:
        """An event of the running model."""
        return _running().event()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task."""
        if seconds > 0.0:
            await _running().sleep(seconds)

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it, and await what it gives if that can be awaited."""
        result = function(*args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> Task:
        """A task of the running model."""
        return _running().spawn(main)

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Under trio what was cancelled has to be shielded from that."""
        await _running().shield(main)

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What runs at the end is cancelled, and sees to it."""

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        """A stream of the running model."""
        return await _running().connect(endpoint, receiver, seconds)


def _running() -> "LoopIo | TrioIo":
    return _trio() if running_loop() is None else _LOOP


def _trio() -> "TrioIo":
    """Trio's half, if trio can be what runs: it is imported by the application, or not at all."""
    if "trio" not in sys.modules:
        raise RuntimeError(
            "a unicache_asyncio cache was used outside of a running event loop; call it from a coroutine"
        )
    from unicache_asyncio._trio import TRIO

    return TRIO
