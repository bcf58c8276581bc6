"""One cache for Valkey, the same under threads, asyncio, trio, gevent and Twisted. This package is the one for threads."""

from unicache._cache import Cache, CachedFunction, InvalidatingFunction
from unicache.typing import CacheInfo, Call, Entry

__all__ = ["Cache", "CacheInfo", "CachedFunction", "Call", "Entry", "InvalidatingFunction"]
