"""Our own cached function, and our own values, in any cache of ours; what differs is the cache that is given."""

from typing import Any

from benchmarks import load
from benchmarks.contenders.address import AwaitingGet, Get

__all__ = ["function", "function_awaiting", "values", "values_awaiting"]


def function(cache: Any) -> Get:
    """A cached function, called once for each key, in a synchronous flavour."""

    @cache.cached(ttl="1h")  # type: ignore[untyped-decorator]
    def row(name: str) -> load.Row:
        return load.ROW

    for caller in range(load.MOST_CALLERS):
        row(load.key(caller))
    call: Get = row
    return call


async def function_awaiting(cache: Any) -> AwaitingGet:
    """A cached function, called once for each key, in a flavour whose calls are awaited."""

    @cache.cached(ttl="1h")  # type: ignore[untyped-decorator]
    async def row(name: str) -> load.Row:
        return load.ROW

    for caller in range(load.MOST_CALLERS):
        await row(load.key(caller))
    call: AwaitingGet = row
    return call


def values(cache: Any) -> Get:
    """The ``get`` of a synchronous cache that has all values."""
    for caller in range(load.MOST_CALLERS):
        cache.set(load.key(caller), load.VALUE)
    get: Get = cache.get
    return get


async def values_awaiting(cache: Any) -> AwaitingGet:
    """The ``get`` of a cache that has all values, and whose calls are awaited."""
    for caller in range(load.MOST_CALLERS):
        await cache.set(load.key(caller), load.VALUE)
    get: AwaitingGet = cache.get
    return get
