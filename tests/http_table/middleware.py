"""Runs a story through the ASGI middleware in this process: a real cache and store, no sockets, a clock that waits."""

from collections.abc import MutableMapping
from typing import Any

from http_table.drivers import START, Seen, answer_of, check, request_of
from http_table.stories import Origin, Story
from unicache._core.http.fields import Headers, normal
from unicache._core.http.messages import Head, Request
from unicache._core.io import Io
from unicache.http import Options
from unicache_asyncio import Cache
from unicache_asyncio._io import AnyIo
from unicache_asyncio.asgi import CacheMiddleware

__all__ = ["Application", "Client", "Clock", "TimedCache", "run", "scope_of"]

Message = MutableMapping[str, Any]


class Clock:
    """The time that caches and applications go by."""

    def __init__(self) -> None:
        self.now = START


class TimedCache(Cache):
    """A cache with a clock of ours."""

    def __init__(self, url: str, clock: Clock, **options: Any) -> None:
        self._clock = clock
        self._whole = url == "memory://"  # there the store goes by this clock, too; links to servers go by a real one
        super().__init__(url, **options)

    def _new_io(self) -> Io:
        io: Any = AnyIo()
        io.wall = lambda: self._clock.now
        if self._whole:
            io.now = io.wall
        return io  # type: ignore[no-any-return]


class Application:
    """An ASGI application that answers as the step says, and remembers what it was asked."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.origin = Origin()
        self.asked: list[Request] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = asked_of(scope)
        self.asked.append(request)
        head, body = answer_of(self.origin, request, self.clock.now)
        if not head.status:
            raise RuntimeError("the application failed, as it was told to")
        await send({"type": "http.response.start", "status": head.status, "headers": raw(head.headers)})
        await send({"type": "http.response.body", "body": body[:2], "more_body": True})
        await send({"type": "http.response.body", "body": body[2:], "more_body": False})


class Client:
    """What a client sees of an ASGI application."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.body = b""

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not self.status, "two responses"
            self.status = message["status"]
            self.headers = normal(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
            )
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def scope_of(request: Request) -> dict[str, Any]:
    """The request as an ASGI server would give it."""
    return {
        "type": "http",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode("latin-1"),
        "query_string": (request.query or "").encode("latin-1"),
        "headers": raw(request.headers),
    }


def asked_of(scope: dict[str, Any]) -> Request:
    headers = normal((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["scheme"], "", scope["path"], query or None, headers)


async def run(story: Story, url: str, namespace: str, settle: Any) -> None:
    """Carry a story out, and look whether everybody saw what he should. ``settle`` lets what runs beside it end."""
    clock = Clock()
    cache = TimedCache(url, clock, namespace=namespace)
    application = Application(clock)
    middleware = CacheMiddleware(application, cache, Options(**story.options))
    for number, step in enumerate(story.steps, 1):
        clock.now += step.after
        assert step.origin is not None
        application.origin = step.origin
        application.asked = []
        seen = await _seen(middleware, application, request_of(step, clock.now))
        await settle()
        check(step, seen, clock.now, f"{story}, step {number}")
    await cache.close()


async def _seen(middleware: CacheMiddleware, application: Application, request: Request) -> Seen:
    client = Client()
    try:
        await middleware(scope_of(request), client.receive, client.send)
    except RuntimeError:
        client.status = 500
    return Seen(Head(client.status, client.headers), client.body, list(application.asked))
