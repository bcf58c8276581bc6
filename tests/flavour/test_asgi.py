"""The ASGI middleware where one client and whole bodies do not show it: crowds, streams, races, failures.

Asynchronous tests run under asyncio; what the stories say is tried under trio as well (``test_asgi_table``).
"""

import asyncio
from typing import Any

import pytest
import valkey
from asgi_kit import PATIENCE, App, ask, status_of, under_asyncio, until

from http_table.middleware import Client
from unicache._core.http.keys import key_of
from unicache._core.http.messages import Request
from unicache._core.http.options import rules_of
from unicache._core.http.shelf import Shelf
from unicache._core.memory import MemoryStore
from unicache.errors import InvalidArgument
from unicache.http import Options
from unicache.server import Server
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"


@pytest.fixture
def cache(store_url: str, namespace: str) -> Cache:
    return Cache(store_url, namespace=namespace)


# -- crowds


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


# -- streams


class Streaming(App):
    """It sends a chunk when it is told to, until None."""

    def __init__(self, *headers: str) -> None:
        super().__init__(*headers)
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        await send(self.start())
        while (chunk := await self.chunks.get()) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})


@under_asyncio
async def test_line_79_the_first_chunk_is_there_before_the_last_is_made(cache: Cache) -> None:
    app, client = Streaming(FRESH), Client()
    task = asyncio.create_task(ask(CacheMiddleware(app, cache), client=client))
    app.chunks.put_nowait(b"first")
    await until(lambda: client.body == b"first")
    app.chunks.put_nowait(None)
    await task
    await cache.close()


@under_asyncio
async def test_line_80_who_asks_again_at_the_last_chunk_gets_a_hit(cache: Cache) -> None:
    app = App(FRESH)
    cached = CacheMiddleware(app, cache)
    seen: list[str] = []

    class Eager(Client):
        async def send(self, message: Any) -> None:
            await super().send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                seen.append(status_of(await ask(cached)))

    await ask(cached, client=Eager())
    assert app.runs == 1
    assert "hit" in seen[0]
    await cache.close()


@under_asyncio
async def test_line_80_with_a_length_already_when_it_is_reached(cache: Cache) -> None:
    app = Streaming(FRESH, "Content-Length: 5")
    cached = CacheMiddleware(app, cache)
    task = asyncio.create_task(ask(cached))
    await app.entered.wait()
    app.chunks.put_nowait(b"whole")
    assert (await ask(cached)).body == b"whole"
    app.chunks.put_nowait(None)
    await task
    assert app.runs == 1
    await cache.close()


@under_asyncio
async def test_line_81_a_body_that_is_too_long_passes_and_is_forgotten(cache: Cache) -> None:
    app = Streaming(FRESH)
    cached = CacheMiddleware(app, cache, Options(max_body=8))
    for _ in range(2):
        for chunk in (b"12345", b"67890", b"12345", None):
            app.chunks.put_nowait(chunk)
        assert (await ask(cached)).body == b"123456789012345"
    assert app.runs == 2
    await cache.close()


@pytest.mark.parametrize("said", ["Content-Length: 9", "Content-Length: 2"])
def test_line_12_a_body_of_another_length_is_not_stored(said: str) -> None:
    async def body() -> None:
        cache = Cache()
        app = App(FRESH, said, body=b"four")
        cached = CacheMiddleware(app, cache)
        for _ in range(2):
            assert (await ask(cached)).body == b"four"
        assert app.runs == 2
        await cache.close()

    asyncio.run(asyncio.wait_for(body(), PATIENCE))


@under_asyncio
async def test_line_12_what_fails_in_the_middle_is_not_stored(cache: Cache) -> None:
    app = App(FRESH)

    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await send(app.start())
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionError

    app.answer = fail  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await ask(cached)
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_12_nor_is_what_its_client_did_not_wait_for(cache: Cache) -> None:
    app = Streaming(FRESH)
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        client = Client()
        task = asyncio.create_task(ask(cached, client=client))
        app.chunks.put_nowait(b"half")
        await until(lambda client=client: client.body)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_83_a_body_that_the_server_takes_from_a_file_is_passed_on(cache: Cache) -> None:
    app, sent = App(FRESH), []

    async def from_file(scope: Any, receive: Any, send: Any) -> None:
        await send(app.start())
        await send({"type": "http.response.pathsend", "path": "/some/file"})

    class Taking(Client):
        async def send(self, message: Any) -> None:
            sent.append(message["type"])

    app.answer = from_file  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        await ask(cached, client=Taking())
    assert sent == ["http.response.start", "http.response.pathsend"] * 2
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_83_nor_is_a_body_stored_of_which_a_part_came_that_way(cache: Cache) -> None:
    app = App(FRESH)

    async def mixed(scope: Any, receive: Any, send: Any) -> None:
        await send(app.start())
        await send({"type": "http.response.zerocopysend", "file": 3, "more_body": True})
        await send({"type": "http.response.body", "body": b"end"})

    app.answer = mixed  # type: ignore[method-assign]
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        await ask(cached)
    assert app.runs == 2
    await cache.close()


@under_asyncio
async def test_line_84_trailers_and_hints_pass(cache: Cache) -> None:
    app, sent = App(FRESH), []
    extra = [{"type": "http.response.early_hint", "links": []}, {"type": "http.response.trailers", "headers": []}]

    async def chatty(scope: Any, receive: Any, send: Any) -> None:
        await send(extra[0])
        await app.__class__.answer(app, scope, receive, send)
        await send(extra[1])

    class Listening(Client):
        async def send(self, message: Any) -> None:
            sent.append(message)

    app.answer = chatty  # type: ignore[method-assign]
    await ask(CacheMiddleware(app, cache), client=Listening())
    assert [sent[0], sent[-1]] == extra
    await cache.close()


@under_asyncio
async def test_line_86_the_application_reads_the_body_and_hears_of_the_end(cache: Cache) -> None:
    app, heard = App(), []

    async def read(scope: Any, receive: Any, send: Any) -> None:
        heard.extend([await receive(), await receive(), await receive()])
        await app.__class__.answer(app, scope, receive, send)

    messages = [
        {"type": "http.request", "body": b"12", "more_body": True},
        {"type": "http.request", "body": b"3", "more_body": False},
        {"type": "http.disconnect"},
    ]

    left = iter(messages)

    class Posting(Client):
        async def receive(self) -> Any:
            return next(left)

    app.answer = read  # type: ignore[method-assign]
    await ask(CacheMiddleware(app, cache), "/", "Content-Length: 3", method="POST", client=Posting())
    assert heard == messages
    await cache.close()


@under_asyncio
async def test_line_86_and_reads_it_once_more_when_it_is_asked_again(cache: Cache) -> None:
    app, heard = App("Cache-Control: max-age=60", 'ETag: "old"'), []
    cached = CacheMiddleware(app, cache)
    await ask(cached)
    await cached.purge("http://example.com/", soft=True)
    app.headers[1] = 'ETag: "new"'

    async def confused(scope: Any, receive: Any, send: Any) -> None:
        heard.append(await receive())
        app.status = 304 if b"if-none-match" in dict(scope["headers"]) else 200
        await app.__class__.answer(app, scope, receive, send)

    class Once(Client):
        async def receive(self) -> Any:
            if heard:
                await asyncio.Event().wait()
            return await super().receive()

    app.answer = confused  # type: ignore[method-assign]
    assert (await ask(cached, client=Once())).status == 200
    assert [message["type"] for message in heard] == ["http.request"] * 2
    await cache.close()


# -- races, failures, purges


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
