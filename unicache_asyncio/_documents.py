"""The asynchronous facade, for asyncio and trio: the calls on one document. What they do is the engine's."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

import unicache._documents as calls
from unicache._core.documents.single import MISSING
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.typing import DEFAULT, Default, Duration, Entry

__all__ = ["DocumentCalls"]

T = TypeVar("T")
D = TypeVar("D")


@documented_like(calls.DocumentCalls)
class DocumentCalls(Facade):
    __doc__ = calls.DocumentCalls.__doc__

    @overload
    async def get(self, key: str, default: D, *, type: type[T]) -> T | D: ...
    @overload
    async def get(self, key: str, default: None = None, *, type: type[T]) -> T | None: ...
    @overload
    async def get(self, key: str, default: Any = None, *, type: Any = None) -> Any: ...
    async def get(self, key: str, default: Any = None, *, type: Any = None) -> Any:
        if (value := self._documents.peek(key, default, type)) is not MISSING:
            return value
        return await self._documents.get(key, default, type)

    @overload
    async def entry(self, key: str, *, type: type[T]) -> Entry[T]: ...
    @overload
    async def entry(self, key: str, *, type: Any = None) -> Entry[Any]: ...
    async def entry(self, key: str, *, type: Any = None) -> Entry[Any]:
        return await self._documents.entry(key, type)

    async def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> int:
        return await self._documents.set(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl)

    async def insert(
        self, key: str, value: Any, *, ttl: Duration | Default | None = DEFAULT, tags: Iterable[str] = ()
    ) -> int:
        return await self._documents.insert(key, value, ttl=ttl, tags=tags)

    async def replace(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> int:
        return await self._documents.replace(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl)

    async def delete(self, key: str, *, cas: int | None = None) -> bool:
        return await self._documents.delete(key, cas)

    async def touch(self, key: str, ttl: Duration | None) -> None:
        await self._documents.touch(key, ttl)

    @overload
    async def get_and_touch(self, key: str, ttl: Duration | None, *, type: type[T]) -> T: ...
    @overload
    async def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> Any: ...
    async def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> Any:
        return await self._documents.get_and_touch(key, ttl, type)

    async def exists(self, key: str) -> bool:
        return await self._documents.exists(key)

    async def ttl(self, key: str) -> float | None:
        return await self._documents.ttl(key)

    async def mutate(
        self,
        key: str,
        fn: Callable[[Any], Any],
        *,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> Any:
        return await self._documents.mutate(key, fn, ttl, retries)

    async def increment(
        self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None
    ) -> int:
        return await self._counters.add(key, delta, initial, ttl)

    async def decrement(
        self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None
    ) -> int:
        return await self._counters.subtract(key, delta, initial, ttl)

    async def append(self, key: str, data: str | bytes) -> int:
        return await self._documents.extend(key, data, before=False)

    async def prepend(self, key: str, data: str | bytes) -> int:
        return await self._documents.extend(key, data, before=True)
