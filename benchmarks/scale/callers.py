"""Sweeps over the number of callers, by the workers of the comparison."""

import sys
from collections.abc import Iterator, Sequence

from benchmarks.contenders.address import Address
from benchmarks.process import Failed, Worker
from benchmarks.referee import Referee
from benchmarks.scale.points import Point, Sweep

__all__ = ["callers", "threads"]

_FLAVOURS = ("asyncio", "trio", "gevent", "twisted")
_CALLERS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
_THREADS = (1, 2, 4, 8, 16, 32, 64)
_LEAST_CALLS = 3000
_EACH = 10
"""Calls of each caller at least, so that it does not matter what it costs to start one."""


def callers(address: Address, rounds: int) -> Sweep:
    """CPU time of a get from the server beside so many others, in each model with a loop."""
    points = [point for flavour in _FLAVOURS for point in _points(address, flavour, _CALLERS, rounds)]
    return Sweep("callers", "concurrent callers", "CPU µs per get", points)


def threads(address: Address, rounds: int) -> Sweep:
    """CPU time of a get from the server in so many threads."""
    return Sweep("threads", "threads", "CPU µs per get", list(_points(address, "threads", _THREADS, rounds)))


def _points(address: Address, flavour: str, numbers: Sequence[int], rounds: int) -> Iterator[Point]:
    with Referee(address) as referee:
        referee.seed()
    worker = Worker("get", flavour, "unicache", address)
    worker.measure(1, _LEAST_CALLS)
    found: dict[int, list[float]] = {number: [] for number in numbers}
    try:
        for _ in range(rounds):
            for number, figures in found.items():
                figures.append(worker.measure(number, max(_LEAST_CALLS, _EACH * number)).cpu)
    except Failed as failure:
        print(f"{flavour}: {failure}", file=sys.stderr)
    worker.close()
    for number, figures in found.items():
        if figures:
            yield Point(flavour, number, figures)
