"""Small values beside large ones, in one cache: how long the small ones wait."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles
from time import perf_counter

import unicache
import unicache_asyncio
from benchmarks.scale.points import Point, Sweep

__all__ = ["beside"]

_SIZES = (0, 10_000, 100_000, 1_000_000, 8_000_000)
_CALLS = 200
_READERS = 2
_PATIENCE = 30


def beside(url: str, rounds: int) -> Sweep:
    """How long 9 of 10 small gets take at most while others read values of so many bytes, in the same cache."""
    points = [Point("asyncio", size, asyncio.run(_beside_tasks(url, size, rounds))) for size in _SIZES]
    points += [Point("threads", size, _beside_threads(url, size, rounds)) for size in _SIZES]
    return Sweep("beside", "bytes of the values read by two others", "µs, 9 of 10 small gets", points)


def _nine_of_ten(spans: Sequence[float]) -> float:
    return quantiles(spans, n=10)[-1]


async def _beside_tasks(url: str, size: int, rounds: int) -> list[float]:
    async with unicache_asyncio.Cache(url, namespace="beside", timeout=_PATIENCE) as cache:
        await cache.set("small", b"x")
        await cache.set("large", bytes(size))
        readers = [asyncio.create_task(_repeat(cache.get)) for _ in range(_READERS if size else 0)]
        found = [_nine_of_ten([await _awaited(cache.get) for _ in range(_CALLS)]) for _ in range(rounds)]
        for reader in readers:
            reader.cancel()
        return found


async def _repeat(get: Callable[[str], Awaitable[object]]) -> None:
    while True:
        await get("large")


async def _awaited(get: Callable[[str], Awaitable[object]]) -> float:
    start = perf_counter()
    await get("small")
    return (perf_counter() - start) * 1e6


def _timed(cache: unicache.Cache) -> float:
    start = perf_counter()
    cache.get("small")
    return (perf_counter() - start) * 1e6


def _beside_threads(url: str, size: int, rounds: int) -> list[float]:
    done = threading.Event()
    with unicache.Cache(url, namespace="beside", timeout=_PATIENCE) as cache:
        cache.set("small", b"x")
        cache.set("large", bytes(size))

        def read() -> None:
            while not done.is_set():
                cache.get("large")

        readers = [threading.Thread(target=read) for _ in range(_READERS if size else 0)]
        for reader in readers:
            reader.start()
        try:
            return [_nine_of_ten([_timed(cache) for _ in range(_CALLS)]) for _ in range(rounds)]
        finally:
            done.set()
            for reader in readers:
                reader.join()
