"""Lists, maps, sets and queues, each kept as one document: a list, or a dict with names as keys.

A document that is not there is an empty structure, and the first change makes it. A change reads the document and
writes another under compare-and-set, so that no other change is lost and nothing is popped twice; it costs what the
document costs. What must not live here: how that is done (``changing``).
"""

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from unicache._core.documents.changing import KEPT, Changes
from unicache._core.documents.options import Life
from unicache._core.documents.parts import ABSENT, same
from unicache._core.documents.single import MISSING, Documents
from unicache.errors import IndexOutOfRange, InvalidArgument, PathMismatch, QueueEmpty

__all__ = ["List", "Map", "Queue", "Set", "Structure", "StructureHandle"]

C = TypeVar("C", bound="Structure")

RETRIES = 1000
"""A structure is there to be changed by many, so it tries for longer than who changes a document now and then."""

Edit = Callable[[Any], tuple[Any, Any]]
"""From the items to those that are to be written, or KEPT, and what the caller gets."""


class Structure:
    """What they have in common. ``born`` is how long a document lives that a change makes."""

    _kind: ClassVar[type[Any]] = list

    def __init__(self, documents: Documents, changes: Changes, key: str, born: Life) -> None:
        self._documents = documents
        self._changes = changes
        self._born = born
        self.key = key

    async def size(self) -> int:
        """How many items there are."""
        return len(await self.contents())

    async def values(self) -> list[Any]:
        """All of them."""
        return list(await self.contents())

    async def clear(self) -> None:
        """Remove the document."""
        await self._documents.delete(self.key, None)

    async def contents(self) -> Any:
        """The list or dict that is there, or an empty one; PathMismatch."""
        value = self._documents.peek(self.key, ABSENT)
        return self._contents(await self._documents.get(self.key, ABSENT) if value is MISSING else value)

    def _contents(self, value: Any) -> Any:
        if value is ABSENT:
            return self._kind()
        if type(value) is not self._kind:
            kind = type(value).__name__
            raise PathMismatch(f"the document is a {kind}, not a {self._kind.__name__}", key=self.key, path="")
        return value

    async def _edit(self, edit: Edit) -> Any:
        async def change(old: Any) -> tuple[Any, Any]:
            return edit(self._contents(old))

        made = await self._changes.make(self.key, change, retries=RETRIES, born=self._born, store="set")
        return made.result


class List(Structure):
    """Items in an order; negative indexes count from the end."""

    async def get(self, index: int) -> Any:
        """The item."""
        _checked(index)
        items = await self.contents()
        return items[self._place(index, items)]

    async def set_at(self, index: int, value: Any) -> None:
        """Another item in its place."""
        _checked(index)

        def edit(items: list[Any]) -> tuple[Any, Any]:
            items[self._place(index, items)] = value
            return items, None

        await self._edit(edit)

    async def append(self, value: Any) -> None:
        """One more at the end."""
        await self._edit(lambda items: ([*items, value], None))

    async def prepend(self, value: Any) -> None:
        """One more before the first."""
        await self._edit(lambda items: ([value, *items], None))

    async def insert_at(self, index: int, value: Any) -> None:
        """One more, which then has that index, 0 to the size."""
        _checked(index)

        def edit(items: list[Any]) -> tuple[Any, Any]:
            if not 0 <= index <= len(items):
                raise self._out_of_range(index, items)
            items.insert(index, value)
            return items, None

        await self._edit(edit)

    async def remove_at(self, index: int) -> Any:
        """Take the item out."""
        _checked(index)

        def edit(items: list[Any]) -> tuple[Any, Any]:
            value = items.pop(self._place(index, items))
            return items, value

        return await self._edit(edit)

    async def index_of(self, value: Any) -> int | None:
        """Where the value is first."""
        return _index(await self.contents(), value)

    def _place(self, index: int, items: list[Any]) -> int:
        if not -len(items) <= index < len(items):
            raise self._out_of_range(index, items)
        return index

    def _out_of_range(self, index: int, items: list[Any]) -> IndexOutOfRange:
        message = f"index {index} is out of range for a list of {len(items)}"
        return IndexOutOfRange(message, key=self.key, path=f"[{index}]")


class Map(Structure):
    """Values by name."""

    _kind = dict

    async def get(self, name: str, default: Any = None) -> Any:
        """The value of a name."""
        _named(name)
        return (await self.contents()).get(name, default)

    async def set(self, name: str, value: Any) -> None:
        """Another value for a name."""
        _named(name)
        await self._edit(lambda items: ({**items, name: value}, None))

    async def remove(self, name: str) -> bool:
        """Take a name out; whether it was there."""
        _named(name)

        def edit(items: dict[str, Any]) -> tuple[Any, Any]:
            if name not in items:
                return KEPT, False
            del items[name]
            return items, True

        return bool(await self._edit(edit))

    async def exists(self, name: str) -> bool:
        """Whether the name has a value."""
        _named(name)
        return name in await self.contents()

    async def keys(self) -> list[str]:
        """The names."""
        return list(await self.contents())

    async def values(self) -> list[Any]:
        """The values."""
        return list((await self.contents()).values())

    async def items(self) -> list[tuple[str, Any]]:
        """Names with their values."""
        return list((await self.contents()).items())


class Set(Structure):
    """Each value once, told apart by type and value."""

    async def add(self, value: Any) -> bool:
        """One more, unless it is there; whether it was not."""
        return bool(await self._edit(lambda items: (KEPT, False) if _has(items, value) else ([*items, value], True)))

    async def remove(self, value: Any) -> bool:
        """Take a value out; whether it was there."""

        def edit(items: list[Any]) -> tuple[Any, Any]:
            place = _index(items, value)
            if place is None:
                return KEPT, False
            del items[place]
            return items, True

        return bool(await self._edit(edit))

    async def contains(self, value: Any) -> bool:
        """Whether the value is there."""
        return _has(await self.contents(), value)


class Queue(Structure):
    """First in, first out."""

    async def push(self, value: Any) -> None:
        """One more, behind all others."""
        await self._edit(lambda items: ([*items, value], None))

    async def pop(self) -> Any:
        """Take out what was pushed first, or QueueEmpty."""

        def edit(items: list[Any]) -> tuple[Any, Any]:
            if not items:
                raise QueueEmpty(f"there is nothing to pop at {self.key!r}", key=self.key)
            return items[1:], items[0]

        return await self._edit(edit)


class StructureHandle(Generic[C]):
    """What the flavours' handles of structures share: everything that does not wait."""

    def __init__(self, core: C) -> None:
        self._core = core

    @property
    def key(self) -> str:
        """Of the document."""
        return self._core.key

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.key!r}>"


def _index(items: list[Any], value: Any) -> int | None:
    return next((place for place, item in enumerate(items) if same(item, value)), None)


def _has(items: list[Any], value: Any) -> bool:
    return _index(items, value) is not None


def _checked(index: int) -> None:
    if isinstance(index, bool) or not isinstance(index, int):
        raise InvalidArgument("index must be an int", argument="index")


def _named(name: str) -> None:
    if not isinstance(name, str):
        raise InvalidArgument("name must be a str", argument="name")
