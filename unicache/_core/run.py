"""How a blocking flavour runs the engine: one ``send(None)``, because its ``Io`` never suspends a coroutine."""

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run"]

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Finish the coroutine at once. Returns or raises what it does.

    RuntimeError means that something was awaited which is not of this flavour: a coroutine of an event loop, say.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("something of an event loop was awaited; use the unicache package of that framework")
