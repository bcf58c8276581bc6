"""A request that is repeated may find that the world has moved on: what its first copy did must not be done again.

Leases and tag versions are random so that one which was removed never comes back. A copy of the request that made it
brings it back. Both tests fail while copies carry the same token.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import unicache
from servers import STORES
from unicache.server import Server
from wires import Proxy

PATIENCE = 20.0


@pytest.fixture(params=[fixture for fixture in STORES.values() if fixture])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def there(server: Server, namespace: str) -> Iterator[unicache.Cache]:
    with unicache.Cache(server.url, namespace=namespace, timeout=PATIENCE, lease=2) as opened:
        yield opened


class Losing(Proxy):
    """Loses the reply to the first request with these bytes, and hands on nothing more until it is told to."""

    def __init__(self, server: Server, mark: bytes) -> None:
        super().__init__(server)
        self._mark = mark
        self.lost, self.go_on = threading.Event(), threading.Event()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.lost.is_set():
                    self.go_on.wait(PATIENCE)
                self.spoil = self._mark in data and not self.lost.is_set()
                server.sendall(data)

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        super()._replies(client, server)
        self.lost.set()


class Late(Proxy):
    """Keeps the first claim back, cuts its client off, and hands the claim on when it is told to."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._kept = False
        self.go_on, self.done = threading.Event(), threading.Event()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                late = not self._kept and b"\r\nNX\r\n" in data
                if late:
                    self._kept = True
                    client.shutdown(socket.SHUT_RDWR)
                    self.go_on.wait(PATIENCE)
                server.sendall(data)
                if late:
                    server.shutdown(socket.SHUT_WR)  # the server answers what it has, and hangs up

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        super()._replies(client, server)
        if self.go_on.is_set():
            self.done.set()


def through(proxy: Proxy, namespace: str) -> unicache.Cache:
    return unicache.Cache(proxy.url, namespace=namespace, timeout=PATIENCE, connect_timeout=PATIENCE, lease=2)


@pytest.mark.parametrize("tags", ["of the call", "of the result"])
def test_a_tag_that_was_invalidated_stays_so_when_the_request_that_made_it_is_repeated(
    server: Server, there: unicache.Cache, namespace: str, tags: str
) -> None:
    of_call = tags == "of the call"
    options: dict[str, Any] = {"tags": ["t"]} if of_call else {"result_tags": lambda _: ["t"]}
    source = ["old"]
    with Losing(server, f"{namespace}#{'t' * of_call}\r\n".encode()) as proxy, through(proxy, namespace) as here:
        other = threading.Thread(target=here.get_or_set, args=("other", str), kwargs=options)
        other.start()
        proxy.lost.wait(PATIENCE)

        def change() -> None:
            source.append("new")
            there.invalidate_tags("t")
            proxy.go_on.set()
            other.join()

        def load() -> str:
            seen = source[-1]
            if not of_call:  # these are read after the load, so the change has to come during it
                change()
            return seen

        there.get_or_set("k", load, **options)
        if of_call:
            change()
    assert there.get_or_set("k", lambda: source[-1], **options) == "new"


def test_a_lease_that_was_removed_stays_so_when_a_copy_of_its_claim_comes_late(
    server: Server, there: unicache.Cache, namespace: str
) -> None:
    source = ["old"]
    with Late(server) as proxy, through(proxy, namespace) as here:

        def load() -> str:
            seen = source[-1]
            source.append("new")
            there.invalidate("k")
            proxy.go_on.set()
            proxy.done.wait(PATIENCE)
            return seen

        here.get_or_set("k", load)
    assert there.get_or_set("k", lambda: source[-1]) == "new"
