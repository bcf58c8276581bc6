"""trio, where nobody else has a cached function."""

from benchmarks.contenders.hit.awaiting import unicache, unicache_memory

__all__ = ["unicache", "unicache_memory"]
