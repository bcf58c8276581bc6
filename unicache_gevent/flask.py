"""``unicache.flask`` for a Flask under gevent: ``CACHE_TYPE = "unicache_gevent.flask.Cache"``."""

import unicache.flask
from unicache_gevent._cache import Cache as GeventCache

__all__ = ["Cache"]


class Cache(unicache.flask.Cache):
    """``unicache.flask.Cache``, whose calls park the greenlet instead of blocking the thread."""

    _kind = GeventCache
