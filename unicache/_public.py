"""All that ``unicache`` offers by name. It is one module, so that whoever has one of the names has waited for all."""

from unicache._cache import Cache
from unicache._core.loads.previous import UNCHANGED, previous
from unicache._functions import CachedFunction, CachedManyFunction, InvalidatingFunction
from unicache._pending import Pending
from unicache._scan import Scan
from unicache._structures import ListDocument, MapDocument, QueueDocument, SetDocument
from unicache.typing import CacheInfo, Call, Entry, Near, Result

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
