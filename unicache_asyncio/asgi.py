"""The HTTP cache as ASGI middleware: messages in and out of the exchange. Nothing here decides anything.

The application is run in the task of the request, so that it is cancelled with it, and sees its context.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, assert_never

from unicache._core.http.exchange import Exchange
from unicache._core.http.fields import Headers, first, normal
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options
from unicache._core.http.personal import seen_in
from unicache._core.http.site import Site
from unicache._core.http.steps import Ask, Relay, Reply
from unicache._core.io import Io
from unicache._core.tools.detached import FOREVER
from unicache_asyncio._cache import Cache

__all__ = ["CacheMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ELSEWHERE = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
"""Messages by which a server sends a body that the middleware never sees."""


class CacheMiddleware:
    """An ASGI application that answers for another one where HTTP lets it, and asks it where not.

    ``app``      the application: FastAPI, Starlette, Litestar, Quart, Django and so on
    ``cache``    where responses are kept; several processes with one server share them
    ``options``  what is stored, for how long, and what tells responses apart
    ``routes``   other options for paths that begin so, such as ``{"/api/": Options(ttl="10s"), "/admin/": None}``, or
                 that look so, with ``{name}`` for one segment and ``*`` for anything: ``"/users/{id}/orders"``;
                 None caches nothing, and the longest route counts

    What the responses say goes first: Cache-Control, CDN-Cache-Control, Expires, Vary, validators. Every response has a
    Cache-Status that says what was done, and why. A store that is down lets everything through.
    """

    def __init__(
        self,
        app: App,
        cache: Cache,
        options: Options | None = None,
        *,
        routes: Mapping[str, Options | None] | None = None,
    ) -> None:
        self._app = app
        engine = cache._engine
        self._io = engine.core.io
        self._site = Site(engine, options or Options(), routes or {})

    async def purge(self, url: str, *, soft: bool = False) -> None:
        """Remove what is stored of an absolute URL, in all variants; ``soft`` keeps it as stale from now on.

        Raises InvalidationUncertain when the store did not confirm, InvalidArgument for a URL that is none.
        """
        await self._site.purge(url, soft=soft)

    async def purge_prefix(self, url: str, *, soft: bool = False) -> None:
        """The same for all URLs that begin so, whatever their query. Raises what ``purge`` raises."""
        await self._site.purge_prefix(url, soft=soft)

    async def purge_tags(self, *tags: str, soft: bool = False) -> None:
        """The same for what carries one of the tags. Without ``soft`` it is ``cache.invalidate_tags``, which is for
        results of functions as well; with it, the whole namespace is looked through. Raises what ``purge`` raises.
        """
        await self._site.purge_tags(tags, soft=soft)

    async def purge_all(self, *, soft: bool = False) -> None:
        """The same for all responses in the cache's namespace. Raises what ``purge`` raises."""
        await self._site.purge_all(soft=soft)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; only HTTP is looked at."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        refresh = _Refresh(self._app, scope, self._io)
        exchange = self._site.exchange(_request_of(scope), refresh)
        if exchange is None:
            return await self._app(scope, receive, send)
        return await _Call(self._app, scope, _Replayed(receive), send, exchange).run()


class _Refresh:
    """Runs the application for an exchange that no client waits for."""

    def __init__(self, app: App, scope: Scope, io: Io) -> None:
        self._app = app
        self._scope = scope
        self._io = io

    async def __call__(self, exchange: Exchange, ask: Ask) -> None:
        scope = {**self._scope, "method": ask.request.method}

        async def nowhere(message: Message) -> None:
            """As much is taken as is kept; after that nobody is there, which applications know as an OSError."""
            if exchange.in_vain and message.get("more_body"):
                raise ConnectionAbortedError("nothing of the response is kept, and nobody waits for it")

        try:
            await _Call(self._app, scope, _Replayed(_Patient(self._io)), nowhere, exchange).asked(ask)
        except Exception:
            if not exchange.in_vain:
                raise


class _Patient:
    """The messages of a client that asks, and then waits for as long as it takes."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self._asked = False

    async def __call__(self) -> Message:
        if self._asked:
            while not await self._io.event().wait(FOREVER):
                pass
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}


class _Replayed:
    """The request's messages; a request without content can be read once more by each run of the application."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._first: Message | None = None
        self._again = False

    def rewind(self) -> None:
        """The next run of the application begins."""
        self._again = self._first is not None

    async def __call__(self) -> Message:
        if self._again and self._first is not None:
            self._again = False
            return self._first
        message = await self._receive()
        if self._first is None and message["type"] == "http.request" and not message.get("more_body", False):
            self._first = message
        return message


class _Call:
    """One request on its way through the exchange."""

    def __init__(self, app: App, scope: Scope, receive: _Replayed, send: Send, exchange: Exchange) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._exchange = exchange
        self._next: Ask | None = None
        self._muted = False
        self._relayed = False

    async def run(self) -> None:
        """From the request to the last byte."""
        step = await self._exchange.begin()
        if isinstance(step, Reply):
            await self._reply(step)
        else:
            await self.asked(step)

    async def asked(self, step: Ask) -> None:
        """Run the application, and once more if the exchange says so."""
        try:
            self._next = step
            while self._next is not None:
                ask, self._next, self._muted = self._next, None, False
                self._receive.rewind()
                await self._run(ask)
        finally:
            await self._exchange.abandoned()

    async def _run(self, ask: Ask) -> None:
        self._inner = _scope_for(self._scope, ask.request)
        try:
            with self._exchange.noted():
                await self._app(self._inner, self._receive, self._sent)
        except Exception as error:
            reply = None if self._relayed or self._muted else await self._exchange.failed(error)
            if reply is None:
                raise
            await self._reply(reply)

    async def _sent(self, message: Message) -> None:
        """What the application sends."""
        kind = message["type"]
        if self._muted:
            return
        if kind == "http.response.start":
            await self._start(message)
            return
        if kind == "http.response.body":
            await self._exchange.data(message.get("body", b""))
            if not message.get("more_body", False):
                await self._exchange.end()
        elif kind in _ELSEWHERE:
            await self._exchange.abandoned()
        await self._send(message)

    async def _start(self, message: Message) -> None:
        head = Head(message["status"], _read(message.get("headers", ())), seen_in(self._inner))
        step = await self._exchange.head(head)
        match step:
            case Relay(head=head):
                self._relayed = True
                await self._send({**message, "headers": _written(head.headers)})
            case Reply():
                self._muted = True
                await self._reply(step)
            case Ask():
                self._muted, self._next = True, step
            case _:
                assert_never(step)

    async def _reply(self, reply: Reply) -> None:
        head = reply.head
        await self._send({"type": "http.response.start", "status": head.status, "headers": _written(head.headers)})
        await self._send({"type": "http.response.body", "body": reply.body, "more_body": False})


def _request_of(scope: Scope) -> Request:
    headers = _read(scope["headers"])
    path = (scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    has_body = first(headers, "content-length") not in (None, "0") or first(headers, "transfer-encoding") is not None
    host = first(headers, "host") or ""
    return Request(scope["method"], scope.get("scheme", "http"), host, path, query or None, headers, has_body)


def _scope_for(scope: Scope, request: Request) -> Scope:
    return {**scope, "headers": _written(request.headers), "query_string": (request.query or "").encode("latin-1")}


def _read(headers: Any) -> Headers:
    return normal([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])


def _written(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
