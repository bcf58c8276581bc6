"""Runs a story through a Resource of twisted.web in this process: a real cache, no sockets, a clock that waits."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock
from twisted.web.http_headers import Headers as Fields
from twisted.web.resource import Resource
from twisted.web.server import Request as WebRequest
from twisted.web.server import Site

from http_table.drivers import START, Seen, answer_of, check, request_of
from http_table.stories import Origin, Story
from unicache._core.http.fields import Headers, normal
from unicache._core.http.messages import Head, Request
from unicache._core.io import Io
from unicache.http import Options
from unicache_twisted import Cache
from unicache_twisted._driving import Driven
from unicache_twisted._io import TwistedIo
from unicache_twisted.web import CacheResource

__all__ = ["Application", "Client", "TimedCache", "UndatedSite", "can_happen", "get", "pairs", "run"]

ADDRESS = IPv4Address("TCP", "127.0.0.1", 80)


class TimedCache(Cache):
    """A cache with a clock of ours. With ``behind`` it has no reactor: its refreshes come there, to be run later."""

    def __init__(self, now: Callable[[], float], behind: list[Any] | None) -> None:
        self._story_now = now
        self._behind = behind
        super().__init__()

    def _new_io(self) -> Io:
        behind = self._behind
        io: Any = TwistedIo(None if behind is None else MemoryReactorClock())
        beside = io.spawn
        io.wall = io.now = self._story_now
        if behind is not None:
            io.spawn = lambda main: behind.append(main) if "_behind" in main.__qualname__ else beside(main)
        return io  # type: ignore[no-any-return]


class UndatedSite(Site):
    """A site that does not say what time it is by the real clock."""

    def getResourceFor(self, request: Any) -> Any:
        request.responseHeaders.removeHeader(b"date")
        return super().getResourceFor(request)


class Application(Resource):
    """A resource that answers as the step says, and remembers what it was asked."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.origin = Origin()
        self.asked: list[Request] = []

    def render(self, request: Any) -> int:
        asked = Request(request.method.decode(), "http", "", "", None, pairs(request.requestHeaders))
        self.asked.append(asked)
        head, body = answer_of(self.origin, asked, self.now)
        if not head.status:
            raise RuntimeError("the application failed, as it was told to")
        request.setResponseCode(head.status)
        request.defaultContentType = None
        for name, value in head.headers:
            request.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))
        request.write(body[:2])
        request.write(body[2:])
        request.finish()
        return 1


def pairs(fields: Fields) -> Headers:
    return normal(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in fields.getAllRawHeaders()
        for value in values
    )


class Client:
    """The connection of one request, and what arrives through it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.transport = self
        self.status = 0
        self.headers: Headers = ()
        self.body = b""
        self.done = False
        self.producer: Any = None

    def getPeer(self) -> Any:
        return ADDRESS

    def getHost(self) -> Any:
        return ADDRESS

    def isSecure(self) -> bool:
        return False

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Fields) -> None:
        assert not self.status, "two responses"
        self.status, self.headers = int(code), pairs(headers)

    def write(self, data: bytes) -> None:
        self.body += data

    def requestDone(self, request: Any) -> None:
        self.done = True

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None


def get(site: Site, request: Request, *, body: bytes = b"", client: Client | None = None) -> Client:
    """Ask a site, as its connections do. HTTP/1.0, so that bodies come without a frame around them."""
    client = client or Client(site)
    asked: Any = WebRequest(client)
    for name, value in request.headers:
        asked.requestHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))
    asked.content = BytesIO()
    asked.content.write(body)
    uri = request.path + ("" if request.query is None else f"?{request.query}")
    asked.requestReceived(request.method.encode(), uri.encode("latin-1"), b"HTTP/1.0")
    return client


def can_happen(story: Story) -> bool:
    """twisted.web answers for ``*`` itself, and sends no field that breaks out of its line."""
    fields = [field for step in story.steps if step.origin for field in step.origin.headers]
    return not any(step.url == "*" for step in story.steps) and not any("\n" in field for field in fields)


def run(story: Story) -> None:
    """Carry a story out, and look whether everybody saw what he should."""
    application = Application()
    behind: list[Any] = []
    cache = TimedCache(lambda: application.now, behind)
    site = UndatedSite(CacheResource(application, cache, Options(**story.options)))
    for number, step in enumerate(story.steps, 1):
        application.now += step.after
        assert step.origin is not None
        application.origin, application.asked = step.origin, []
        client = get(site, request_of(step, application.now))
        assert client.done, f"{story}, step {number}"
        seen = Seen(Head(client.status, client.headers), client.body, list(application.asked))
        while behind:
            Driven(behind.pop()())
        check(step, seen, application.now, f"{story}, step {number}")
