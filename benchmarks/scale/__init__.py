"""What a call costs as something grows: ``python -m benchmarks.scale [--short] [--json FILE] [--plot FILE]``.

Callers, threads, bytes of a value, keys, tags of an entry, and small values beside large ones. Compared with nobody.
"""
