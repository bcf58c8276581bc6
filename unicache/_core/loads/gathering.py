"""Single calls gathered into one call of many: those made in one tick of an event loop, or within a short time.

Threads have no ticks, so without a time each of their calls goes alone. What a call of many means stands in ``bulk``.
"""

import threading
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any

from unicache._core.io import Event, Io
from unicache._core.loads.flight import Failed
from unicache._core.tools.detached import FOREVER
from unicache._core.tools.forks import forget_after_fork
from unicache.errors import CacheError

__all__ = ["Gathering"]

TICK = 1e-6
"""Seconds to sleep for the event loop to come round."""

CallMany = Callable[[tuple[Any, ...], list[Any]], Awaitable[Mapping[Any, Any]]]


class _Batch:
    """Calls that wait for company, or for what their call of many gives."""

    def __init__(self, over: Event) -> None:
        self.items: dict[Any, None] = {}
        self.over = over
        self.outcome: Mapping[Any, Any] | Failed = {}


class Gathering:
    """The single calls of one function; ``window`` is how long the first of them waits for others, in seconds."""

    def __init__(self, io: Io, call: CallMany, window: float | None) -> None:
        self._io = io
        self._call = call
        self._window = window or (0.0 if io.exclusive else TICK)
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the threads that gathered are not there."""
        self._lock = threading.Lock()
        self._batches: dict[Hashable, _Batch] = {}

    async def one(self, bound: tuple[Any, ...], item: Any) -> Mapping[Any, Any]:
        """What the call of many gives in which this item takes part. Raises what that raises."""
        if not self._window:
            return await self._call(bound, [item])
        place = (self._io.here(), *map(id, bound))
        batch, first = self._board(place, item)
        if first and self._io.exclusive:
            await self._depart(place, batch, bound)
        elif first:
            self._io.spawn(lambda: self._depart(place, batch, bound))
        while not await batch.over.wait(FOREVER):
            pass
        if isinstance(batch.outcome, Failed):
            raise batch.outcome.error.with_traceback(batch.outcome.traceback)
        return batch.outcome

    def _board(self, place: Hashable, item: Any) -> tuple[_Batch, bool]:
        """The batch, now with the item, and whether it is new."""
        with self._lock:
            batch = self._batches.get(place)
            first = batch is None
            batch = self._batches[place] = batch or _Batch(self._io.event())
            batch.items[item] = None
            return batch, first

    async def _depart(self, place: Hashable, batch: _Batch, bound: tuple[Any, ...]) -> None:
        batch.outcome = Failed(CacheError("the call was interrupted"))
        try:
            try:
                await self._io.sleep(self._window)
            finally:
                with self._lock:
                    self._batches.pop(place, None)
            batch.outcome = await self._call(bound, list(batch.items))
        except Exception as error:  # noqa: BLE001  every caller gets it
            batch.outcome = Failed(error)
        finally:
            batch.over.set()
