"""Work that is finished even when the caller who asked for it goes away."""

from collections.abc import Callable, Coroutine
from typing import Any

from unicache._core.io import Io
from unicache._core.tools import log

__all__ = ["FOREVER", "finish"]

FOREVER = 86400.0
"""Seconds to wait at a time for what has no deadline of its own."""


async def finish(io: Io, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main()`` to its end and wait for it. A cancellation ends the waiting, not the work."""
    if io.exclusive:
        await main()
        return
    over = io.event()
    failure: list[Exception] = []

    async def run() -> None:
        try:
            await main()
        except Exception as error:  # noqa: BLE001  the one who waits gets it
            failure.append(error)
        finally:
            over.set()

    io.spawn(run)
    try:
        while not await over.wait(FOREVER):
            pass
    except BaseException:
        log.warning("a caller was cancelled while its invalidation was under way; it is finished without it")
        raise
    if failure:
        raise failure[0]
