"""One cache for Valkey, the same under threads, asyncio, trio, gevent and Twisted. This package is for threads.

Its names are loaded when the first of them is asked for, all together. Until then the package weighs next to nothing:
``unicache.errors``, ``unicache.server`` and the command line live in it, and need no cache.
"""

from typing import TYPE_CHECKING

from unicache import errors as errors

if TYPE_CHECKING:
    from unicache._public import *
else:

    def __getattr__(name):  # PEP 562; hidden from type checkers, who would take it for a promise of any name
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from unicache import _public

        globals().update({each: getattr(_public, each) for each in _public.__all__})
        return globals()[name]

    def __dir__():
        return sorted({*globals(), *__all__})


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
