"""What the exchanges of one cache and one set of rules share (engine)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from unicache._core.core import Core
from unicache._core.http.filing import Filing
from unicache._core.http.invalidation import Outdated
from unicache._core.http.rules import Rules
from unicache._core.http.shelf import Shelf
from unicache._core.http.turns import Turns

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """``invalidate`` makes out of date what a response says is."""

    core: Core
    rules: Rules
    shelf: Shelf
    filing: Filing
    turns: Turns
    invalidate: Callable[[Outdated], Awaitable[None]]
