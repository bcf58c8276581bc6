"""The synchronous facade, gevent's too: the calls on many documents. What they do is the engine's."""

from collections.abc import Iterable, Mapping
from typing import Any

from unicache._core.facade import Facade
from unicache._core.run import run
from unicache.typing import DEFAULT, Default, Duration

__all__ = ["ManyCalls"]


class ManyCalls(Facade):
    """The calls on many documents, each on its own."""

    def get_many(self, keys: Iterable[str], *, type: Any = None, return_exceptions: bool = False) -> dict[str, Any]:
        """The values of those keys that are there, in a few round trips. A key given twice counts once.

        Raises ManyError, whose ``results`` has all keys, when some cannot be read; with ``return_exceptions`` their
        errors are their values instead.
        """
        return run(self._many.get(keys, type, return_exceptions))

    def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: Mapping[str, int] | None = None,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Write many values, each on its own, and return their new CAS.

        ``ttl`` may be a mapping from keys to durations, and ``cas`` one from keys to the CAS they must have. Raises
        ManyError as ``get_many`` does, and what ``set`` raises before anything is sent.
        """
        return run(self._many.set(values, ttl=ttl, tags=tags, cas=cas, return_exceptions=return_exceptions))

    def delete_many(self, keys: Iterable[str], *, return_exceptions: bool = False) -> dict[str, bool]:
        """Remove many keys; for each, whether it was there. Raises ManyError as ``get_many`` does."""
        return run(self._many.delete(keys, return_exceptions))
