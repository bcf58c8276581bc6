"""unicache for asyncio (uvloop too) and trio: the calls of ``unicache``, to be awaited."""

from unicache.typing import CacheInfo, Call, Entry
from unicache_asyncio._cache import Cache, CachedFunction, InvalidatingFunction

__all__ = ["Cache", "CacheInfo", "CachedFunction", "Call", "Entry", "InvalidatingFunction"]
