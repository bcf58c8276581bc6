"""Soft purges, and other things that the ASGI middleware does beside a response, on each store."""

import asyncio

import pytest
from asgi_kit import App, ask, status_of, under_asyncio, until

from unicache.errors import InvalidationUncertain
from unicache.http import Options
from unicache.server import Server
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
async def test_line_81_nobody_waits_for_a_body_that_turned_out_too_long(cache: Cache) -> None:
    """They ask for themselves, all at once, and so do those who come later."""
    app = App(FRESH, body=b"12345")
    app.gate = asyncio.Event()
    cached = CacheMiddleware(app, cache, Options(max_body=4, collapse_timeout="1m"))
    crowd = [asyncio.create_task(ask(cached)) for _ in range(5)]
    await app.entered.wait()
    await until(lambda: cache.stats()["waits"] == 4)
    gate, app.gate = app.gate, asyncio.Event()
    gate.set()
    await until(lambda: app.running == 4)
    crowd.append(asyncio.create_task(ask(cached)))
    await until(lambda: app.running == 5)
    app.gate.set()
    await asyncio.gather(*crowd)
    assert cache.stats()["waits"] == 4
    await cache.close()


@under_asyncio
async def test_line_78_who_waits_for_a_stream_waits_no_longer_than_is_configured(cache: Cache) -> None:
    app, more = App(FRESH), asyncio.Event()

    async def endless(scope: object, receive: object, send: object) -> None:
        await send(app.start())  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"first", "more_body": True})  # type: ignore[operator]
        await more.wait()
        await send({"type": "http.response.body"})  # type: ignore[operator]

    app.answer = endless  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache, Options(collapse_timeout="20ms"))
    crowd = [asyncio.create_task(ask(cached)) for _ in range(3)]
    await until(lambda: app.running == 3)
    more.set()
    assert {client.body for client in await asyncio.gather(*crowd)} == {b"first"}
    await cache.close()


@under_asyncio
async def test_line_49_the_whole_is_fetched_once_for_a_crowd_that_wants_parts(cache: Cache) -> None:
    app = App(FRESH, body=b"0123456789")
    app.gate = asyncio.Event()
    cached = CacheMiddleware(app, cache, Options(fetch_whole=True))
    crowd = [asyncio.create_task(ask(cached, "/", "Range: bytes=0-1", 'If-Range: "x"')) for _ in range(3)]
    await until(lambda: app.running == 4)
    app.gate.set()
    await asyncio.gather(*crowd)
    wholes = [scope for scope in app.seen if not {b"range", b"if-range"} & dict(scope["headers"]).keys()]
    assert len(wholes) == 1
    await until(lambda: not app.running)
    while "hit" not in status_of(client := await ask(cached, "/", "Range: bytes=2-3")):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert (client.status, client.body) == (206, b"23")
    await cache.close()


@under_asyncio
async def test_line_103_lifetimes_in_the_store_are_spread_if_configured(valkey_server: Server, namespace: str) -> None:
    cache = Cache(valkey_server.url, namespace=namespace)
    cached = CacheMiddleware(App(FRESH), cache, Options(jitter=0.5))
    lives = set()
    for number in range(20):
        await ask(cached, f"/{number}")
    store = cache._engine.core.store
    async for names in store.scan(f"{namespace}:".encode()):
        for name in names:
            found = await store.find(name)
            assert found is not None
            assert found.ttl is not None
            lives.add(int(found.ttl))
    assert len(lives) > 5
    assert 1800 <= min(lives) < max(lives) <= 3660  # a minute of it is for when nobody answers
    await cache.close()
