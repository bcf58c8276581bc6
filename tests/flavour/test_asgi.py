"""The ASGI middleware where one client does not show it: races, failures, what runs beside a client, what is stored.

Asynchronous tests run under asyncio; what the stories say is tried under trio as well (``test_asgi_table``).
"""

import asyncio
from typing import Any

import pytest
import valkey
from asgi_kit import App, ask, status_of, under_asyncio, until

from http_table.middleware import Client
from unicache._core.http.shelf import Shelf
from unicache._core.stores.memory import MemoryStore
from unicache.http import Options
from unicache.server import Server
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"


@pytest.fixture
def cache(store_url: str, namespace: str) -> Cache:
    return Cache(store_url, namespace=namespace)


@under_asyncio
async def test_line_57_what_was_asked_for_before_an_invalidation_is_not_stored_after_it(cache: Cache) -> None:
    app = App(FRESH, body=b"old")
    cached = CacheMiddleware(app, cache)
    for present in (False, True):  # nothing there, and another variant
        app.headers = [FRESH, "Vary: A"]
        if present:
            await ask(cached, "/", "A: other")
        app.gate = asyncio.Event()
        app.entered.clear()
        early = asyncio.create_task(ask(cached, "/", "A: 1"))
        await app.entered.wait()
        await cached.purge("http://example.com/")
        app.gate.set()
        assert (await early).body == b"old"
        runs = app.runs
        await ask(cached, "/", "A: 1")
        assert app.runs == runs + 1
        await cached.purge("http://example.com/")
    await cache.close()


@under_asyncio
async def test_line_57_nor_beside_what_came_after_it(cache: Cache) -> None:
    app = App(FRESH, "Vary: A")
    cached = CacheMiddleware(app, cache)
    await ask(cached, "/", "A: other")
    app.gate = asyncio.Event()
    app.entered.clear()
    early = asyncio.create_task(ask(cached, "/", "A: 1"))
    await app.entered.wait()
    gate, app.gate = app.gate, None
    await cached.purge("http://example.com/")
    await ask(cached, "/", "A: 2")
    gate.set()
    await early
    assert cache.stats()["refused"] == 1
    assert "fwd=vary-miss" in status_of(await ask(cached, "/", "A: 1"))
    await cache.close()


@under_asyncio
async def test_line_30_however_many_variants_there_are_few_are_looked_at() -> None:
    cache = Cache()
    cached = CacheMiddleware(App(FRESH, "Vary: A"), cache)
    for number in range(30):
        await ask(cached, "/", f"A: {number}")
    look, asked = Shelf._look, []

    async def counting(shelf: Shelf, names: Any) -> Any:
        asked.extend(names)
        return await look(shelf, names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shelf, "_look", counting)
        assert "hit" in status_of(await ask(cached, "/", "A: 7"))
    assert len(asked) == 3
    await cache.close()


@under_asyncio
async def test_line_30_what_made_room_is_not_in_the_store() -> None:
    cache = Cache()
    cached = CacheMiddleware(App(FRESH, "Vary: A"), cache, Options(max_variants=2))
    for number in range(5):
        await ask(cached, "/", f"A: {number}")
    names = [name async for batch in cache._engine.core.store.scan(b":") for name in batch]
    assert sum(b"@" in name for name in names) == 2
    await cache.close()


@under_asyncio
async def test_line_57_nor_after_an_invalidation_of_its_tag(cache: Cache) -> None:
    app = App(FRESH)
    cached = CacheMiddleware(app, cache, Options(tags=lambda *_: ["orders"]))
    app.gate = asyncio.Event()
    early = asyncio.create_task(ask(cached))
    await app.entered.wait()
    await cache.invalidate_tags("orders")
    app.gate.set()
    await early
    await ask(cached)
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_61_a_crowd_at_a_stale_response_refreshes_it_once(cache: Cache) -> None:
    app = App("Cache-Control: max-age=60, stale-while-revalidate=60")
    cached = CacheMiddleware(app, cache)
    await ask(cached)
    await cached.purge("http://example.com/", soft=True)
    app.gate = asyncio.Event()
    crowd = await asyncio.gather(*(ask(cached) for _ in range(20)))
    assert all("hit" in status_of(client) for client in crowd)
    app.gate.set()
    await until(lambda: app.runs == 2 and not app.running)
    await asyncio.sleep(0)
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_63_a_refresh_has_the_fields_that_matter_and_no_others(cache: Cache) -> None:
    app = App("Cache-Control: max-age=60, stale-while-revalidate=60", "Vary: A", 'ETag: "x"')
    cached = CacheMiddleware(app, cache)
    await ask(cached, "/", "A: 1")
    await cached.purge("http://example.com/", soft=True)
    client = await ask(cached, "/", "A: 1", 'If-None-Match: "mine"', "Range: bytes=0-1", method="HEAD")
    assert client.status == 200
    await until(lambda: app.runs == 2)
    fields = dict(app.seen[-1]["headers"])
    assert app.seen[-1]["method"] == "GET"
    assert (fields[b"a"], fields[b"if-none-match"], fields.get(b"range")) == (b"1", b'"x"', None)
    await cache.close()


@under_asyncio
async def test_line_63_a_refresh_ends_when_nothing_of_it_is_kept(cache: Cache) -> None:
    app, told = App("Cache-Control: max-age=60, stale-while-revalidate=60"), []
    cached = CacheMiddleware(app, cache, Options(max_body=100))
    cache.on("load_error", lambda **details: told.append(details["error"]))

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send(app.start())
        while True:
            await send({"type": "http.response.body", "body": b"0123456789", "more_body": True})
            await asyncio.sleep(0)

    whole = app.answer
    for number, header in enumerate(("Cache-Control: private", app.headers[0])):
        url = f"/{number}"
        app.answer = whole  # type: ignore[method-assign]
        await ask(cached, url)
        await cached.purge(f"http://example.com{url}", soft=True)
        runs, app.answer = app.runs, endless  # type: ignore[method-assign]
        app.headers = [header]
        assert "hit" in status_of(await ask(cached, url))
        await until(lambda runs=runs: app.runs > runs and not app.running)
        app.headers = ["Cache-Control: max-age=60, stale-while-revalidate=60"]
    assert not told
    await cache.close()


@under_asyncio
async def test_line_63_a_refresh_that_fails_keeps_the_entry(cache: Cache) -> None:
    app, told = App("Cache-Control: max-age=60, stale-while-revalidate=60"), []
    cached = CacheMiddleware(app, cache)
    cache.on("load_error", lambda **details: told.append(details["error"]))
    await ask(cached)
    await cached.purge("http://example.com/", soft=True)

    async def fail(*_: object) -> None:
        raise ConnectionError

    app.answer = fail  # type: ignore[method-assign]
    for number in (1, 2):
        assert "hit" in status_of(await ask(cached))
        await until(lambda number=number: len(told) == number)
    await cache.close()


@under_asyncio
async def test_line_66_without_a_store_the_application_answers() -> None:
    cache = Cache("valkey://127.0.0.1:1", timeout=0.2)
    app = App(FRESH)
    cached = CacheMiddleware(app, cache)
    for _ in range(5):
        client = await ask(cached)
        assert (client.status, client.body) == (200, b"body")
        assert "detail=store-unavailable" in status_of(client)
    assert app.runs == 5
    await cache.close()


@under_asyncio
async def test_line_66_garbage_in_the_store_is_a_miss(valkey_server: Server, namespace: str) -> None:
    cache = Cache(valkey_server.url, namespace=namespace)
    app = App(FRESH)
    cached = CacheMiddleware(app, cache)
    observer = valkey.Valkey.from_url(valkey_server.url)
    await ask(cached)
    for garbage in (b"", b"garbage", b"\xc1U" + b"\0" * 99):
        for name in observer.keys(f"{namespace}:*"):
            observer.set(name, garbage)
        runs = app.runs
        assert (await ask(cached)).body == b"body"
        assert app.runs == runs + 1
        assert "hit" in status_of(await ask(cached))
    observer.close()
    await cache.close()


@under_asyncio
async def test_line_15_nothing_that_a_client_said_lies_in_the_store() -> None:
    cache = Cache()
    cached = CacheMiddleware(App("Cache-Control: public, max-age=60", "Vary: Cookie, Authorization"), cache)
    await ask(cached, "/?token=secret", "Cookie: secret", "Authorization: secret", "A: secret")
    store = cache._engine.core.store
    assert isinstance(store, MemoryStore)
    names = [name async for batch in store.scan(b":") for name in batch]
    records = [await store.read(name) for name in names]
    assert len(names) >= 2
    assert b"secret" not in b"".join(names)
    assert "secret" not in repr(records)
    assert "hit" in status_of(await ask(cached, "/?token=secret", "Cookie: secret", "Authorization: secret"))
    await cache.close()


@under_asyncio
async def test_routes_have_options_of_their_own(cache: Cache) -> None:
    app = App()
    routes = {"/api/": Options(ttl="1m"), "/api/me": None, "/": Options()}  # type: ignore[arg-type]
    cached = CacheMiddleware(app, cache, routes=routes)
    for url, word in (("/", "no-lifetime"), ("/api/x", "stored"), ("/api/x", "hit")):
        assert word in status_of(await ask(cached, url))
    assert status_of(await ask(cached, "/api/me")) == ""
    await cache.close()


@under_asyncio
async def test_a_session_that_was_touched_makes_the_response_private(cache: Cache) -> None:
    app = App(FRESH)

    async def touching(scope: Any, receive: Any, send: Any) -> None:
        scope["session"] = {"user": 1}
        await app.__class__.answer(app, scope, receive, send)

    app.answer = touching  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache)
    assert "detail=session" in status_of(await ask(cached))
    await cache.close()


@under_asyncio
async def test_other_connections_and_a_switched_off_cache_are_left_alone(cache: Cache) -> None:
    app = App(FRESH)
    cached = CacheMiddleware(app, cache)
    scope = {"type": "lifespan"}
    await cached(scope, Client().receive, Client().send)
    assert app.seen == [scope]
    with cache.disabled():
        assert status_of(await ask(cached)) == ""
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
