"""The synchronous handles of structures over one document, gevent's too. What they do is the engine's."""

from typing import Any, TypeVar

from unicache._core.documents.structures import List, Map, Queue, Set, Structure, StructureHandle
from unicache._core.run import run

__all__ = ["ListDocument", "MapDocument", "QueueDocument", "SetDocument"]

C = TypeVar("C", bound=Structure)


class _StructureDocument(StructureHandle[C]):
    """What they have in common."""

    def size(self) -> int:
        """How many items there are; 0 when there is no document."""
        return run(self._core.size())

    def values(self) -> list[Any]:
        """All values, as they were at one moment. Raises PathMismatch when the document is of another kind."""
        return run(self._core.values())

    def clear(self) -> None:
        """Remove the document."""
        run(self._core.clear())


class ListDocument(_StructureDocument[List]):
    """A list that is one document; made by ``as_list``.

    Indexes are as in Python: negative ones count from the end. Where there is none, calls raise IndexOutOfRange, which
    is an IndexError; for what is no int, InvalidArgument.
    """

    def get(self, index: int) -> Any:
        """The item at ``index``. Raises IndexOutOfRange."""
        return run(self._core.get(index))

    def set_at(self, index: int, value: Any) -> None:
        """Put ``value`` in place of the item at ``index``. Raises IndexOutOfRange."""
        run(self._core.set_at(index, value))

    def append(self, value: Any) -> None:
        """Put ``value`` at the end."""
        run(self._core.append(value))

    def prepend(self, value: Any) -> None:
        """Put ``value`` before the first item."""
        run(self._core.prepend(value))

    def insert_at(self, index: int, value: Any) -> None:
        """Put ``value`` into the list, at ``index``, which may be 0 to the size. Raises IndexOutOfRange."""
        run(self._core.insert_at(index, value))

    def remove_at(self, index: int) -> Any:
        """Take the item at ``index`` out, and return it. Raises IndexOutOfRange."""
        return run(self._core.remove_at(index))

    def index_of(self, value: Any) -> int | None:
        """Where ``value`` is first, None when it is not there. 1, 1.0 and True are three values."""
        return run(self._core.index_of(value))


class MapDocument(_StructureDocument[Map]):
    """Values by name that are one document, a dict; made by ``as_map``. For a name that is no str, calls raise
    InvalidArgument.
    """

    def get(self, name: str, default: Any = None) -> Any:
        """The value of ``name``, or ``default`` when there is none."""
        return run(self._core.get(name, default))

    def set(self, name: str, value: Any) -> None:
        """Give ``name`` a value, whether it has one or not."""
        run(self._core.set(name, value))

    def remove(self, name: str) -> bool:
        """Take ``name`` out; True if it was there."""
        return run(self._core.remove(name))

    def exists(self, name: str) -> bool:
        """Whether ``name`` has a value."""
        return run(self._core.exists(name))

    def keys(self) -> list[str]:
        """All names, in the order in which they came."""
        return run(self._core.keys())

    def items(self) -> list[tuple[str, Any]]:
        """All names with their values."""
        return run(self._core.items())


class SetDocument(_StructureDocument[Set]):
    """Values of which each is there once, in one document, a list; made by ``as_set``. 1, 1.0 and True are three."""

    def add(self, value: Any) -> bool:
        """Put ``value`` in; True if it was not there."""
        return run(self._core.add(value))

    def remove(self, value: Any) -> bool:
        """Take ``value`` out; True if it was there."""
        return run(self._core.remove(value))

    def contains(self, value: Any) -> bool:
        """Whether ``value`` is there."""
        return run(self._core.contains(value))


class QueueDocument(_StructureDocument[Queue]):
    """A queue that is one document, a list, the next item first; made by ``as_queue``."""

    def push(self, value: Any) -> None:
        """Put ``value`` behind all others."""
        run(self._core.push(value))

    def pop(self) -> Any:
        """Take out what was pushed first, and return it; no two callers get the same. Raises QueueEmpty."""
        return run(self._core.pop())
