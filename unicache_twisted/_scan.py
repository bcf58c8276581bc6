"""Twisted's handle of a scan, for ``async for`` in coroutines and Deferreds elsewhere. What it does is the engine's."""

from typing import Generic, Self, TypeVar

from twisted.internet.defer import Deferred

import unicache._scan as handles
from unicache._core.documents.scan import Pass
from unicache._core.tools.docstrings import documented_like
from unicache_twisted._driving import Driven

__all__ = ["Scan"]

T = TypeVar("T")


@documented_like(handles.Scan)
class Scan(Generic[T]):
    __doc__ = handles.Scan.__doc__

    def __init__(self, core: Pass[T]) -> None:
        self._core = core

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> "Deferred[T]":
        return Driven(self._core.next())

    def batch(self) -> "Deferred[list[T]]":
        return Driven(self._core.batch())

    def all(self) -> "Deferred[list[T]]":
        return Driven(self._core.all())
