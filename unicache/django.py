"""Django's cache interface on unicache: ``"BACKEND": "unicache.django.Cache"``.

The asynchronous methods run on ``unicache_asyncio`` in the event loop, and no thread is asked. What must not live here:
what a call means for the store, which is said once for both kinds in ``_adapting``.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

import unicache
import unicache_asyncio
from unicache._adapting import Calls
from unicache._core.core import Core
from unicache._core.engine import Engine
from unicache._core.run import run
from unicache._core.setup.url import from_environment
from unicache._core.stores.memory import MemoryStore
from unicache._core.tools.forks import forget_after_fork
from unicache.errors import KeyNotFound

__all__ = ["Cache"]


class Cache(BaseCache):
    """What ``django.core.cache.caches`` gives when ``CACHES`` names this class as ``BACKEND``.

    ``location``  the URL, ``LOCATION`` in the settings; without one, the environment's ``UNICACHE_URL``
    ``params``    the other settings: ``TIMEOUT``, ``KEY_PREFIX``, ``VERSION``, ``KEY_FUNCTION``; and ``OPTIONS``, which
                  is what ``unicache.Cache`` takes beside the URL: ``namespace``, and ``unicache.typing.Options``

    Threads, and caches with the same location and options, share one connection pool. Raises ConfigurationError,
    naming what is wrong with the location or an option.
    """

    _kind: ClassVar[type[unicache.Cache]] = unicache.Cache

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._here, self._there = _OPENED.pair(self._kind, location, params.get("OPTIONS", {}))

    def get_backend_timeout(self, timeout: float | None = DEFAULT_TIMEOUT) -> float | None:
        """Seconds, None for no expiry, 0 or less for not at all."""
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    # -- one key

    def get(self, key: Any, default: Any | None = None, version: int | None = None) -> Any:
        """The value, or the default; None is a value like any other."""
        return run(self._here.get(self.make_and_validate_key(key, version), default))

    async def aget(self, key: Any, default: Any | None = None, version: int | None = None) -> Any:
        """As ``get``."""
        return await self._there.get(self.make_and_validate_key(key, version), default)

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Write a value. Raises ValueFormatError for one that would not come back as it is."""
        run(self._here.set(self.make_and_validate_key(key, version), value, self.get_backend_timeout(timeout)))

    async def aset(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """As ``set``."""
        await self._there.set(self.make_and_validate_key(key, version), value, self.get_backend_timeout(timeout))

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Write a value if the key is not there; whether it was written. Of many at once, one is told True."""
        life = self.get_backend_timeout(timeout)
        return run(self._here.add(self.make_and_validate_key(key, version), value, life))

    async def aadd(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """As ``add``."""
        life = self.get_backend_timeout(timeout)
        return await self._there.add(self.make_and_validate_key(key, version), value, life)

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set a new time-out; whether the key was there."""
        return run(self._here.touch(self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)))

    async def atouch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """As ``touch``."""
        return await self._there.touch(self.make_and_validate_key(key, version), self.get_backend_timeout(timeout))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Remove; whether it was there."""
        return run(self._here.delete(self.make_and_validate_key(key, version)))

    async def adelete(self, key: Any, version: int | None = None) -> bool:
        """As ``delete``."""
        return await self._there.delete(self.make_and_validate_key(key, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether the key is there."""
        return run(self._here.has(self.make_and_validate_key(key, version)))

    async def ahas_key(self, key: Any, version: int | None = None) -> bool:
        """As ``has_key``."""
        return await self._there.has(self.make_and_validate_key(key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to an integer, which keeps its time-out; nobody's change is lost. Raises ValueError when it is absent."""
        return run(_sum(self._here, key, self.make_and_validate_key(key, version), delta))

    async def aincr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """As ``incr``."""
        return await _sum(self._there, key, self.make_and_validate_key(key, version), delta)

    def get_or_set(
        self, key: Any, default: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """The value; when there is none, ``default`` or what it gives when called, once for all who ask meanwhile.

        A store that is down raises nothing here.
        """
        made, life = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        return run(self._here.get_or_set(made, _loader(default), life))

    async def aget_or_set(
        self, key: Any, default: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """As ``get_or_set``; ``default`` may be a coroutine function, too."""
        made, life = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        return await self._there.get_or_set(made, _loader(default), life)

    # -- many keys

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """The values of those keys that are there, in a few round trips."""
        made = self._made(keys, version)
        return {made[key]: value for key, value in run(self._here.get_many(made)).items()}

    async def aget_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """As ``get_many``."""
        made = self._made(keys, version)
        return {made[key]: value for key, value in (await self._there.get_many(made)).items()}

    def set_many(
        self, data: dict[Any, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        """Write many values; the keys that the store refused. Raises StoreUnavailable when it is out of reach."""
        made, life = self._made(data, version), self.get_backend_timeout(timeout)
        return [made[key] for key in run(self._here.set_many({key: data[made[key]] for key in made}, life))]

    async def aset_many(
        self, data: dict[Any, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        """As ``set_many``."""
        made, life = self._made(data, version), self.get_backend_timeout(timeout)
        return [made[key] for key in await self._there.set_many({key: data[made[key]] for key in made}, life)]

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """Remove many keys. Raises StoreUnavailable, or ManyError when some may still be there."""
        run(self._here.delete_many(self._made(keys, version)))

    async def adelete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """As ``delete_many``."""
        await self._there.delete_many(self._made(keys, version))

    def clear(self) -> None:
        """Remove all keys of the namespace in ``OPTIONS``, whatever their prefix and version."""
        run(self._here.clear())

    async def aclear(self) -> None:
        """As ``clear``."""
        await self._there.clear()

    def _made(self, keys: Iterable[Any], version: int | None) -> dict[str, Any]:
        return {self.make_and_validate_key(key, version): key for key in keys}


async def _sum(calls: Calls, key: Any, made: str, delta: int) -> int:
    try:
        return await calls.add_to(made, delta)
    except KeyNotFound:
        raise ValueError(f"Key {key!r} not found") from None


def _loader(default: Any) -> Callable[[], Any]:
    return default if callable(default) else lambda: default


class _Pair(NamedTuple):
    """The calls for threads, and for event loops."""

    here: Calls
    there: Calls


class _Opened:
    """The caches of this process. Django makes a backend for each thread, which must not mean a pool for each."""

    def __init__(self) -> None:
        self._known: list[tuple[type[unicache.Cache], str, dict[str, Any], _Pair]] = []
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: a thread that held the lock is not there."""
        self._lock = threading.Lock()

    def pair(self, kind: type[unicache.Cache], location: str, options: dict[str, Any]) -> _Pair:
        """Those with this location and these options, made when they are first asked for."""
        with self._lock:
            for *described, pair in self._known:
                if described == [kind, location, options]:
                    return pair
            pair = _paired(kind, location or from_environment(), options)
            self._known.append((kind, location, dict(options), pair))
            return pair


def _paired(kind: type[unicache.Cache], url: str, options: dict[str, Any]) -> _Pair:
    here = kind(url, **options)._engine
    there = unicache_asyncio.Cache(url, **options)._engine
    if isinstance(here.core.store, MemoryStore):  # both kinds of calls are about one memory
        there = Engine(Core(there.core.io, here.core.store, here.core.settings), here.names)
    return _Pair(Calls(here), Calls(there))


_OPENED = _Opened()
