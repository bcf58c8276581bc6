"""The HTTP cache: one policy as pure functions, and the exchange that carries its verdicts out for every server model.

Imported by ``unicache.wsgi``, ``unicache_asyncio.asgi`` and their like only; ``import unicache`` never comes here.
"""
