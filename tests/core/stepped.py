"""An event model that stops at every effect.

``World`` is the scheduler: it holds the tasks, runs one of them for one step, and says what the step touched. Time
stands still until nothing else can run. ``SteppedIo`` is the engine's ``Io`` in it. What must not live here: which task
runs next (``exploring``), what the tasks do (``stories``), and the things they share (``stepped_state``).
"""

import contextvars
from collections.abc import Callable, Coroutine, Generator, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import CORO_SUSPENDED, getcoroutinestate
from math import inf
from types import coroutine
from typing import Any

from unicache._core.io import Alarm, Endpoint, Promise, Receiver, Transport

__all__ = ["Cancelled", "Footprint", "SteppedIo", "Stuck", "World"]

Footprint = Mapping[Hashable, bool]
"""What a step touched: True for alone, False for together with others that touch it so."""

PATIENCE = 3600.0
"""Seconds after which whoever still waits is lost; the engine's own deadlines are far shorter."""


class Stuck(AssertionError):
    """Somebody waits for what will never come."""


class Cancelled(BaseException):
    """What an event model throws into a task that is cancelled."""


class _Over(BaseException):
    """Ends the tasks of a world that is given up."""


@dataclass(frozen=True, slots=True)
class _Wait:
    """What a suspended task waits for: to be ``ready``, which ``thing`` decides, or for the time ``until``."""

    ready: Callable[[], bool]
    until: float = inf
    nap: bool = False
    thing: Hashable = None


_GO_ON = _Wait(lambda: True)


@coroutine
def _suspend(wait: _Wait) -> Generator[_Wait, None, None]:
    yield wait


@dataclass(slots=True)
class _Task:
    name: str
    coroutine: Coroutine[Any, Any, None]
    context: contextvars.Context
    wait: _Wait | None = _GO_ON
    thrown: BaseException | None = None
    names: int = 0

    def resume(self) -> _Wait | None:
        """Run to the next effect."""
        thrown, self.thrown = self.thrown, None
        try:
            step: Callable[[Any], Any] = self.coroutine.send if thrown is None else self.coroutine.throw
            wait: _Wait = self.context.run(step, thrown)
        except StopIteration:
            return None
        return wait


@dataclass(slots=True)
class World:
    """The tasks, the time, and what the step that runs has touched. ``naps`` sleepers may wake before their time."""

    naps: int = 0
    now: float = 1000.0
    _tasks: dict[str, _Task] = field(default_factory=dict)
    _running: _Task | None = None
    _touched: dict[Hashable, bool] = field(default_factory=dict)
    _moved: bool = False
    _over: bool = False

    # -- for the tasks

    def start(self, name: str, main: Coroutine[Any, Any, None]) -> None:
        """Add a task. Its context is a copy of the one that starts it."""
        self._tasks[name] = _Task(name, main, contextvars.copy_context())
        self.touch(("task", name), alone=True)

    def touch(self, thing: Hashable, *, alone: bool) -> None:
        """The running step uses ``thing``: two steps commute unless both touch one thing, one of them ``alone``."""
        self._touched[thing] = alone or self._touched.get(thing, False)

    def new_name(self) -> str:
        """A name that depends on nothing but what the running task did before."""
        assert self._running is not None
        self._running.names += 1
        return f"{self._running.name}/{self._running.names}"

    async def pause(self, wait: _Wait = _GO_ON) -> None:
        """Let others run."""
        if self._over:
            raise _Over
        await _suspend(wait)

    def throw(self, name: str, error: BaseException) -> None:
        """Have a task go on with an error, if it has begun and still runs."""
        self.touch(("task", name), alone=True)
        if getcoroutinestate(self._tasks[name].coroutine) == CORO_SUSPENDED:
            self._tasks[name].thrown = error

    # -- for the scheduler

    def enabled(self) -> tuple[str, ...]:
        """Who can run now; time moves when nobody could. Raises Stuck when somebody waits in vain."""
        while not (
            able := [task.name for task in self._tasks.values() if task.wait and self._can_run(task, task.wait)]
        ):
            waits = [task.wait for task in self._tasks.values() if task.wait is not None]
            if not waits:
                return ()
            self.now = min(wait.until for wait in waits)
            self._moved = True
            if self.now > 1000.0 + PATIENCE:
                raise Stuck(f"{[task.name for task in self._tasks.values() if task.wait]} wait for ever")
        return tuple(able)

    def _can_run(self, task: _Task, wait: _Wait) -> bool:
        due = task.thrown is not None or wait.ready() or wait.until <= self.now
        return due or (wait.nap and self.naps > 0)

    def step(self, name: str) -> Footprint:
        """Run one task to its next effect, and say what that touched."""
        task = self._tasks[name]
        self._running, self._touched = task, {("task", name): True, "time": self._moved}
        self._moved = False
        assert task.wait is not None
        self.touch(task.wait.thing, alone=False)
        if task.wait.nap and task.wait.until > self.now and task.thrown is None:
            self.naps -= 1
            self.touch("naps", alone=True)
        task.wait = task.resume()
        return self._touched

    def end(self) -> None:
        """Give up what still runs."""
        self._over = True
        for task in self._tasks.values():
            if getcoroutinestate(task.coroutine) == CORO_SUSPENDED:
                task.thrown = _Over()
                with suppress(_Over):
                    task.resume()
            task.coroutine.close()


class _SteppedEvent:
    def __init__(self, world: World) -> None:
        self._world = world
        self._name = world.new_name()
        self._is_set = False

    def set(self) -> None:
        self._world.touch(self._name, alone=True)
        self._is_set = True

    async def wait(self, seconds: float) -> bool:
        await self._world.pause(_Wait(lambda: self._is_set, self._world.now + seconds, thing=self._name))
        return self._is_set


class _SteppedTask:
    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def cancel(self) -> None:
        self._world.throw(self._name, Cancelled())


class SteppedIo:
    """``unicache._core.io.Io`` in a world; ``exclusive`` as threads are."""

    def __init__(self, world: World, *, exclusive: bool = False) -> None:
        self.exclusive = exclusive
        self._world = world

    def now(self) -> float:
        return self._world.now

    wall = now

    def here(self) -> Hashable:
        return "here"

    def event(self) -> _SteppedEvent:
        return _SteppedEvent(self._world)

    async def sleep(self, seconds: float) -> None:
        await self._world.pause(_Wait(lambda: False, self._world.now + seconds, nap=True))

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        await self._world.pause()
        result = function(*args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    def spawn(self, main: Callable[[], Coroutine[Any, Any, None]]) -> "_SteppedTask":
        name = self._world.new_name()
        self._world.start(name, main())
        return _SteppedTask(self._world, name)

    async def shield(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await main()

    def at_end(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Worlds do not end."""

    def promise(self, source: Transport | None = None) -> Promise:
        raise NotImplementedError("there are no links in this world")

    def resolve(self, promise: Promise, value: Any) -> None:
        raise NotImplementedError("there are no links in this world")

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        raise NotImplementedError("there are no links in this world")

    async def connect(self, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
        raise NotImplementedError("there are no links in this world")
