"""One cache for Valkey, the same under threads, asyncio, trio, gevent and Twisted. This package is the one for threads."""

from unicache._cache import Cache, CachedFunction, InvalidatingFunction
from unicache._core.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Result

__all__ = [
    "UNCHANGED",
    "Cache",
    "CacheInfo",
    "CachedFunction",
    "Call",
    "Entry",
    "InvalidatingFunction",
    "Result",
    "previous",
]
