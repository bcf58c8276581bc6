"""The child process: one contender at one kind of work in one flavour, measured whenever it is told to.

``python -m benchmarks.worker WORK FLAVOUR CONTENDER HOST PORT`` prints a line when it is connected, then answers each
line ``CALLERS CALLS`` on standard input with a sample in JSON, until standard input ends.
"""

import gc
import importlib
import json
import sys
from dataclasses import asdict
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

from benchmarks.contenders.address import Address
from benchmarks.sample import Sample

__all__ = ["main"]


def _cpu() -> float:
    """CPU seconds of this process so far: all its threads, in user and in system mode."""
    usage = getrusage(RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def _measure(flavour: Any, get: Any, callers: int, calls: int) -> Sample:
    gc.collect()
    cpu, start = _cpu(), perf_counter()
    await flavour.together(get, callers, calls // callers)
    return Sample(calls // callers * callers, perf_counter() - start, _cpu() - cpu)


def _say(message: object) -> None:
    print(json.dumps(message), flush=True)


async def _serve(flavour: Any, contender: Any, address: Address) -> None:
    async with contender(address) as get:
        _say("ready")
        while line := await flavour.order():
            callers, calls = map(int, line.split())
            _say(asdict(await _measure(flavour, get, callers, calls)))


def main(work: str, name: str, contender: str, host: str, port: str) -> None:
    """Be the worker until standard input ends."""
    contenders: Any = importlib.import_module(f"benchmarks.contenders.{work}.on_{name}")
    flavour: Any = importlib.import_module(f"benchmarks.flavours.on_{name}")
    ready = getattr(contenders, contender.replace("-", "_"))
    flavour.run(lambda: _serve(flavour, ready, Address(host, int(port))))


if __name__ == "__main__":
    main(*sys.argv[1:])
