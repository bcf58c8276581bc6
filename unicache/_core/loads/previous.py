"""What a loader may know: the value it is to replace, and how to say that this is still the right one."""

from contextvars import ContextVar
from enum import Enum
from typing import Any

from unicache.typing import Entry

__all__ = ["UNCHANGED", "Unchanged", "given", "previous"]


class Unchanged(Enum):
    """The type of ``UNCHANGED``."""

    UNCHANGED = "unchanged"


UNCHANGED: Any = Unchanged.UNCHANGED
"""What a loader returns to say that the previous value is still right: it gets a new ttl."""

given: ContextVar[Entry[Any] | None] = ContextVar("unicache_previous", default=None)


def previous() -> Entry[Any] | None:
    """Inside a loader: the stored entry to be renewed, or None. Its value can be kept by returning UNCHANGED."""
    return given.get()
