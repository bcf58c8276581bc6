"""The child process: one event model and its cache, looked at beside other work.

``python -m benchmarks.manners.child MODEL URL SECONDS`` prints what it found in JSON.
"""

import json
import sys
from contextlib import suppress
from statistics import quantiles
from time import perf_counter
from typing import Any

from benchmarks.load import VALUE, check
from benchmarks.manners.holes import HOLES
from benchmarks.manners.models import MODELS, Model
from unicache.errors import OperationTimeout, StoreUnavailable

__all__ = ["CALLERS", "TICK", "TIMEOUT", "main"]

TIMEOUT = 0.2
"""Seconds that a call may take, as the cache is told."""

CALLERS = 100
TICK = 0.005
"""Seconds between two ticks."""

_TRIES = 5
Found = dict[str, Any]


async def _settled(given: Any) -> Any:
    """A value as it is; what there is to await, awaited."""
    return await given if hasattr(given, "__await__") else given


async def _patience(model: Model, url: str) -> list[float]:
    """The time that a call took to fail, as a multiple of its time-out; each try by a cache of its own."""
    ratios = []
    for _ in range(_TRIES):
        cache = model.cache(url, timeout=TIMEOUT, connect_timeout=TIMEOUT)
        start = perf_counter()
        with suppress(OperationTimeout, StoreUnavailable):
            await _settled(cache.get("key"))
            raise AssertionError("a black hole has answered")
        ratios.append((perf_counter() - start) / TIMEOUT)
        await _settled(cache.close())
    return ratios


async def _lateness(model: Model, cache: Any, callers: int, seconds: float) -> Found:
    """How many milliseconds a ticker was late beside so many callers, and how many calls they made."""
    late: list[float] = []
    calls = 0
    end = perf_counter() + seconds

    async def tick() -> None:
        while (start := perf_counter()) < end:
            await model.pause(TICK)
            late.append((perf_counter() - start - TICK) * 1000)

    async def call() -> None:
        nonlocal calls
        while perf_counter() < end:
            check(await _settled(cache.get("key")))
            calls += 1

    await model.together([tick, *[call] * callers])
    return {"p99": quantiles(late, n=100)[-1], "worst": max(late), "calls_per_second": calls / seconds}


async def _look(model: Model, url: str, seconds: float) -> None:
    found: Found = {"holes": {}}
    for name, hole in HOLES.items():
        with hole() as address:
            found["holes"][name] = await _patience(model, address)
    if model.ticks:
        cache = model.cache(url)
        await _settled(cache.set("key", VALUE))
        found["idle"] = await _lateness(model, cache, 0, seconds)
        found["busy"] = await _lateness(model, cache, CALLERS, seconds)
        await _settled(cache.close())
    print(json.dumps(found))


def main(name: str, url: str, seconds: str) -> None:
    """Look at one model, and print."""
    model = MODELS[name]
    model.run(lambda: _look(model, url, float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
