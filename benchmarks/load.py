"""What every contender does: read small values, each caller its own key, over and over.

Here are the keys, the value and the two loops; how callers are run side by side is the flavour's business.
"""

from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["MOST_CALLERS", "ROW", "VALUE", "Row", "check", "key", "repeat", "repeat_awaiting"]

Row = dict[str, Any]

MOST_CALLERS = 64
"""How many keys there are; more callers than that share them."""

VALUE = b"not a digit " * 8 + b"here"
"""What is read by its key."""

ROW: Row = {"id": 4711, "name": "A small row of a table", "price": 9.5, "in_stock": True}
"""What cached functions give."""


def key(caller: int) -> str:
    """The key of one caller. No two callers share one, so that no client can answer two calls with one command."""
    return f"key:{caller:03}"


def check(value: object) -> None:
    """Raise AssertionError unless ``value`` is what was stored: a fast wrong answer is not a result."""
    if value not in (VALUE, ROW):
        raise AssertionError(f"expected {VALUE!r} or {ROW!r}, got {value!r}")


def repeat(get: Callable[[str], Any], name: str, calls: int) -> None:
    """Make ``calls`` calls one after another, where a call gives its value."""
    value = None
    for _ in range(calls):
        value = get(name)
    check(value)


async def repeat_awaiting(get: Callable[[str], Awaitable[Any]], name: str, calls: int) -> None:
    """Make ``calls`` calls one after another, where a call gives something to await."""
    value = None
    for _ in range(calls):
        value = await get(name)
    check(value)
