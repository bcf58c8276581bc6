"""Runs stories through real servers and sockets: uvicorn, waitress, which has threads, gevent's and twisted.web.

A server runs as long as the test process, and serves whatever middleware the story at hand has. What must not live
here: the middleware of one story (``middleware``, ``wsgi``, ``resources``).
"""

import http.client
import socket
import threading
from abc import ABC, abstractmethod
from typing import Any

import gevent
import gevent.pywsgi
import uvicorn
import waitress.server
from twisted.internet.threads import blockingCallFromThread

import unicache
import unicache_gevent
from flavours import running_reactor
from http_table import middleware, resources, wsgi
from http_table.drivers import Seen, check, request_of
from http_table.stories import Story, headers_of
from unicache._core.http.fields import end_to_end, first, normal
from unicache._core.http.messages import Head, Request
from unicache.http import Options

__all__ = ["SERVERS", "WireServer", "can_be_sent"]

NOT_SENT = frozenset({12, 84, 92, 100})
"""Lines whose requests or responses no server lets through: wrong lengths, bad hosts, broken fields."""


def can_be_sent(story: Story) -> bool:
    """Whether clients and servers let the story happen at all."""
    odd = any(not step.url.startswith("/") or not step.url.isascii() for step in story.steps)
    fields = [field for step in story.steps if step.origin for field in step.origin.headers]
    by_hop = len(end_to_end(headers_of(fields, 0.0))) < len(fields)
    return not odd and not by_hop and not NOT_SENT & set(story.lines)


class WireServer(ABC):
    """A server on a thread of its own."""

    name: str
    blind_to: tuple[str, ...] = ()
    """What in a path neither middleware nor application get to see as it came."""

    def can_tell(self, story: Story) -> bool:
        """Whether the server lets an application tell the story's URLs apart."""
        return not any(mark in step.url for mark in self.blind_to for step in story.steps)

    def __init__(self) -> None:
        self._port = 0

    def run(self, story: Story) -> None:
        """Carry a story out, and look whether everybody saw what he should."""
        self._port = self._port or self._start()
        application, cache = self._prepare(Options(**story.options))
        for number, step in enumerate(story.steps, 1):
            self._tick(application, step.after)
            assert step.origin is not None
            application.origin, application.asked = step.origin, []
            now = self._now(application)
            seen = self._ask(request_of(step, now), application)
            _settled(cache)
            check(step, seen, now, f"{self.name}: {story}, step {number}")

    def _ask(self, request: Request, application: Any) -> Seen:
        head, body = exchanged(self._port, request)
        behind = "stale-while-revalidate" in (first(head.headers, "cache-status") or "")
        return Seen(head, body, [] if behind else list(application.asked))

    @abstractmethod
    def _start(self) -> int:
        """Start to serve; the port."""

    @abstractmethod
    def _prepare(self, options: Options) -> tuple[Any, Any]:
        """A new application behind new middleware, and its cache."""

    def _tick(self, application: Any, seconds: float) -> None:
        application.now += seconds

    def _now(self, application: Any) -> float:
        now: float = application.now
        return now


def _settled(cache: Any) -> None:
    """Wait until nothing is under way beside the client."""
    while cache._engine.core.flights._flights:
        threading.Event().wait(0.001)


def exchanged(port: int, request: Request) -> tuple[Head, bytes]:
    """Send the request as it is, and read what comes."""
    target = request.path + ("" if request.query is None else f"?{request.query}")
    fields = "".join(f"{name}: {value}\r\n" for name, value in (*request.headers, ("connection", "close")))
    text = f"{request.method} {target} HTTP/1.1\r\n{fields}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(text.encode("latin-1") + b"x" * int(first(request.headers, "content-length") or 0))
        response = http.client.HTTPResponse(link, method=request.method)
        response.begin()
        body = response.read()
    return Head(response.status, normal(response.getheaders())), body


class Uvicorn(WireServer):
    name = "uvicorn"

    def _start(self) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._served,
            log_level="critical",
            date_header=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            http="h11",
            interface="asgi3",
        )
        server = uvicorn.Server(config)
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    async def _served(self, scope: Any, receive: Any, send: Any) -> None:
        await self._middleware(scope, receive, send)

    def _prepare(self, options: Options) -> tuple[Any, Any]:
        clock = middleware.Clock()
        cache = middleware.TimedCache("memory://", clock)
        application = middleware.Application(clock)
        self._middleware = middleware.CacheMiddleware(application, cache, options)
        return application, cache

    def _tick(self, application: Any, seconds: float) -> None:
        application.clock.now += seconds

    def _now(self, application: Any) -> float:
        now: float = application.clock.now
        return now


class _Wsgi(WireServer):
    kind: type[unicache.Cache]

    def _served(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._middleware(environ, start_response)

    def _prepare(self, options: Options) -> tuple[Any, Any]:
        application = wsgi.Application()
        cache = wsgi.timed(self.kind, lambda: application.now, None)
        self._middleware = wsgi.CacheMiddleware(application, cache, options)
        return application, cache


class Waitress(_Wsgi):
    name = "waitress"
    blind_to = ("//",)
    kind = unicache.Cache

    def _start(self) -> int:
        server = waitress.server.create_server(
            self._served, host="127.0.0.1", port=0, threads=4, ident=None, clear_untrusted_proxy_headers=False
        )
        threading.Thread(target=server.run, daemon=True).start()
        port: int = server.effective_port
        return port


class Gevent(_Wsgi):
    name = "gevent"
    blind_to = ("%2F", "%2f")
    kind = unicache_gevent.Cache

    def _start(self) -> int:
        started: list[int] = []
        ready = threading.Event()

        def serve() -> None:
            server = gevent.pywsgi.WSGIServer(("127.0.0.1", 0), self._served, log=None, error_log=None)
            server.start()
            started.append(server.server_port)
            ready.set()
            server.serve_forever()

        threading.Thread(target=serve, daemon=True).start()
        assert ready.wait(20)
        return started[0]


class TwistedWeb(WireServer):
    name = "twisted.web"

    def __init__(self) -> None:
        super().__init__()
        self._site: Any = resources.UndatedSite(None)

    def _start(self) -> int:
        reactor = running_reactor()
        listening: Any = blockingCallFromThread(reactor, reactor.listenTCP, 0, self._site, interface="127.0.0.1")
        port: int = listening.getHost().port
        return port

    def _prepare(self, options: Options) -> tuple[Any, Any]:
        application = resources.Application()
        cache = resources.TimedCache(lambda: application.now, None)
        self._site.resource = resources.CacheResource(application, cache, options)
        return application, cache


SERVERS: tuple[WireServer, ...] = (Uvicorn(), Waitress(), Gevent(), TwistedWeb())
"""All of them: a test parametrised over this leaves none out."""
