"""Purges through the ASGI middleware, hard and soft, on each store."""

import asyncio

import pytest
from asgi_kit import App, ask, status_of, under_asyncio, until

from unicache.errors import InvalidArgument, InvalidationUncertain
from unicache.http import Options
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"
WINDOW = f"{FRESH}, stale-if-error=60"
URLS = ["/a/1", "/a/1?q", "/a/2", "/ab"]


@pytest.fixture
def cache(store_url: str, namespace: str) -> Cache:
    return Cache(store_url, namespace=namespace)


async def stale(cached: CacheMiddleware, app: App) -> list[str]:
    """Of the URLs, those that are stored, and stale; the application does not answer meanwhile."""
    app.status = 503
    said = {url: status_of(await ask(cached, url)) for url in URLS}
    assert all("hit" in each or "detail=stale-if-error" in each for each in said.values()), said
    app.status = 200
    return [url for url, each in said.items() if "hit" not in each]


@under_asyncio
async def test_line_60_soft_purges(cache: Cache) -> None:
    app = App(WINDOW)
    cached = CacheMiddleware(app, cache, Options(tags=lambda request, _: [request.path]))
    for url in URLS:
        await ask(cached, url)
    await cache.set("http://example.com/a/1", "a document")
    for purge, wanted in (
        (cached.purge("http://example.com/a/2", soft=True), ["/a/2"]),
        (cached.purge_prefix("http://example.com/a/", soft=True), ["/a/1", "/a/1?q", "/a/2"]),
        (cached.purge_tags("/a/1", "/none", soft=True), ["/a/1", "/a/1?q"]),
        (cached.purge_all(soft=True), URLS),
    ):
        await purge
        assert await stale(cached, app) == wanted
        for url in wanted:
            await ask(cached, url)
        assert await stale(cached, app) == []
    assert await cache.get("http://example.com/a/1") == "a document"
    await cache.close()


@under_asyncio
async def test_line_60_hard_purges_by_tag_and_of_all(cache: Cache) -> None:
    app = App(FRESH)
    cached = CacheMiddleware(app, cache, Options(tags=["one"]))
    for purge in (lambda: cached.purge_tags("one"), cached.purge_all):
        await ask(cached)
        assert "hit" in status_of(await ask(cached))
        await purge()
        assert "fwd=" in status_of(await ask(cached))
        await cached.purge_all()
    await cache.close()


@under_asyncio
async def test_line_60_every_variant_is_aged(cache: Cache) -> None:
    app = App(WINDOW, "Vary: A")
    cached = CacheMiddleware(app, cache, Options(tags=["one"]))
    for _ in range(2):
        for value in "12":
            assert "fwd=" in status_of(await ask(cached, "/", f"A: {value}"))
            assert "hit" in status_of(await ask(cached, "/", f"A: {value}"))
        await cached.purge_tags("one", soft=True)
    await cache.close()


@under_asyncio
async def test_line_57_what_was_asked_for_before_a_soft_purge_is_not_fresh_after_it(cache: Cache) -> None:
    app = App(FRESH)
    cached = CacheMiddleware(app, cache, Options(tags=["one"]))
    for number, purge in enumerate(
        (
            lambda url: cached.purge(url, soft=True),
            lambda url: cached.purge_prefix(url, soft=True),
            lambda _: cached.purge_tags("one", soft=True),
            lambda _: cached.purge_all(soft=True),
        )
    ):
        url = f"/{number}"
        app.gate = asyncio.Event()
        app.entered.clear()
        early = asyncio.create_task(ask(cached, url))
        await app.entered.wait()
        await purge(f"http://example.com{url}")
        app.gate.set()
        await early
        assert "fwd=" in status_of(await ask(cached, url)), number
    await cache.close()


@under_asyncio
async def test_line_60_what_the_store_did_not_confirm_is_told() -> None:
    cache = Cache("valkey://127.0.0.1:1", timeout=0.2)
    cached = CacheMiddleware(App(), cache)
    for soft in (True, False):
        for purge in (
            cached.purge("http://example.com/", soft=soft),
            cached.purge_prefix("http://example.com/", soft=soft),
            cached.purge_tags("one", soft=soft),
            cached.purge_all(soft=soft),
        ):
            with pytest.raises(InvalidationUncertain):
                await purge
    await cache.close()


@under_asyncio
async def test_line_60_purges(cache: Cache) -> None:
    app = App(FRESH, 'ETag: "a"')
    cached = CacheMiddleware(app, cache, Options(tags=lambda request, _: [request.path]))
    urls = ["/a/1", "/a/1?q", "/a/2", "/ab"]

    async def misses() -> list[str]:
        return [url for url in urls if "fwd=uri-miss" in status_of(await ask(cached, url))]

    assert await misses() == urls
    assert await misses() == []
    await cached.purge("http://EXAMPLE.com:80/a/1")
    assert await misses() == ["/a/1"]
    await cached.purge_prefix("http://example.com/a/")
    assert await misses() == ["/a/1", "/a/1?q", "/a/2"]
    await cache.invalidate_tags("/ab")
    assert "fwd=" in status_of(await ask(cached, "/ab"))
    await cache.clear()
    assert await misses() == urls
    for url in ("/relative", "ftp://example.com/", "http://[", "http://a b/"):
        with pytest.raises(InvalidArgument):
            await cached.purge(url)
    await cache.close()


@under_asyncio
async def test_line_60_a_soft_purge_makes_stale_and_windows_begin_then(cache: Cache) -> None:
    app = App(FRESH + ", stale-while-revalidate=60")
    cached = CacheMiddleware(app, cache)
    await ask(cached)
    await cached.purge("http://example.com/", soft=True)
    app.body = b"new"
    client = await ask(cached)
    assert client.body == b"body"
    assert "detail=stale-while-revalidate" in status_of(client)
    await until(lambda: app.runs == 2 and not app.running)

    while (await ask(cached)).body != b"new":  # noqa: ASYNC110  nothing tells when
        await asyncio.sleep(0.001)
    assert app.runs == 2
    await cache.close()
