"""unicache for gevent: the calls of ``unicache``, parking the greenlet. Nothing is monkey-patched."""

from unicache import (
    CachedFunction,
    CachedManyFunction,
    InvalidatingFunction,
    ListDocument,
    MapDocument,
    Pending,
    QueueDocument,
    Scan,
    SetDocument,
)
from unicache._core.loads.previous import UNCHANGED, previous
from unicache.typing import CacheInfo, Call, Entry, Near, Result

try:
    from unicache_gevent._cache import Cache
except ModuleNotFoundError as _error:
    _error.add_note("unicache_gevent needs gevent: pip install 'unicache-kit[gevent]'")
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
