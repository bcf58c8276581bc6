"""``unicache.django`` for a Django under gevent: ``"BACKEND": "unicache_gevent.django.Cache"``."""

import unicache.django
from unicache_gevent._cache import Cache as GeventCache

__all__ = ["Cache"]


class Cache(unicache.django.Cache):
    """``unicache.django.Cache``, whose synchronous calls park the greenlet instead of blocking the thread."""

    _kind = GeventCache
