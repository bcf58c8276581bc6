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

    def exists_many(self, keys: Iterable[str], *, return_exceptions: bool = False) -> dict[str, bool]:
        """For each key, whether it is there. Raises ManyError as ``get_many`` does."""
        return run(self._many.exists(keys, return_exceptions))

    def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        cas: Mapping[str, int] | None = None,
        keep_ttl: bool = False,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Write many values, each on its own, and return their new CAS.

        ``ttl``   how long they live, or a mapping from keys to durations; others have the cache's own
        ``tags``  of all of them, or a mapping from keys to the tags of each
        ``cas``   a mapping from keys to the CAS they must have
        ``keep_ttl``  keep the remaining time of those that are there instead of setting one

        Raises ManyError as ``get_many`` does, and what ``set`` raises before anything is sent.
        """
        return run(
            self._many.set(values, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl, return_exceptions=return_exceptions)
        )

    def insert_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Write many values as ``set_many`` does, but where a key is there: that has KeyExists in the ManyError."""
        return run(self._many.insert(values, ttl=ttl, tags=tags, return_exceptions=return_exceptions))

    def replace_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Duration | Default | Mapping[str, Duration | None] | None = DEFAULT,
        tags: Iterable[str] | Mapping[str, Iterable[str]] = (),
        cas: Mapping[str, int] | None = None,
        keep_ttl: bool = False,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Write many values as ``set_many`` does, but where no key is: that has KeyNotFound in the ManyError."""
        return run(
            self._many.replace(
                values, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl, return_exceptions=return_exceptions
            )
        )

    def delete_many(
        self, keys: Iterable[str], *, cas: Mapping[str, int] | None = None, return_exceptions: bool = False
    ) -> dict[str, bool]:
        """Remove many keys; for each, whether it was there. Raises ManyError as ``get_many`` does.

        ``cas``  a mapping from keys to the CAS they must have; CasMismatch for those that have another
        """
        return run(self._many.delete(keys, return_exceptions, cas))

    def touch_many(
        self,
        keys: Iterable[str],
        ttl: Duration | Mapping[str, Duration | None] | None,
        *,
        return_exceptions: bool = False,
    ) -> dict[str, None]:
        """Let many keys live for ``ttl`` from now; None for no expiry, or a mapping with the time of each key.

        Raises ManyError as ``get_many`` does, with KeyNotFound for those that are not there.
        """
        return run(self._many.touch(keys, ttl, return_exceptions))

    def increment_many(
        self,
        keys: Iterable[str],
        delta: int | Mapping[str, int] = 1,
        *,
        initial: int | Mapping[str, int] | None = None,
        ttl: Duration | Mapping[str, Duration | None] | None = None,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Add to many integers, each on its own, and return the sums. A key given twice counts once.

        ``delta``, ``initial`` and ``ttl`` are for all, or mappings from keys to what differs from the default. Raises
        ManyError as ``get_many`` does, with what ``increment`` raises, and InvalidArgument before anything is sent.
        """
        return run(self._counters.add_many(keys, delta, initial, ttl, return_exceptions=return_exceptions))

    def decrement_many(
        self,
        keys: Iterable[str],
        delta: int | Mapping[str, int] = 1,
        *,
        initial: int | Mapping[str, int] | None = None,
        ttl: Duration | Mapping[str, Duration | None] | None = None,
        return_exceptions: bool = False,
    ) -> dict[str, int]:
        """Subtract from many integers; as ``increment_many``."""
        return run(self._counters.subtract_many(keys, delta, initial, ttl, return_exceptions=return_exceptions))

    def append_many(self, values: Mapping[str, str | bytes], *, return_exceptions: bool = False) -> dict[str, int]:
        """Put text or bytes behind many values, and return their new CAS. Raises ManyError, of what ``append`` does."""
        return run(self._many.extend(values, before=False, return_exceptions=return_exceptions))

    def prepend_many(self, values: Mapping[str, str | bytes], *, return_exceptions: bool = False) -> dict[str, int]:
        """Put text or bytes before many values; as ``append_many``."""
        return run(self._many.extend(values, before=True, return_exceptions=return_exceptions))
