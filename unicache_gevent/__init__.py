"""unicache for gevent: the calls of ``unicache``, parking the greenlet. Nothing is monkey-patched."""

from unicache import CachedFunction, InvalidatingFunction
from unicache.typing import CacheInfo, Call, Entry
from unicache_gevent._cache import Cache

__all__ = ["Cache", "CacheInfo", "CachedFunction", "Call", "Entry", "InvalidatingFunction"]
