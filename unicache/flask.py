"""Flask-Caching's backend: ``CACHE_TYPE = "unicache.flask.Cache"``.

What must not live here: what the calls do, which is cachelib's interface (``cachelib``).
"""

from typing import Any, ClassVar

from flask import Flask
from flask_caching.backends.base import BaseCache

import unicache
import unicache.cachelib
from unicache._core.setup.url import from_environment

__all__ = ["Cache"]


class Cache(unicache.cachelib.Cache, BaseCache):
    """What a ``flask_caching.Cache`` keeps things in when the configuration names this class as ``CACHE_TYPE``.

    ``CACHE_UNICACHE_URL`` is the URL; without it, the environment's ``UNICACHE_URL``. ``CACHE_OPTIONS`` is what
    ``unicache.Cache`` takes beside it. ``CACHE_DEFAULT_TIMEOUT``, ``CACHE_KEY_PREFIX`` and ``CACHE_IGNORE_ERRORS`` are
    Flask-Caching's own.
    """

    _kind: ClassVar[type[unicache.Cache]] = unicache.Cache

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> "Cache":
        """What Flask-Caching calls. Raises ConfigurationError, naming what is wrong with the URL or an option."""
        timeout, ignored = config["CACHE_DEFAULT_TIMEOUT"], config["CACHE_IGNORE_ERRORS"]
        options = {name: kwargs[name] for name in kwargs.keys() - {"default_timeout", "ignore_delete_many_errors"}}
        cache = cls._kind(config.get("CACHE_UNICACHE_URL") or from_environment(), **options)
        return cls(cache, timeout, config["CACHE_KEY_PREFIX"], ignore_delete_many_errors=ignored)
