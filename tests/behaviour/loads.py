"""What the tests of load-through share: a source whose loads can be held up and made to fail, and a clock set forward.

What must not live here: what is asserted.
"""

from typing import Any

from caches import Cache, Stage, bare
from unicache._core.records.record import Held

__all__ = ["TTL", "Source", "aged", "held"]

TTL = 60.0
"""Seconds that the values of a ``Source`` are fresh."""


def aged(cache: Cache, seconds: float) -> None:
    """Set the wall clock of this cache forward by so many seconds; servers keep their own time."""
    io = bare(cache)._engine.core.io
    wall = io.wall
    io.wall = lambda: wall() + seconds


async def held(cache: Cache, key: str) -> Held:
    """What the store has at the key, leases included."""
    engine = bare(cache)._engine
    found: Held = await engine.core.store.read(engine.names.entry(key))
    return found


class Source:
    """A row, and a cached function that reads it. Loads run through unless ``hold`` says that they wait for ``go``."""

    def __init__(self, cache: Cache, stage: Stage, **options: Any) -> None:
        self.stage = stage
        self.value: Any = "old"
        self.failure: Exception | None = None
        self.loads = 0
        self.ended = 0
        self.held = False
        self.begun, self.go = stage.event(), stage.event()
        options = {"key": "row:{number}", "tags": ["rows"], "ttl": TTL} | options
        self.get = cache.cached(**options)(self._load)

    async def _load(self, number: int) -> Any:
        self.loads += 1
        value, failure = self.value, self.failure
        if self.held:
            self.begun.set()
            await self.stage.passed(self.go)
        self.ended += 1
        if failure is not None:
            raise failure
        return value

    def hold(self) -> None:
        """Have the loads that come wait, with the value they have read, until ``release``."""
        self.held = True
        self.begun, self.go = self.stage.event(), self.stage.event()

    async def loading(self) -> None:
        """Wait until a load has begun."""
        await self.stage.passed(self.begun)

    def hold_no_more(self) -> None:
        """Let the loads that come from now on run through; those that wait go on waiting."""
        self.held = False

    def release(self) -> None:
        """Let all loads go on."""
        self.held = False
        self.go.set()
