"""gevent. Nothing is patched, unless the contender needs it: then it patches its own process."""

import sys

import gevent

from benchmarks import load
from benchmarks.contenders.address import Get
from benchmarks.flavours.on_threads import run

__all__ = ["order", "run", "together"]


async def order() -> str:
    """The next line of standard input; the hub runs meanwhile."""
    line: str = gevent.get_hub().threadpool.apply(sys.stdin.readline)
    return line


async def together(get: Get, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls."""
    greenlets = [
        gevent.spawn(load.repeat, get, load.key(caller % load.MOST_CALLERS), calls) for caller in range(callers)
    ]
    gevent.joinall(greenlets, raise_error=True)
