"""unicache for Twisted: the calls of ``unicache``, giving Deferreds, on whatever reactor the application chose."""

from unicache.typing import CacheInfo, Call, Entry
from unicache_twisted._cache import Cache, CachedFunction, InvalidatingFunction

__all__ = ["Cache", "CacheInfo", "CachedFunction", "Call", "Entry", "InvalidatingFunction"]
