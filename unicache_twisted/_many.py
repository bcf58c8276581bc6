"""The Twisted facade: the calls on many documents. What they do is the engine's."""

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.internet.defer import Deferred

import unicache._many as calls
from unicache._core.facade import Facade
from unicache._core.tools.docstrings import documented_like
from unicache.typing import DEFAULT, Default, Duration
from unicache_twisted._driving import Driven

__all__ = ["ManyCalls"]


@documented_like(calls.ManyCalls)
class ManyCalls(Facade):
    __doc__ = calls.ManyCalls.__doc__

    def get_many(
        self, keys: Iterable[str], *, type: Any = None, return_exceptions: bool = False
    ) -> "Deferred[dict[str, Any]]":
        return Driven(self._many.get(keys, type, return_exceptions))

    def exists_many(self, keys: Iterable[str], *, return_exceptions: bool = False) -> "Deferred[dict[str, bool]]":
        return Driven(self._many.exists(keys, return_exceptions))

    def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        cas: Mapping[str, int] | None = None,
        keep_ttl: bool = False,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Driven(
            self._many.set(values, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl, return_exceptions=return_exceptions)
        )

    def insert_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Driven(self._many.insert(values, ttl=ttl, tags=tags, return_exceptions=return_exceptions))

    def replace_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        cas: Mapping[str, int] | None = None,
        keep_ttl: bool = False,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Driven(
            self._many.replace(
                values, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl, return_exceptions=return_exceptions
            )
        )

    def delete_many(
        self, keys: Iterable[str], *, cas: Mapping[str, int] | None = None, return_exceptions: bool = False
    ) -> "Deferred[dict[str, bool]]":
        return Driven(self._many.delete(keys, return_exceptions, cas))

    def touch_many(
        self,
        keys: Iterable[str],
        ttl: Duration | Mapping[str, Duration | None] | None,
        *,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, None]]":
        return Driven(self._many.touch(keys, ttl, return_exceptions))

    def increment_many(
        self,
        keys: Iterable[str],
        delta: int | Mapping[str, int] = 1,
        *,
        initial: int | Mapping[str, int] | None = None,
        ttl: Duration | Mapping[str, Duration | None] | None = None,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Driven(self._counters.add_many(keys, delta, initial, ttl, return_exceptions=return_exceptions))

    def decrement_many(
        self,
        keys: Iterable[str],
        delta: int | Mapping[str, int] = 1,
        *,
        initial: int | Mapping[str, int] | None = None,
        ttl: Duration | Mapping[str, Duration | None] | None = None,
        return_exceptions: bool = False,
    ) -> "Deferred[dict[str, int]]":
        return Driven(self._counters.subtract_many(keys, delta, initial, ttl, return_exceptions=return_exceptions))

    def append_many(
        self, values: Mapping[str, str | bytes], *, return_exceptions: bool = False
    ) -> "Deferred[dict[str, int]]":
        return Driven(self._many.extend(values, before=False, return_exceptions=return_exceptions))

    def prepend_many(
        self, values: Mapping[str, str | bytes], *, return_exceptions: bool = False
    ) -> "Deferred[dict[str, int]]":
        return Driven(self._many.extend(values, before=True, return_exceptions=return_exceptions))
