"""cachelib's interface on unicache, for Flask-Session and others that take a cachelib cache.

What must not live here: what a call means for the store (``_adapting``), and Flask (``flask``).
"""

from datetime import timedelta
from typing import Any

from cachelib import BaseCache

import unicache
from unicache._adapting import Calls
from unicache._core.run import run
from unicache.errors import CacheError, ManyError

__all__ = ["Cache"]

Timeout = int | timedelta | None


class Cache(BaseCache):
    """A cachelib cache that keeps everything in one of unicache.

    ``cache``            where; one of ``unicache_gevent`` under gevent
    ``default_timeout``  how long entries live whose call names no time-out; 0 is no expiry, in the calls too
    ``key_prefix``       what stands before each key, and what ``clear`` is limited to
    ``ignore_delete_many_errors``  False to have ``delete_many`` raise RuntimeError when some keys may still be there

    A store that does not answer raises: to return False, as cachelib allows, would hide what was not deleted.
    """

    def __init__(
        self,
        cache: unicache.Cache,
        default_timeout: int | timedelta = 300,
        key_prefix: str = "",
        *,
        ignore_delete_many_errors: bool = True,
    ) -> None:
        super().__init__(default_timeout)
        self.ignore_delete_many_errors = ignore_delete_many_errors  # older ones do not know it
        self._calls = Calls(cache._engine)
        self._prefix = key_prefix

    def get(self, key: str) -> Any:
        """The value, or None when there is none that can be read."""
        return run(self._calls.get(self._prefix + key))

    def get_many(self, *keys: str) -> list[Any]:
        """The value of each key, or None."""
        found = run(self._calls.get_many(self._prefix + key for key in keys))
        return [found.get(self._prefix + key) for key in keys]

    def has(self, key: str) -> bool:
        """Whether the key is there, with None as its value perhaps."""
        return run(self._calls.has(self._prefix + key))

    def set(self, key: str, value: Any, timeout: Timeout = None) -> bool:
        """Write a value. Raises ValueFormatError for one that would not come back as it is."""
        run(self._calls.set(self._prefix + key, value, self._life(timeout)))
        return True

    def add(self, key: str, value: Any, timeout: Timeout = None) -> bool:
        """Write a value if the key is not there; whether it was written."""
        return run(self._calls.add(self._prefix + key, value, self._life(timeout)))

    def set_many(self, mapping: dict[str, Any], timeout: Timeout = None) -> list[Any]:
        """Write many values; the keys that are written."""
        values = {self._prefix + key: value for key, value in mapping.items()}
        failed = set(run(self._calls.set_many(values, self._life(timeout))))
        return [key for key in mapping if self._prefix + key not in failed]

    def delete(self, key: str) -> bool:
        """Remove; whether it was there."""
        return run(self._calls.delete(self._prefix + key))

    def delete_many(self, *keys: str) -> list[Any]:
        """Remove many keys; those that are certainly gone."""
        try:
            run(self._calls.delete_many(self._prefix + key for key in keys))
        except ManyError as error:
            if not self.ignore_delete_many_errors:
                raise RuntimeError(f"not certainly deleted: {error}") from error
            return [key for key in keys if not isinstance(error.results[self._prefix + key], CacheError)]
        return list(keys)

    def clear(self) -> bool:
        """Remove all keys with the prefix; without one, all of the cache's namespace."""
        run(self._calls.clear(self._prefix))
        return True

    def inc(self, key: str, delta: int = 1) -> int:
        """Add to an integer, which keeps its time; one that is not there begins at 0. Nobody's change is lost."""
        return run(self._calls.add_to(self._prefix + key, delta, initial=delta, life=self._life(None)))

    def dec(self, key: str, delta: int = 1) -> int:
        """Subtract from an integer; as ``inc``."""
        return self.inc(key, -delta)

    def _life(self, timeout: Timeout) -> float | None:
        chosen: int | timedelta = self.default_timeout if timeout is None else timeout
        seconds = chosen.total_seconds() if isinstance(chosen, timedelta) else chosen
        return seconds if seconds > 0 else None
