"""unicache for Twisted: the calls of ``unicache``, giving Deferreds, on whatever reactor the application chose."""

from unicache._core.loads.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Near, Result

try:
    from unicache_twisted._cache import Cache
    from unicache_twisted._functions import CachedFunction, CachedManyFunction, InvalidatingFunction
    from unicache_twisted._pending import Pending
    from unicache_twisted._scan import Scan
    from unicache_twisted._structures import ListDocument, MapDocument, QueueDocument, SetDocument
except ModuleNotFoundError as _error:
    _error.add_note("unicache_twisted needs Twisted: pip install 'unicache-kit[twisted]'")
    raise

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
