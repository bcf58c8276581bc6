"""The asynchronous facade, for asyncio and trio: the calls on many documents. What they do is the engine's."""

from collections.abc import Iterable, Mapping
from typing import Any

import unicache._many as calls
from unicache._core.docstrings import documented_like
from unicache._core.facade import Facade
from unicache.typing import DEFAULT, Default, Duration

__all__ = ["ManyCalls"]


@documented_like(calls.ManyCalls)
class ManyCalls(Facade):
    __doc__ = calls.ManyCalls.__doc__

    async def get_many(
        self, keys: Iterable[str], *, type: Any = None, return_exceptions: bool = False
    ) -> dict[str, Any]:
        return await self._many.get(keys, type, return_exceptions)

    async def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: Mapping[str, int] | None = None,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        return await self._many.set(values, ttl=ttl, tags=tags, cas=cas, return_exceptions=return_exceptions)

    async def delete_many(self, keys: Iterable[str], *, return_exceptions: bool = False) -> dict[str, bool]:
        return await self._many.delete(keys, return_exceptions)
