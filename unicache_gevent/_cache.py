"""The gevent facade: the synchronous one, whose calls park the greenlet instead of blocking the thread."""

import unicache
from unicache._core.io import Io
from unicache_gevent._io import GeventIo

__all__ = ["Cache"]


class Cache(unicache.Cache):
    __doc__ = unicache.Cache.__doc__

    def _new_io(self) -> Io:
        return GeventIo()
