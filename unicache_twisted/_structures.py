"""Twisted's handles of structures over one document. What they do is the engine's."""

from typing import Any, TypeVar

from twisted.internet.defer import Deferred

import unicache._structures as handles
from unicache._core.documents.structures import List, Map, Queue, Set, Structure, StructureHandle
from unicache._core.tools.docstrings import documented_like
from unicache_twisted._driving import Driven

__all__ = ["ListDocument", "MapDocument", "QueueDocument", "SetDocument"]

C = TypeVar("C", bound=Structure)


@documented_like(handles._StructureDocument)
class _StructureDocument(StructureHandle[C]):
    __doc__ = handles._StructureDocument.__doc__

    def size(self) -> "Deferred[int]":
        return Driven(self._core.size())

    def values(self) -> "Deferred[list[Any]]":
        return Driven(self._core.values())

    def clear(self) -> "Deferred[None]":
        return Driven(self._core.clear())


@documented_like(handles.ListDocument)
class ListDocument(_StructureDocument[List]):
    __doc__ = handles.ListDocument.__doc__

    def get(self, index: int) -> "Deferred[Any]":
        return Driven(self._core.get(index))

    def set_at(self, index: int, value: Any) -> "Deferred[None]":
        return Driven(self._core.set_at(index, value))

    def append(self, value: Any) -> "Deferred[None]":
        return Driven(self._core.append(value))

    def prepend(self, value: Any) -> "Deferred[None]":
        return Driven(self._core.prepend(value))

    def insert_at(self, index: int, value: Any) -> "Deferred[None]":
        return Driven(self._core.insert_at(index, value))

    def remove_at(self, index: int) -> "Deferred[Any]":
        return Driven(self._core.remove_at(index))

    def index_of(self, value: Any) -> "Deferred[int | None]":
        return Driven(self._core.index_of(value))


@documented_like(handles.MapDocument)
class MapDocument(_StructureDocument[Map]):
    __doc__ = handles.MapDocument.__doc__

    def get(self, name: str, default: Any = None) -> "Deferred[Any]":
        return Driven(self._core.get(name, default))

    def set(self, name: str, value: Any) -> "Deferred[None]":
        return Driven(self._core.set(name, value))

    def remove(self, name: str) -> "Deferred[bool]":
        return Driven(self._core.remove(name))

    def exists(self, name: str) -> "Deferred[bool]":
        return Driven(self._core.exists(name))

    def keys(self) -> "Deferred[list[str]]":
        return Driven(self._core.keys())

    def items(self) -> "Deferred[list[tuple[str, Any]]]":
        return Driven(self._core.items())


@documented_like(handles.SetDocument)
class SetDocument(_StructureDocument[Set]):
    __doc__ = handles.SetDocument.__doc__

    def add(self, value: Any) -> "Deferred[bool]":
        return Driven(self._core.add(value))

    def remove(self, value: Any) -> "Deferred[bool]":
        return Driven(self._core.remove(value))

    def contains(self, value: Any) -> "Deferred[bool]":
        return Driven(self._core.contains(value))


@documented_like(handles.QueueDocument)
class QueueDocument(_StructureDocument[Queue]):
    __doc__ = handles.QueueDocument.__doc__

    def push(self, value: Any) -> "Deferred[None]":
        return Driven(self._core.push(value))

    def pop(self) -> "Deferred[Any]":
        return Driven(self._core.pop())
