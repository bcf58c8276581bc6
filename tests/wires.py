"""Links to the test servers, and what is put in their way: a proxy that spoils the stream, a puppet for a server.

How event models are driven is in ``flavours``, servers are in ``servers``.
"""

import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from servers import observer
from unicache._core.io import Endpoint, Io
from unicache._core.setup.node import Credentials, NodeOptions
from unicache._core.wire import resp
from unicache._core.wire.links import Links
from unicache._core.wire.pool import links_for
from unicache.server import Server

__all__ = ["NOBODY", "Counting", "Proxy", "Puppet", "clients", "endpoint", "linked", "links_to", "say", "wait_until"]

NOBODY = Credentials()


def endpoint(server: "Server | Proxy | Puppet", *, tls: ssl.SSLContext | None = None) -> Endpoint:
    """Where a server listens."""
    if isinstance(server.address, str):
        return Endpoint(path=server.address)
    return Endpoint(*server.address, tls=tls)


def links_to(io: Io, server: "Server | Proxy | Puppet | Endpoint", who: Credentials = NOBODY, **options: Any) -> Links:
    """Links with generous deadlines, for machines that are busy; a test about deadlines passes its own."""
    where = server if isinstance(server, Endpoint) else endpoint(server)
    return links_for(io, NodeOptions(where, who, **({"timeout": 20.0, "connect_timeout": 20.0} | options)))


@asynccontextmanager
async def linked(
    io: Io, server: "Server | Proxy | Puppet", who: Credentials = NOBODY, **options: Any
) -> AsyncIterator[Links]:
    """Links that are open from the start and closed at the end."""
    links = links_to(io, server, who, **options)
    try:
        await links.connect()
        yield links
    finally:
        links.close()


async def say(links: Links, *command: bytes | str | int, again: bool = False) -> Any:
    """One command and its reply."""
    return await links.request(resp.pack(*command), again=again)


def clients(server: Server, name: str) -> int:
    """How many connections under this client name the server has."""
    with observer(server) as client:
        return sum(other["name"] == name for other in client.client_list())


def wait_until(true: Callable[[], bool]) -> None:
    """Ask again and again; a test that waits for ever is ended by its time limit."""
    while not true():
        time.sleep(0.005)


class _Listener:
    """Accepts connections on a loopback port, each served by a thread."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = [self._listening]

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for sock in self._sockets:
            _hang_up(sock)
        for thread in self._threads:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def stop_listening(self) -> None:
        """Refuse new connections; those that exist stay."""
        _hang_up(self._listening)

    def _spawn(self, main: Any, *arguments: Any) -> None:
        self._threads.append(threading.Thread(target=main, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.append(client)
                self.connections += 1
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError


class Proxy(_Listener):
    """Stands between a client and a server.

    ``piece``  replies go on in pieces of so many bytes
    ``spoil``  the next reply is not handed on: the connection is cut instead, when the server has done its work
    """

    def __init__(self, server: Server, *, piece: int = 65536) -> None:
        super().__init__()
        self._server = server
        self._piece = piece
        self.spoil = False

    @property
    def url(self) -> str:
        """What a cache takes."""
        return "valkey://{}:{}".format(*self.address)

    def _serve(self, client: socket.socket) -> None:
        address = self._server.address
        server = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        server.connect(address)
        self._sockets.append(server)
        self._spawn(self._requests, client, server)
        self._spawn(self._replies, client, server)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self._asked()
                server.sendall(data)
        _hang_up(server)

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                self._answered()
                if self.spoil:
                    self.spoil = False
                    break
                for start in range(0, len(data), self._piece):
                    client.sendall(data[start : start + self._piece])
                self.handed_on(len(data))
        _hang_up(client)

    def handed_on(self, size: int) -> None:
        """So many bytes of a reply have been handed on."""

    def _asked(self) -> None:
        """Part of a request is there."""

    def _answered(self) -> None:
        """Part of a reply is there, and the client has not seen it yet."""


class Counting(Proxy):
    """Counts the round trips of one caller: how often it spoke after it had heard something."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.round_trips = 0
        self._heard = True

    def _asked(self) -> None:
        self.round_trips += self._heard
        self._heard = False

    def _answered(self) -> None:
        self._heard = True


class Puppet(_Listener):
    """Answers what it is first sent with the given bytes, and with ``hang_up`` says no more."""

    def __init__(self, answer: bytes, *, hang_up: bool = False) -> None:
        super().__init__()
        self._answer = answer
        self._hang_up = hang_up

    def _serve(self, client: socket.socket) -> None:
        self._spawn(self._talk, client)

    def _talk(self, client: socket.socket) -> None:
        with suppress(OSError):
            client.recv(65536)
            client.sendall(self._answer)
            if not self._hang_up:
                client.recv(65536)
        _hang_up(client)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
