"""One load-through as data: which key, how its value is made, on which terms."""

from collections.abc import Callable
from typing import Any

import msgspec

from unicache._core.counts import Counts
from unicache._core.loads.terms import Terms

__all__ = ["Plan"]


class Plan(msgspec.Struct):
    """How to come by one value.

    ``load``    runs the loader, without arguments
    ``pick``    takes the value out of what the loader gives, when that is more than the value
    ``wanted``  the type the value must have, None for any
    ``schema``  the fingerprint of the type that is declared for it, 0 for none
    ``counts``  kept beside the cache's own
    """

    key: str
    name: bytes
    load: Callable[..., Any]
    terms: Terms
    tags: tuple[str, ...] = ()
    wanted: Any = None
    counts: Counts = msgspec.field(default_factory=Counts)
    pick: Callable[[Any], Any] | None = None
    schema: int = 0
