"""Responses in a near cache: hits ask nobody, and what is purged elsewhere goes here too."""

import asyncio

from asgi_kit import App, ask, status_of, under_asyncio

from servers import calls, observer
from unicache.server import Server
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"


@under_asyncio
async def test_hits_from_a_near_cache_ask_nobody(valkey_server: Server, namespace: str) -> None:
    async with Cache(valkey_server.url, namespace=namespace, near=True) as cache:
        cached = CacheMiddleware(App(FRESH), cache)
        for _ in range(2):
            await ask(cached)
        with observer(valkey_server) as looking:
            before = calls(looking)
            for _ in range(10):
                assert "hit" in status_of(await ask(cached))
            assert not calls(looking) - before


@under_asyncio
async def test_what_another_process_purges_is_no_hit_for_long(valkey_server: Server, namespace: str) -> None:
    async with (
        Cache(valkey_server.url, namespace=namespace, near=True) as cache,
        Cache(valkey_server.url, namespace=namespace) as other,
    ):
        app = App(FRESH)
        cached = CacheMiddleware(app, cache)
        for _ in range(3):
            await ask(cached)
        await CacheMiddleware(app, other).purge("http://example.com/")
        while "hit" in status_of(await ask(cached)):  # noqa: ASYNC110  nothing tells when
            await asyncio.sleep(0.001)
        assert app.runs == 2
