"""How each event model is driven: a body written once as ``async def body(io)`` runs under all of them.

Whatever a model says about errors nobody saw (a task's exception never retrieved, an unhandled error in a Deferred, a
greenlet that died) fails the test that caused it. What must not live here: servers, and anything about caches.
"""

import asyncio
import contextlib
import functools
import gc
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import gevent
import trio
import uvloop
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import blockingCallFromThread
from twisted.logger import LogEvent, globalLogPublisher

from unicache._blocking import BlockingIo
from unicache._core.io import Io
from unicache._core.run import run
from unicache_asyncio._io import AnyIo
from unicache_gevent._io import GeventIo
from unicache_twisted._driving import Driven
from unicache_twisted._io import TwistedIo

__all__ = ["FLAVOURS", "Flavour", "Started", "running_reactor"]

T = TypeVar("T")
Call = Callable[[], Coroutine[Any, Any, Any]]


class Started(ABC):
    """A call that runs beside the body."""

    @abstractmethod
    def cancel(self) -> None:
        """Cancel or kill it, as the model does."""

    @abstractmethod
    async def ended(self) -> None:
        """Wait until it is over, whatever the outcome."""


class Flavour(ABC):
    """One event model."""

    name: str
    cancels = True
    """False where nothing can be cancelled from outside: threads."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    @abstractmethod
    def io(self) -> Io:
        """The ``Io`` of this model."""

    @abstractmethod
    def _run(self, main: Call) -> Any: ...

    def run(self, body: Callable[[Io], Coroutine[Any, Any, T]]) -> T:
        """Run the body, return or raise what it does, and fail if the model had something to complain about."""
        gc.collect()  # what earlier tests have left; the rest stays, and need not be looked at again
        gc.freeze()
        io = self.io()
        result: T = self._run(lambda: body(io))
        gc.collect()  # what was never retrieved is told when it is collected
        complaints, self.complaints = self.complaints, []
        assert not complaints, complaints
        return result

    async def together(self, calls: Sequence[Call]) -> list[Any]:
        """Run the calls concurrently; what each returned or raised, in order."""
        return await self._together([partial(_outcome, call) for call in calls])

    @abstractmethod
    async def _together(self, calls: Sequence[Call]) -> list[Any]: ...

    @abstractmethod
    def start(self, call: Call) -> Started:
        """Run the call beside the body; its outcome is nobody's business."""

    def __repr__(self) -> str:
        return self.name


async def _outcome(call: Call) -> Any:
    try:
        return await call()
    except Exception as error:  # noqa: BLE001  whatever it is, it is the result
        return error


class Threads(Flavour):
    name = "threads"
    cancels = False

    def io(self) -> Io:
        return BlockingIo()

    def _run(self, main: Call) -> Any:
        return run(main())

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(_finish, calls))

    def start(self, call: Call) -> Started:
        return _Thread(call)


def _finish(call: Call) -> Any:
    return run(call())


class _Thread(Started):
    def __init__(self, call: Call) -> None:
        self._thread = threading.Thread(target=_finish, args=[partial(_outcome, call)])
        self._thread.start()

    def cancel(self) -> None:
        raise NotImplementedError("nothing cancels a thread")

    async def ended(self) -> None:
        self._thread.join()


class Asyncio(Flavour):
    name = "asyncio"
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop

    def io(self) -> Io:
        return AnyIo()

    def _run(self, main: Call) -> Any:
        with asyncio.Runner(loop_factory=type(self).loop_factory) as runner:
            runner.get_loop().set_exception_handler(lambda _, context: self.complaints.append(repr(context)))
            return runner.run(main())

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        return await asyncio.gather(*[call() for call in calls])

    def start(self, call: Call) -> Started:
        return _Task(call)


class Uvloop(Asyncio):
    name = "uvloop"
    loop_factory = uvloop.new_event_loop


class _Task(Started):
    def __init__(self, call: Call) -> None:
        self._task = asyncio.get_running_loop().create_task(call())

    def cancel(self) -> None:
        self._task.cancel()

    async def ended(self) -> None:
        await asyncio.gather(self._task, return_exceptions=True)


class Trio(Flavour):
    name = "trio"

    def io(self) -> Io:
        return AnyIo()

    def _run(self, main: Call) -> Any:
        return trio.run(main)

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        results: list[Any] = [None] * len(calls)

        async def keep(place: int, call: Call) -> None:
            results[place] = await call()

        async with trio.open_nursery() as nursery:
            for place, call in enumerate(calls):
                nursery.start_soon(keep, place, call)
        return results

    def start(self, call: Call) -> Started:
        return _TrioTask(call)


class _TrioTask(Started):
    def __init__(self, call: Call) -> None:
        self._call = call
        self._scope = trio.CancelScope()
        self._ended = trio.Event()
        trio.lowlevel.spawn_system_task(self._main)

    async def _main(self) -> None:
        with self._scope:
            await _outcome(self._call)
        self._ended.set()

    def cancel(self) -> None:
        self._scope.cancel()

    async def ended(self) -> None:
        await self._ended.wait()


class Gevent(Flavour):
    name = "gevent"

    def io(self) -> Io:
        return GeventIo()

    def _run(self, main: Call) -> Any:
        hub = gevent.get_hub()
        hub.handle_error = self._complain
        return run(main())

    def _complain(self, context: object, *error: Any) -> None:
        if not issubclass(error[0], gevent.get_hub().NOT_ERROR):
            self.complaints.append(repr((context, error)))

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        greenlets = [gevent.spawn(_finish, call) for call in calls]
        return [greenlet.get() for greenlet in greenlets]

    def start(self, call: Call) -> Started:
        return _Greenlet(call)


class _Greenlet(Started):
    def __init__(self, call: Call) -> None:
        self._greenlet = gevent.spawn(_finish, partial(_outcome, call))

    def cancel(self) -> None:
        self._greenlet.kill(block=False)

    async def ended(self) -> None:
        self._greenlet.join()


class Twisted(Flavour):
    """One reactor serves the whole test process, on a thread of its own, because a reactor cannot be started twice."""

    name = "twisted"

    def io(self) -> Io:
        return TwistedIo(_reactor())

    def _run(self, main: Call) -> Any:
        reactor = running_reactor()
        with self._listening():
            return blockingCallFromThread(reactor, _settled, main)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        globalLogPublisher.addObserver(self._observe)
        try:
            yield
            gc.collect()
        finally:
            globalLogPublisher.removeObserver(self._observe)

    def _observe(self, event: LogEvent) -> None:
        if event.get("isError"):
            self.complaints.append(repr(event))

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        results: list[Any] = await gatherResults([Driven(call()) for call in calls])
        return results

    def start(self, call: Call) -> Started:
        return _Deferred(call)


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


@functools.cache
def running_reactor() -> Any:
    """The reactor, which runs from now on."""
    started = threading.Event()
    reactor = _reactor()
    reactor.callWhenRunning(started.set)
    threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True).start()
    started.wait()
    return reactor


def _settled(main: Call) -> "Deferred[Any]":
    """The body, and one more turn of the reactor, in which what was closed is closed."""
    return Driven(main()).addBoth(_one_turn_later)


def _one_turn_later(result: Any) -> "Deferred[Any]":
    later: Deferred[Any] = Deferred()
    _reactor().callLater(0, later.callback, result)
    return later


class _Deferred(Started):
    def __init__(self, call: Call) -> None:
        self._ended: Deferred[None] = Deferred()
        self._deferred = Driven(call())
        self._deferred.addErrback(lambda _: None)
        self._deferred.addBoth(lambda _: self._ended.callback(None))

    def cancel(self) -> None:
        self._deferred.cancel()

    async def ended(self) -> None:
        await self._ended


FLAVOURS: Sequence[Flavour] = (Threads(), Asyncio(), Uvloop(), Trio(), Gevent(), Twisted())
"""All of them: a test parametrised over this leaves none out."""
