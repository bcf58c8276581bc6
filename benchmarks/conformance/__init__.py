"""The HTTP cache in an independent conformance suite, in every server model: ``python -m benchmarks.conformance``.

The suite has an origin, a client, and a protocol of its own between them. Here are applications that forward between
the two, behind the cache. What must not live here: stories of our own (``tests/http_table``).
"""
