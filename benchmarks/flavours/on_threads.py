"""Threads: plain calls."""

import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks import load
from benchmarks.contenders.address import Get

__all__ = ["order", "run", "together"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main``, which does not suspend here."""
    try:
        main().send(None)
    except StopIteration:
        return
    raise RuntimeError("a blocking contender suspended")


async def order() -> str:
    """The next line of standard input."""
    return sys.stdin.readline()


async def together(get: Get, callers: int, calls: int) -> None:
    """Run ``callers`` callers, each making ``calls`` calls; raise what befell any of them."""
    failures: list[BaseException] = []

    def call(caller: int) -> None:
        try:
            load.repeat(get, load.key(caller % load.MOST_CALLERS), calls)
        except BaseException as failure:  # noqa: BLE001 - raised again below, in the thread that asked
            failures.append(failure)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
