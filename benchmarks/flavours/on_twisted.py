"""Twisted, on its default reactor; callers are coroutines that await Deferreds."""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from benchmarks import load
from benchmarks.contenders.address import AwaitingGet

__all__ = ["order", "run", "together"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` in the reactor; ends the process."""
    react(lambda _: Deferred.fromCoroutine(main()))


async def order() -> str:
    """The next line of standard input."""
    return await deferToThread(sys.stdin.readline)


async def together(get: AwaitingGet, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls."""
    loops = [load.repeat_awaiting(get, load.key(caller % load.MOST_CALLERS), calls) for caller in range(callers)]
    try:
        await gatherResults([Deferred.fromCoroutine(loop) for loop in loops], consumeErrors=True)
    except FirstError as error:
        error.subFailure.raiseException()
