"""The ASGI middleware when several clients want the same: one run, who waits for it and for how long, who does not."""

import asyncio
from typing import Any

import pytest
from asgi_kit import PATIENCE, App, ask, status_of, under_asyncio, until

from unicache._core.http.keys import key_of
from unicache._core.http.messages import Request
from unicache._core.http.options import rules_of
from unicache._core.http.shelf import Shelf
from unicache.http import Options
from unicache.server import Server
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"


@pytest.fixture
def cache(store_url: str, namespace: str) -> Cache:
    return Cache(store_url, namespace=namespace)


@under_asyncio
async def test_line_73_a_crowd_is_answered_by_one_run(cache: Cache) -> None:
    app = App(FRESH)
    app.gate = asyncio.Event()
    cached = CacheMiddleware(app, cache)
    crowd = [asyncio.create_task(ask(cached)) for _ in range(30)]
    await until(lambda: cache.stats()["waits"] == 29)
    app.gate.set()
    clients = await asyncio.gather(*crowd)
    assert app.runs == 1
    assert {client.body for client in clients} == {b"body"}
    assert sorted("collapsed" in status_of(client) for client in clients) == [False] + [True] * 29
    await cache.close()


@pytest.mark.parametrize("why", ["Cache-Control: private", "Set-Cookie: a=b", "Cache-Control: no-store"])
def test_line_74_what_is_not_shared_is_asked_for_by_everybody_at_once(why: str, store_url: str, namespace: str) -> None:
    async def body() -> None:
        cache = Cache(store_url, namespace=namespace)
        app = App(FRESH if "Cookie" in why else "A: b", why)
        app.gate = asyncio.Event()
        cached = CacheMiddleware(app, cache)
        crowd = [asyncio.create_task(ask(cached)) for _ in range(10)]
        await app.entered.wait()
        await until(lambda: cache.stats()["waits"] == 9)
        gate, app.gate = app.gate, asyncio.Event()
        gate.set()
        await until(lambda: app.running == 9)
        assert app.most >= 9
        app.gate.set()
        await asyncio.gather(*crowd)
        assert app.runs == 10
        await cache.close()

    asyncio.run(asyncio.wait_for(body(), PATIENCE))


@under_asyncio
async def test_line_74_also_when_another_variant_is_stored(cache: Cache) -> None:
    app = App(FRESH, "Vary: A")
    cached = CacheMiddleware(app, cache, Options(collapse_timeout="1m"))
    await ask(cached, "/", "A: other")
    app.headers, app.gate = ["Cache-Control: private", "Vary: A"], asyncio.Event()
    app.entered.clear()
    crowd = [asyncio.create_task(ask(cached, "/", "A: 1")) for _ in range(5)]
    await app.entered.wait()
    await until(lambda: cache.stats()["waits"] == 4)
    gate, app.gate = app.gate, asyncio.Event()
    gate.set()
    await until(lambda: app.running == 4)
    app.gate.set()
    await asyncio.gather(*crowd)
    assert app.runs == 6
    await cache.close()


@under_asyncio
async def test_line_74_nobody_waits_for_what_was_not_shared_before(cache: Cache) -> None:
    app = App("Cache-Control: private")
    cached = CacheMiddleware(app, cache)
    await ask(cached)
    app.gate = asyncio.Event()
    crowd = [asyncio.create_task(ask(cached)) for _ in range(5)]
    await until(lambda: app.running == 5)
    app.gate.set()
    await asyncio.gather(*crowd)
    assert cache.stats()["waits"] == 0
    await cache.close()


@under_asyncio
async def test_line_75_when_the_leader_is_cancelled_another_takes_over(cache: Cache) -> None:
    app = App(FRESH)
    app.gate = asyncio.Event()
    cached = CacheMiddleware(app, cache)
    leader = asyncio.create_task(ask(cached))
    await app.entered.wait()
    crowd = [asyncio.create_task(ask(cached)) for _ in range(5)]
    await until(lambda: cache.stats()["waits"] == 5)
    leader.cancel()
    await until(lambda: app.runs == 2)
    app.gate.set()
    assert {client.body for client in await asyncio.gather(*crowd)} == {b"body"}
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_75_when_the_leader_fails_another_takes_over(cache: Cache) -> None:
    app = App(FRESH)
    app.gate = asyncio.Event()
    good = app.answer

    async def fail(*_: object) -> None:
        app.answer = good  # type: ignore[method-assign]
        raise ConnectionError("once")

    app.answer = fail  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache)
    crowd = [asyncio.create_task(ask(cached)) for _ in range(5)]
    await until(lambda: cache.stats()["waits"] == 4)
    app.gate.set()
    outcomes = await asyncio.gather(*crowd, return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Client"] * 4 + ["ConnectionError"]
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_75_waiting_has_an_end(cache: Cache) -> None:
    app = App(FRESH)
    app.gate = asyncio.Event()
    cached = CacheMiddleware(app, cache, Options(collapse_timeout="30ms"))
    crowd = [asyncio.create_task(ask(cached)) for _ in range(3)]
    await until(lambda: app.running == 3)
    app.gate.set()
    await asyncio.gather(*crowd)
    await cache.close()


@under_asyncio
async def test_line_76_two_processes_are_one_crowd(valkey_server: Server, namespace: str) -> None:
    """Two caches share nothing in this process, as if they were two."""
    caches = [Cache(valkey_server.url, namespace=namespace) for _ in range(2)]
    app = App(FRESH)
    app.gate = asyncio.Event()
    sites = [CacheMiddleware(app, cache) for cache in caches]
    crowd = [asyncio.create_task(ask(cached)) for cached in sites for _ in range(5)]
    await app.entered.wait()
    await until(lambda: sum(cache.stats()["waits"] for cache in caches) == 8)
    app.gate.set()
    assert {client.body for client in await asyncio.gather(*crowd)} == {b"body"}
    assert app.runs == 1
    for cache in caches:
        await cache.close()


@under_asyncio
async def test_line_76_the_lease_of_a_leader_that_died_expires(valkey_server: Server, namespace: str) -> None:
    cache = Cache(valkey_server.url, namespace=namespace)
    engine = cache._engine
    key = key_of(Request("GET", "http", "example.com", "/", None, ()), rules_of(Options()))
    assert await engine.core.store.claim(engine.names.entry(key), b"t" * 16, 0.05) is None
    cached = CacheMiddleware(App(FRESH), cache, Options(collapse_timeout="1m"))
    assert "stored" in status_of(await ask(cached))
    assert cache.stats()["waits"] == 0
    await cache.close()


@under_asyncio
async def test_line_73_whoever_gets_the_turn_looks_whether_the_response_has_come(cache: Cache) -> None:
    """The second request misses, and only then the first stores what both want, and its turn ends."""
    app = App(FRESH, "Vary: A")
    cached = CacheMiddleware(app, cache)
    await ask(cached, "/", "A: other")
    find, missed, go = Shelf.find, asyncio.Event(), asyncio.Event()

    async def slow_once(shelf: Shelf, request: Request, **how: Any) -> Any:
        found = await find(shelf, request, **how)
        if not missed.is_set():
            missed.set()
            await go.wait()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shelf, "find", slow_once)
        late = asyncio.create_task(ask(cached, "/", "A: 1"))
        await missed.wait()
        await ask(cached, "/", "A: 1")
        go.set()
        assert "collapsed" in status_of(await late)
    assert app.runs == 2
    await cache.close()


@pytest.mark.parametrize(
    ("header", "method"),
    [
        ("Authorization: x", "GET"),
        ("Range: bytes=0-1", "GET"),
        ('If-None-Match: "x"', "GET"),
        ("Cache-Control: no-store", "GET"),
        ("A: b", "POST"),
    ],
)
def test_line_77_some_join_nobody(header: str, method: str) -> None:
    async def body() -> None:
        cache = Cache()
        app = App(FRESH)
        app.gate = asyncio.Event()
        cached = CacheMiddleware(app, cache, Options(collapse_timeout="1m"))
        crowd = [asyncio.create_task(ask(cached, "/", header, method=method)) for _ in range(4)]
        await until(lambda: app.running == 4)
        app.gate.set()
        await asyncio.gather(*crowd)
        await cache.close()

    asyncio.run(asyncio.wait_for(body(), PATIENCE))


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another variant"])
@under_asyncio
async def test_line_81_nobody_waits_for_a_body_that_turned_out_too_long(cache: Cache, beside: bool) -> None:
    """They ask for themselves, all at once, and so do those who come later."""
    app = App(FRESH, "Vary: A")
    cached = CacheMiddleware(app, cache, Options(max_body=4, collapse_timeout="1m"))
    if beside:
        await ask(cached, "/", "A: other")
    app.body, app.gate = b"12345", asyncio.Event()
    app.entered.clear()
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
