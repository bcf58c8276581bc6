"""What every flavour of the shop has, so that one scenario can be played on all five. Pure shapes, no event model."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

__all__ = ["FLAVOURS", "Flavour", "Shop", "flavour"]

FLAVOURS = ("threads", "asyncio", "trio", "gevent", "twisted")
"""Every event model; each is an extra, and a package, of the same name, but for threads."""

Call = Callable[[], Any]
"""A call of the shop: what it gives is a value, a coroutine or a Deferred, as the flavour has it."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One flavour's cache, and its functions."""

    cache: Any
    num_orders: Callable[[str], Any]
    spending: Callable[[str], Any]
    add_order: Callable[[str, float], Any]


class Flavour(Protocol):
    """What the module of a flavour offers."""

    def shop(self, url: str, namespace: str, orders: Any) -> Shop:
        """The shop, written as users of this event model write."""

    def blocking(self, call: Call) -> Awaitable[Any]:
        """Make a call that blocks, in the way that is right for the event model."""

    def together(self, calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> Awaitable[list[Any]]:
        """Make many calls at once; what each gave, in order."""

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run the event model until ``main()`` has ended."""


def flavour(name: str) -> Flavour:
    """The module of a flavour; only the one that is asked for is imported."""
    return cast("Flavour", import_module(f"unicache._demo.on_{name}"))
