"""The asynchronous handles of structures over one document. What they do is the engine's."""

from typing import Any, TypeVar

import unicache._structures as handles
from unicache._core.documents.structures import List, Map, Queue, Set, Structure, StructureHandle
from unicache._core.tools.docstrings import documented_like

__all__ = ["ListDocument", "MapDocument", "QueueDocument", "SetDocument"]

C = TypeVar("C", bound=Structure)


@documented_like(handles._StructureDocument)
class _StructureDocument(StructureHandle[C]):
    __doc__ = handles._StructureDocument.__doc__

    async def size(self) -> int:
        return await self._core.size()

    async def values(self) -> list[Any]:
        return await self._core.values()

    async def clear(self) -> None:
        await self._core.clear()


@documented_like(handles.ListDocument)
class ListDocument(_StructureDocument[List]):
    __doc__ = handles.ListDocument.__doc__

    async def get(self, index: int) -> Any:
        return await self._core.get(index)

    async def set_at(self, index: int, value: Any) -> None:
        await self._core.set_at(index, value)

    async def append(self, value: Any) -> None:
        await self._core.append(value)

    async def prepend(self, value: Any) -> None:
        await self._core.prepend(value)

    async def insert_at(self, index: int, value: Any) -> None:
        await self._core.insert_at(index, value)

    async def remove_at(self, index: int) -> Any:
        return await self._core.remove_at(index)

    async def index_of(self, value: Any) -> int | None:
        return await self._core.index_of(value)


@documented_like(handles.MapDocument)
class MapDocument(_StructureDocument[Map]):
    __doc__ = handles.MapDocument.__doc__

    async def get(self, name: str, default: Any = None) -> Any:
        return await self._core.get(name, default)

    async def set(self, name: str, value: Any) -> None:
        await self._core.set(name, value)

    async def remove(self, name: str) -> bool:
        return await self._core.remove(name)

    async def exists(self, name: str) -> bool:
        return await self._core.exists(name)

    async def keys(self) -> list[str]:
        return await self._core.keys()

    async def items(self) -> list[tuple[str, Any]]:
        return await self._core.items()


@documented_like(handles.SetDocument)
class SetDocument(_StructureDocument[Set]):
    __doc__ = handles.SetDocument.__doc__

    async def add(self, value: Any) -> bool:
        return await self._core.add(value)

    async def remove(self, value: Any) -> bool:
        return await self._core.remove(value)

    async def contains(self, value: Any) -> bool:
        return await self._core.contains(value)


@documented_like(handles.QueueDocument)
class QueueDocument(_StructureDocument[Queue]):
    __doc__ = handles.QueueDocument.__doc__

    async def push(self, value: Any) -> None:
        await self._core.push(value)

    async def pop(self) -> Any:
        return await self._core.pop()
