"""unicache for asyncio (uvloop too) and trio: the calls of ``unicache``, to be awaited."""

from unicache._core.loads.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Near, Result
from unicache_asyncio._cache import Cache
from unicache_asyncio._functions import CachedFunction, CachedManyFunction, InvalidatingFunction
from unicache_asyncio._pending import Pending
from unicache_asyncio._scan import Scan
from unicache_asyncio._structures import ListDocument, MapDocument, QueueDocument, SetDocument

__all__ = [
    "UNCHANGED",
    "Cache",
    "CacheInfo",
    "CachedFunction",
    "CachedManyFunction",
    "Call",
    "Entry",
    "InvalidatingFunction",
    "ListDocument",
    "MapDocument",
    "Near",
    "Pending",
    "QueueDocument",
    "Result",
    "Scan",
    "SetDocument",
    "previous",
]
