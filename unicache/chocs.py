"""A storage for chocs' HTTP cache, ``chocs_middleware.cache.CacheMiddleware``, on any cache of threads or gevent.

What is stored is plain data, so that chocs is needed by nobody who merely imports this. What must not live here: HTTP.
"""

from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

import unicache
from unicache.typing import DEFAULT

__all__ = ["Item", "Storage"]


class Item(Protocol):
    """What chocs keeps, a ``CacheItem``: a response as bytes, with its times in UTC."""

    ttl: int

    @property
    def id(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


class Storage:
    """Both of chocs' interfaces, ``ICacheStorage`` and ``ICollectableCacheStorage``, by what they consist of.

    ``cache``  where the items go. One without a time of its own lives as long as the cache says
    """

    def __init__(self, cache: unicache.Cache) -> None:
        self._cache = cache

    def get(self, item_id: str) -> Item:
        """The item. Raises chocs' CacheError when it is not there, and StoreUnavailable, OperationTimeout."""
        chocs: Any = import_module("chocs_middleware.cache")
        found = self._cache.get(item_id)
        if found is None:
            raise chocs.CacheError.for_not_found(item_id)
        body, ttl, *times = found
        item: Item = chocs.CacheItem(item_id, body, ttl)
        # Its constructor sets its times to now, and there is no other way to say them.
        vars(item).update(zip(("_created_at", "_updated_at", "_expires_at"), times, strict=True))
        return item

    def set(self, item: Item) -> None:
        """Keep the item for as long as it says."""
        data = (item.body, item.ttl, item.created_at, item.updated_at, item.expires_at)
        self._cache.set(item.id, data, ttl=item.ttl if item.ttl > 0 else DEFAULT)

    def collect(self, item: Item) -> None:
        """Remove the item, which may be gone already. Raises InvalidationUncertain when that is not certain."""
        self._cache.invalidate(item.id)
