"""unicache for gevent: the calls of ``unicache``, parking the greenlet. Nothing is monkey-patched."""

from unicache import CachedFunction, CachedManyFunction, InvalidatingFunction
from unicache._core.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Result
from unicache_gevent._cache import Cache

__all__ = [
    "UNCHANGED",
    "Cache",
    "CacheInfo",
    "CachedFunction",
    "CachedManyFunction",
    "Call",
    "Entry",
    "InvalidatingFunction",
    "Result",
    "previous",
]
