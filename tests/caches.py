"""Caches of every flavour behind one face, the asynchronous package's: a body awaits every call, whatever runs it.

Under threads and gevent a call is made when it is awaited, and the coroutines that a body gives to the cache become
plain functions. What must not live here: how a model is driven (``flavours``), servers, and anything that is asserted.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial, wraps
from typing import Any

import unicache
import unicache_asyncio
import unicache_gevent
import unicache_twisted
from flavours import Flavour, Started
from unicache._core.io import Event, Io
from unicache._core.run import run

__all__ = ["SERVER_ONLY", "Cache", "Event", "Running", "Stage", "bare", "open_cache"]

SERVER_ONLY = frozenset({"elsewhere", "near", "observer", "own_server", "proxy", "replicated", "sticky"})
"""Fixtures that a test on a store without a server cannot have."""

Cache = unicache_asyncio.Cache
"""What a body sees."""

Call = Callable[[], Coroutine[Any, Any, Any]]

PATIENCE = 20.0
"""Seconds after which what a body waits for is taken not to come."""

_PACKAGES: dict[str, Any] = {
    "threads": unicache,
    "asyncio": unicache_asyncio,
    "uvloop": unicache_asyncio,
    "trio": unicache_asyncio,
    "gevent": unicache_gevent,
    "twisted": unicache_twisted,
}


def open_cache(flavour: Flavour, url: str, **options: Any) -> Cache:
    """A cache of the flavour's package, to be used in a body that the flavour runs."""
    cache = _PACKAGES[flavour.name].Cache(url, **options)
    return _Cache(cache) if isinstance(cache, unicache.Cache) else cache


def bare(wrapped: Any) -> Any:
    """The package's own cache or handle."""
    return wrapped._bare if isinstance(wrapped, _Awaited) else wrapped


class _Awaited:
    """A synchronous object, seen so that those of its calls can be awaited which the asynchronous one's are."""

    _model: type

    def __init__(self, plain: Any) -> None:
        vars(self)["_bare"] = plain

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._bare, name)
        return _awaitable(value) if inspect.iscoroutinefunction(getattr(self._model, name, None)) else value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._bare, name, value)

    def __repr__(self) -> str:
        return repr(self._bare)


class _Cache(_Awaited):
    _model = unicache_asyncio.Cache

    def cached(self, **options: Any) -> Any:
        return lambda function: _CachedFunction(self._bare.cached(**options)(_plain(function)))

    def cached_many(self, **options: Any) -> Any:
        return lambda function: _CachedMany(self._bare.cached_many(**options)(_plain(function)))

    def invalidates(self, *, functions: Any = (), **options: Any) -> Any:
        handles = [bare(handle) for handle in functions]
        return lambda function: _Function(self._bare.invalidates(functions=handles, **options)(_plain(function)))

    def pending(self) -> "_Pending":
        return _Pending(self._bare.pending())

    def locked(self, *args: Any, **options: Any) -> "_Locked":
        return _Locked(self._bare.locked(*args, **options))

    def namespace(self, name: str) -> "_Cache":
        return _Cache(self._bare.namespace(name))

    def as_list(self, key: str, **options: Any) -> "_Awaited":
        return _List(self._bare.as_list(key, **options))

    def as_map(self, key: str, **options: Any) -> "_Awaited":
        return _Map(self._bare.as_map(key, **options))

    def as_set(self, key: str, **options: Any) -> "_Awaited":
        return _Set(self._bare.as_set(key, **options))

    def as_queue(self, key: str, **options: Any) -> "_Awaited":
        return _Queue(self._bare.as_queue(key, **options))

    def scan(self, *args: Any, **options: Any) -> "_Scan":
        return _Scan(self._bare.scan(*args, **options))

    def scan_entries(self, *args: Any, **options: Any) -> "_Scan":
        return _Scan(self._bare.scan_entries(*args, **options))

    async def __aenter__(self) -> "_Cache":
        self._bare.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._bare.__exit__(*error)


class _Locked:
    """A synchronous context, to be entered as the asynchronous one is."""

    def __init__(self, bare: Any) -> None:
        self._bare = bare

    async def __aenter__(self) -> Any:
        return self._bare.__enter__()

    async def __aexit__(self, *error: Any) -> None:
        self._bare.__exit__(*error)


class _Pending(_Awaited):
    _model = unicache_asyncio.Pending

    @property
    def unicache_pending(self) -> Any:
        return self._bare

    async def __aenter__(self) -> "_Pending":
        self._bare.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._bare.__exit__(*error)


class _List(_Awaited):
    _model = unicache_asyncio.ListDocument


class _Map(_Awaited):
    _model = unicache_asyncio.MapDocument


class _Set(_Awaited):
    _model = unicache_asyncio.SetDocument


class _Queue(_Awaited):
    _model = unicache_asyncio.QueueDocument


class _Scan(_Awaited):
    _model = unicache_asyncio.Scan

    def __aiter__(self) -> "_Scan":
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._bare)
        except StopIteration:
            raise StopAsyncIteration from None


class _Function(_Awaited):
    _model = unicache_asyncio.InvalidatingFunction

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._bare(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return type(self)(self._bare.__get__(instance, owner))


class _CachedFunction(_Function):
    _model = unicache_asyncio.CachedFunction


class _CachedMany(_Function):
    _model = unicache_asyncio.CachedManyFunction


def _awaitable(method: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return method(*map(_plain, args), **kwargs)

    return call


def _plain(given: Any) -> Any:
    """A coroutine function as a plain one; anything else as it is."""
    if isinstance(given, classmethod | staticmethod):
        return type(given)(_plain(given.__func__))
    if not inspect.iscoroutinefunction(given):
        return given

    @wraps(given)
    def finished(*args: Any, **kwargs: Any) -> Any:
        return run(given(*args, **kwargs))

    return finished


class Running:
    """A call that runs beside the body."""

    def __init__(self, flavour: Flavour, call: Call) -> None:
        self._result: Any = None
        self._error: Exception | None = None
        self._started: Started = flavour.start(partial(self._keep, call))

    async def _keep(self, call: Call) -> None:
        try:
            self._result = await call()
        except Exception as error:  # noqa: BLE001  whoever asks for the result gets it
            self._error = error

    async def result(self) -> Any:
        """What it returned, or what it raised."""
        await self._started.ended()
        if self._error is not None:
            raise self._error
        return self._result


class Stage:
    """Where a body runs: a flavour, a store, a namespace of its own; the caches it opens are closed at its end."""

    def __init__(self, flavour: Flavour, url: str, namespace: str, *, near: bool = False) -> None:
        self.flavour = flavour
        self._near = near
        self.url = url
        self.namespace = namespace
        self._caches: list[Cache] = []
        self._io: Io | None = None

    def open(self, url: str | None = None, **options: Any) -> Cache:
        """Another cache of this flavour, by default on the same store and namespace."""
        options.setdefault("namespace", self.namespace)
        options.setdefault("near", self._near)
        cache = open_cache(self.flavour, url or self.url, **options)
        self._caches.append(cache)
        return cache

    def run(self, body: Call) -> Any:
        """Run the body under the flavour, and close the caches."""
        return self.flavour.run(partial(self._main, body))

    async def _main(self, body: Call, io: Io) -> Any:
        self._io = io
        try:
            return await body()
        finally:
            for cache in self._caches:
                await cache.close()

    def event(self) -> Event:
        """Something to pause at, and to be woken by."""
        assert self._io is not None
        return self._io.event()

    async def passed(self, event: Event) -> None:
        """Wait for the event."""
        assert await event.wait(PATIENCE), "nobody came"

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Look again and again until the condition holds, where nothing tells when it does; a coroutine will do."""
        assert self._io is not None
        give_up = self._io.now() + PATIENCE
        while True:
            found = condition()
            found = await found if hasattr(found, "__await__") else found
            if found:
                return found
            assert self._io.now() < give_up, "it never came true"
            await self._io.sleep(0.002)

    def begin(self, call: Call) -> Running:
        """Run the call beside the body."""
        return Running(self.flavour, call)

    async def together(self, calls: list[Call]) -> list[Any]:
        """Run the calls concurrently; what each returned or raised, in order."""
        return await self.flavour.together(calls)

    async def issue(self, calls: list[Call]) -> list[Any]:
        """Make the calls in this order, none waiting for the one before.

        Threads and trio's tasks start in no order at all, so there it can only mean one after another.
        """
        if self.flavour.name in ("threads", "trio"):
            return [await call() for call in calls]
        return [await running.result() for running in [self.begin(call) for call in calls]]
