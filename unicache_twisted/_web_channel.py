"""What an application of twisted.web writes, as events to be awaited one after the other.

A request of its own writes to a ``Channel`` as it would to a connection's: twisted.web makes a status, fields and a
body of everything that applications can do to a request. What must not live here: what becomes of the response.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import cooperate
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

__all__ = ["Channel", "Mark", "Start", "failure_of"]

failure_of: Any = Failure
"""It makes one; Twisted does not type how."""


@dataclass(frozen=True, slots=True)
class Start:
    """The head of the response."""

    status: int
    reason: bytes
    fields: Headers


class Mark(Enum):
    """What a body may have beside its pieces.

    ``CHANGED``  the application changed its mind about the status, which has been passed on: the rest is about that
    """

    CHANGED = "changed"
    END = "end"


Event = Start | bytes | Mark | Failure
"""A Failure is that of an application that did not write of it itself."""


class Channel:
    """The connection that the application's request has; for ``_web_calls``, what arrives through it.

    ``request``  the application's
    ``client``   the client's; None when there is no client
    ``secure``   whether that came over TLS

    Whoever reads slowly holds up a producer: it is told to pause when something arrives before it is asked for.
    """

    _log = Logger()

    def __init__(self, request: Any, client: Any, *, secure: bool) -> None:
        self._request = request
        self._client = client
        self._secure = secure
        self._addresses = request.client, request.host
        self.site = request.site
        self.transport = self if client is None else client.transport
        self._events: deque[Event] = deque()
        self._waiter: Deferred[None] | None = None
        self._status = 0
        self._open = True
        self._fed = False
        self._producer: Any = None
        self._held_by: set[str] = set()

    # -- for who passes the response on

    async def next(self) -> Event:
        """What comes next."""
        while not self._events:
            self._go_on("reader")
            if not self._events:
                self._waiter = Deferred()
                await self._waiter
        return self._events.popleft()

    def feed(self) -> None:
        """From now on a producer goes as fast as the client takes it."""
        self._fed = self._client is not None
        if self._fed and self._producer is not None:
            self._client.registerProducer(self, True)

    def drop(self) -> None:
        """Whatever else comes is not wanted, and need not wait."""
        self._open = self._fed = False
        self._events.clear()
        self._go_on("reader")

    def lose(self, reason: Failure | None) -> None:
        """Nobody is there for the response any more: the application is told as by a connection that was lost."""
        self.drop()
        self.stopProducing()
        request, self._request = self._request, None
        if request is not None:
            request.content = None  # which is the client's, and closed with it
            request.connectionLost(reason or failure_of(ConnectionDone()))

    def fail(self, failure: Failure) -> None:
        """The request's ``processingFailed``: the server's page about it is none of the application's responses."""
        if not self._status and self._open:
            self._put(failure)
        elif self._request is not None:
            type(self._request).processingFailed(self._request, failure)
        elif not failure.check(CancelledError):  # type: ignore[no-untyped-call]
            self._log.failure("an application failed after its response", failure=failure)

    def _put(self, event: Event) -> None:
        if not self._open:
            return
        self._events.append(event)
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)
        else:
            self._hold("reader")

    # -- for the request

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """The head. How the body is framed is for the client's connection to say."""
        self._request.chunked = 0
        headers.removeHeader("transfer-encoding")
        self._status = int(code)
        self._put(Start(self._status, reason, headers))

    def write(self, data: bytes) -> None:
        """A piece of the body."""
        if data:
            self._mark_change()
            self._put(bytes(data))  # a buffer may be used for something else next

    def writeSequence(self, pieces: list[bytes]) -> None:
        """Several of them."""
        self.write(b"".join(pieces))

    def requestDone(self, request: Any) -> None:
        """The end."""
        request.content = None  # so that it is not closed: it may be needed once more
        self._mark_change()
        self._request = None
        self._put(Mark.END)

    def _mark_change(self) -> None:
        if self._request.code != self._status:
            self._put(Mark.CHANGED)

    def loseConnection(self) -> None:
        """The application breaks the response off."""
        if self._client is None:
            self._put(failure_of(ConnectionDone()))
        else:
            self._client.loseConnection()

    abortConnection = loseConnection

    def isSecure(self) -> bool:
        """Whether the client's connection is, or was."""
        return self._secure

    def getPeer(self) -> Any:
        """The client's address."""
        return self._addresses[0]

    def getHost(self) -> Any:
        """The server's address."""
        return self._addresses[1]

    # -- a producer between the two

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """The application's producer; a pulled one is made to push."""
        self._producer = producer if streaming else _Pulled(producer, self._pull_failed)
        if self._held_by:
            self._producer.pauseProducing()
        if self._fed:
            self._client.registerProducer(self, True)

    def unregisterProducer(self) -> None:
        """It has nothing more to say."""
        producer, self._producer = self._producer, None
        if isinstance(producer, _Pulled):
            producer.end()
        if self._fed and producer is not None:
            self._client.unregisterProducer()

    def pauseProducing(self) -> None:
        """The client's connection has enough."""
        self._hold("client")

    def resumeProducing(self) -> None:
        """It can take more."""
        self._go_on("client")

    def stopProducing(self) -> None:
        """It is gone."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()

    def _hold(self, who: str) -> None:
        if self._producer is not None and not self._held_by:
            self._producer.pauseProducing()
        self._held_by.add(who)

    def _go_on(self, who: str) -> None:
        held, self._held_by = self._held_by, self._held_by - {who}
        if self._producer is not None and held and not self._held_by:
            self._producer.resumeProducing()

    def _pull_failed(self, failure: Failure) -> None:
        self._log.failure("a producer failed", failure=failure)
        self.stopProducing()
        self.loseConnection()


class _Pulled:
    """A pull producer as one that pushes: asked for more in each turn of the reactor."""

    def __init__(self, producer: Any, failed: Callable[[Failure], None]) -> None:
        self._producer = producer
        self._over = False
        self._task = cooperate(self._pull())
        self._task.whenDone().addErrback(self._ended, failed)

    def _pull(self) -> Iterator[None]:
        while not self._over:
            self._producer.resumeProducing()
            yield None

    def _ended(self, failure: Failure, failed: Callable[[Failure], None]) -> None:
        if not self._over:
            self._over = True
            failed(failure)

    def pauseProducing(self) -> None:
        if not self._over:
            self._task.pause()

    def resumeProducing(self) -> None:
        if not self._over:
            self._task.resume()

    def stopProducing(self) -> None:
        self.end()
        self._producer.stopProducing()

    def end(self) -> None:
        if not self._over:
            self._over = True
            self._task.stop()
