"""The limit for Twisted: one ``Protocol``, a Deferred for each call, one write for each turn of the reactor."""

from functools import partial
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Factory, Protocol

from benchmarks.bare.wire import Wire

__all__ = ["Connection"]


class Connection(Protocol):
    """One multiplexed connection."""

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """Connect."""
        connection = await TCP4ClientEndpoint(reactor, host, port).connect(Factory.forProtocol(cls))
        return cast("Connection", connection)

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._transport = cast("ITCPTransport", self.transport)
        self._transport.setTcpNoDelay(True)
        self._wire: Wire[Deferred[Any]] = Wire(Deferred.callback, self._transport.write, partial(reactor.callLater, 0))

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._wire.received(data)

    def get(self, key: str) -> Deferred[Any]:
        """Ask; the Deferred has the reply."""
        deferred: Deferred[Any] = Deferred()
        self._wire.ask(key, deferred)
        return deferred

    def close(self) -> None:
        """Hang up."""
        self._transport.loseConnection()
