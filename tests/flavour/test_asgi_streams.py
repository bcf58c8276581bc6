"""The ASGI middleware when bodies come in pieces, are too long, end early or go other ways; and bodies of requests."""

import asyncio
from typing import Any

import pytest
from asgi_kit import PATIENCE, App, ask, status_of, under_asyncio, until

from http_table.middleware import Client
from unicache.http import Options
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

FRESH = "Cache-Control: max-age=3600"


@pytest.fixture
def cache(store_url: str, namespace: str) -> Cache:
    return Cache(store_url, namespace=namespace)


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
