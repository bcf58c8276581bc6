"""The event models, as far as a child needs them: to run a coroutine, to pause, to do several things side by side.

Under threads and gevent these coroutines never suspend. An event model is imported when it is used.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any

from benchmarks.flavours.on_threads import run as finish

__all__ = ["MODELS", "Model"]

Main = Callable[[], Coroutine[Any, Any, None]]


class Model(ABC):
    """One event model; ``package`` is the one whose cache it uses."""

    package: str
    ticks = True
    """False where waiting holds nobody up, because everybody has a thread."""

    def cache(self, url: str, **options: Any) -> Any:
        """A cache of this model."""
        return import_module(self.package).Cache(url, namespace="manners", **options)

    @abstractmethod
    def run(self, main: Main) -> None:
        """Run ``main()`` to its end."""

    @abstractmethod
    async def pause(self, seconds: float) -> None:
        """Let others run."""

    @abstractmethod
    async def together(self, mains: Sequence[Main]) -> None:
        """Run all of them side by side."""


class _Threads(Model):
    package = "unicache"
    ticks = False

    def run(self, main: Main) -> None:
        finish(main)

    async def pause(self, seconds: float) -> None:
        raise NotImplementedError

    async def together(self, mains: Sequence[Main]) -> None:
        raise NotImplementedError


class _Asyncio(Model):
    package = "unicache_asyncio"
    loop = "asyncio"

    def run(self, main: Main) -> None:
        import asyncio

        with asyncio.Runner(loop_factory=import_module(self.loop).new_event_loop) as runner:
            runner.run(main())

    async def pause(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    async def together(self, mains: Sequence[Main]) -> None:
        import asyncio

        await asyncio.gather(*[main() for main in mains])


class _Uvloop(_Asyncio):
    loop = "uvloop"


class _Trio(Model):
    package = "unicache_asyncio"

    def run(self, main: Main) -> None:
        import trio

        trio.run(main)

    async def pause(self, seconds: float) -> None:
        import trio

        await trio.sleep(seconds)

    async def together(self, mains: Sequence[Main]) -> None:
        import trio

        async with trio.open_nursery() as nursery:
            for main in mains:
                nursery.start_soon(main)


class _Gevent(Model):
    package = "unicache_gevent"

    def run(self, main: Main) -> None:
        finish(main)

    async def pause(self, seconds: float) -> None:
        import gevent

        gevent.sleep(seconds)

    async def together(self, mains: Sequence[Main]) -> None:
        import gevent

        gevent.joinall([gevent.spawn(finish, main) for main in mains], raise_error=True)


class _Twisted(Model):
    package = "unicache_twisted"

    def run(self, main: Main) -> None:
        from twisted.internet import reactor
        from twisted.internet.defer import Deferred
        from twisted.python.failure import Failure

        failures: list[Failure] = []
        loop: Any = reactor
        loop.callWhenRunning(
            lambda: Deferred.fromCoroutine(main()).addErrback(failures.append).addBoth(lambda _: loop.stop())
        )
        loop.run()
        for failure in failures:
            failure.raiseException()

    async def pause(self, seconds: float) -> None:
        from twisted.internet import reactor
        from twisted.internet.task import deferLater

        loop: Any = reactor
        await deferLater(loop, seconds)

    async def together(self, mains: Sequence[Main]) -> None:
        from twisted.internet.defer import Deferred, gatherResults

        await gatherResults([Deferred.fromCoroutine(main()) for main in mains])


MODELS: dict[str, Model] = {
    "threads": _Threads(),
    "asyncio": _Asyncio(),
    "uvloop": _Uvloop(),
    "trio": _Trio(),
    "gevent": _Gevent(),
    "twisted": _Twisted(),
}
