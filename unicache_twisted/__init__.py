"""unicache for Twisted: the calls of ``unicache``, giving Deferreds, on whatever reactor the application chose."""

from unicache._core.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Result
from unicache_twisted._cache import Cache, CachedFunction, CachedManyFunction, InvalidatingFunction

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
