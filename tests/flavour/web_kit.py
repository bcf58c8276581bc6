"""Connections to a site of twisted.web, and Resources to ask through them: all but the sockets is real.

What must not live here: what is asserted.
"""

import socket
import time
from collections.abc import Callable
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, BinaryIO

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.internet.threads import blockingCallFromThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from flavours import running_reactor
from unicache._core.io import Io
from unicache_twisted import Cache
from unicache_twisted._io import TwistedIo

__all__ = ["FRESH", "Answer", "App", "Link", "StillCache", "Wire", "failure_of", "failures", "writing"]

FRESH = (b"cache-control", b"max-age=3600")
ADDRESS = IPv4Address("TCP", "127.0.0.1", 80)


class StillCache(Cache):
    """A cache in this process whose reactor's clock stands still unless it is told to go on."""

    def __init__(self, **options: Any) -> None:
        self.reactor = MemoryReactorClock()
        super().__init__(**options)

    def _new_io(self) -> Io:
        io: Any = TwistedIo(self.reactor)
        begun = time.time()  # responses have a Date by the real clock
        io.now = io.wall = lambda: begun + self.reactor.seconds()
        return io  # type: ignore[no-any-return]


class App(Resource):
    """A Resource whose requests are answered by a function; it remembers them."""

    isLeaf = True

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__()
        self._answer = answer
        self.requests: list[Any] = []

    def render(self, request: Any) -> Any:
        self.requests.append(request)
        return self._answer(request)

    @property
    def runs(self) -> int:
        return len(self.requests)


def writing(*pieces: bytes, done: bool = True, fields: Any = (FRESH,)) -> Callable[[Any], int]:
    """An answer that is written in pieces."""

    def answer(request: Any) -> int:
        for field in fields:
            request.setHeader(*field)
        for piece in pieces:
            request.write(piece)
        if done:
            request.finish()
        return NOT_DONE_YET

    return answer


class Answer:
    """A response, read from what arrived."""

    def __init__(self, data: BinaryIO, method: str) -> None:
        response = HTTPResponse(_Read(data), method=method)  # type: ignore[arg-type]
        response.begin()
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.cache_status = self.fields.get("cache-status", "")


class _Open(BytesIO):
    """Bytes that stay readable when one response of several has been read."""

    def close(self) -> None: ...


class _Read:
    def __init__(self, data: BinaryIO) -> None:
        self._data = data

    def makefile(self, _: str) -> BinaryIO:
        return self._data


class Transport(StringTransport):
    """What a connection's transport has beside what Twisted's for tests has."""

    def loseConnection(self) -> None:
        super().loseConnection()
        self.protocol.connectionLost(failure_of(ConnectionLost()))

    def lose(self) -> None:
        """The client goes away: what a reactor does then."""
        if self.producer is not None:
            self.producer.stopProducing()
        self.protocol.connectionLost(failure_of(ConnectionLost()))


failure_of: Any = Failure


def failures(captured: Any) -> list[type]:
    """Of what kinds the failures are that were logged within ``capturedLogs``."""
    return [event["log_failure"].type for event in captured if "log_failure" in event]


class Link:
    """A client's connection."""

    def __init__(self, resource: Any) -> None:
        self.resource = resource
        made: Any = resource if isinstance(resource, Site) else Site(resource)
        made.reactor = MemoryReactorClock()
        self.protocol = made.buildProtocol(ADDRESS)
        self.transport = Transport()
        self.transport.protocol = self.protocol
        self.protocol.callLater = made.reactor.callLater
        self.protocol.makeConnection(self.transport)

    def send(self, path: str = "/", *fields: str, method: str = "GET", body: str = "", version: str = "1.1") -> None:
        lines = [f"{method} {path} HTTP/{version}", "Host: example.com", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.protocol.dataReceived("\r\n".join([*lines, "", body]).encode())

    def arrived(self) -> bytes:
        """What has arrived and was not read."""
        return bytes(self.transport.value())

    def read(self, method: str = "GET") -> Answer:
        """The next response."""
        data = _Open(self.transport.value())
        answer = Answer(data, method)
        rest = data.read()
        self.transport.clear()
        self.transport.io.write(rest)
        return answer

    def ask(self, path: str = "/", *fields: str, method: str = "GET", **more: Any) -> Answer:
        self.send(path, *fields, method=method, **more)
        return self.read(method)


class Wire:
    """A site behind a socket, served by the reactor until the test process ends."""

    def __init__(self, resource: Any) -> None:
        reactor = running_reactor()
        listening: Any = blockingCallFromThread(reactor, reactor.listenTCP, 0, Site(resource), interface="127.0.0.1")
        self._port = listening.getHost().port

    def ask(self, path: str = "/", *fields: str) -> Answer:
        """Over a connection of its own."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=20) as link:
            lines = [f"GET {path} HTTP/1.1", "Host: example.com", "Connection: close", *fields, "", ""]
            link.sendall("\r\n".join(lines).encode())
            with link.makefile("rb") as data:
                return Answer(data, "GET")
