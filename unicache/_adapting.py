"""The cache as other libraries' interfaces see one, in calls of the engine: a key is there or not, and no more is said.

Absence is an answer here and no error, a life that is over before it begins is none, and what cannot be read is not
there. What must not live here: any one library's names, its way to spell time-outs, and how calls are awaited.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from unicache._core.engine import Engine
from unicache.errors import CacheError, KeyExists, KeyNotFound, ValueFormatError

__all__ = ["Calls"]

T = TypeVar("T")

_ADVICE = "or give the cache the options codec='pickle' and signing, with which it stores any object"

_MISSING: Any = object()


class Calls:
    """The calls of one cache. A ``life`` is seconds, None for no expiry, and 0 or less for not at all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._documents = engine.documents

    # -- reading

    async def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default, also when the value cannot be read; that is counted as for load-through."""
        try:
            return await self._documents.get(key, default)
        except ValueFormatError as error:
            self._corrupt(key, error)
            return default

    async def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of the keys that are there and can be read."""
        found = await self._engine.many.get(list(keys), None, return_exceptions=True)
        return {key: value for key, value in found.items() if not self._unreadable(key, value)}

    async def has(self, key: str) -> bool:
        """Whether the key is there."""
        return await self._documents.exists(key)

    async def get_or_set(self, key: str, loader: Callable[[], Any], life: float | None) -> Any:
        """Load through: one run for all who ask meanwhile, and the loader's value when the store is down."""
        if _over(life):
            value = await self.get(key, _MISSING)
            return await self._engine.core.io.call(loader) if value is _MISSING else value
        return await self._advised(self._engine.get_or_set(key, loader, ttl=life, tags=(), wanted=None, options={}))

    # -- writing

    async def set(self, key: str, value: Any, life: float | None) -> None:
        """Write, or remove when the life is over."""
        if _over(life):
            await self._documents.delete(key, None)
        else:
            await self._advised(self._documents.set(key, value, ttl=life, tags=(), cas=None, keep_ttl=False))

    async def add(self, key: str, value: Any, life: float | None) -> bool:
        """Write if the key is not there; whether it was not."""
        if _over(life):
            return not await self._documents.exists(key)
        try:
            await self._advised(self._documents.insert(key, value, ttl=life, tags=()))
        except KeyExists:
            return False
        return True

    async def set_many(self, values: Mapping[str, Any], life: float | None) -> list[str]:
        """Write all, or remove them when the life is over; the keys that the store refused."""
        if _over(life):
            return _failed(await self._engine.many.delete(list(values), return_exceptions=True))
        many = self._engine.many.set(values, ttl=life, tags=(), cas=None, return_exceptions=True)
        return _failed(await self._advised(many))

    async def touch(self, key: str, life: float | None) -> bool:
        """A new life for the key, which may be none; whether it was there."""
        if _over(life):
            return await self._documents.delete(key, None)
        try:
            await self._documents.touch(key, life)
        except KeyNotFound:
            return False
        return True

    async def add_to(self, key: str, delta: int, *, initial: int | None = None, life: float | None = None) -> int:
        """Add to a number, which keeps its life; without ``initial``, KeyNotFound when there is none."""
        return await self._engine.counters.add(key, delta, initial, life)

    # -- removing

    async def delete(self, key: str) -> bool:
        """Remove; whether it was there. What a load under way brings for the key is not stored."""
        return await self._documents.delete(key, None)

    async def delete_many(self, keys: Iterable[str]) -> None:
        """Remove all. Raises ManyError when some may still be there."""
        await self._engine.many.delete(list(keys), return_exceptions=False)

    async def clear(self, prefix: str = "") -> None:
        """Remove all keys of the namespace that begin so."""
        invalidation = self._engine.invalidation
        await (invalidation.prefix(prefix) if prefix else invalidation.everything())

    # -- what cannot be written or read

    async def _advised(self, write: Awaitable[T]) -> T:
        """A write whose refusal of a value says what those can do who need it stored."""
        try:
            return await write
        except ValueFormatError as error:
            if self._engine.core.settings.codec.trusting:
                raise
            raise ValueFormatError(f"{error}, {_ADVICE}", key=error.key) from None

    def _unreadable(self, key: str, value: Any) -> bool:
        if not isinstance(value, CacheError):
            return False
        if not isinstance(value, ValueFormatError):
            raise value
        self._corrupt(key, value)
        return True

    def _corrupt(self, key: str, error: ValueFormatError) -> None:
        self._engine.core.counts.corrupt += 1
        self._engine.core.events.tell("corrupt", key=key, error=error)


def _over(life: float | None) -> bool:
    return life is not None and life <= 0


def _failed(results: Mapping[str, Any]) -> list[str]:
    return [key for key, result in results.items() if isinstance(result, CacheError)]
