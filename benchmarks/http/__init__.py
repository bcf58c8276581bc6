"""Hits per second behind the HTTP cache, beside the bare application, hishel and nginx: ``python -m benchmarks.http``.

What must not live here: whether what is served is right (``benchmarks.conformance``, ``tests/http_table``).
"""
