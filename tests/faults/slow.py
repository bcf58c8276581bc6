"""Proxies that let a test choose the moment: replies in pieces at random offsets, requests held until they are many.

What must not live here: plain proxies and cuts (``wires``), and anything that is asserted.
"""

import random
import socket
import threading
import time
from contextlib import suppress

from unicache.server import Server
from wires import Proxy

__all__ = ["Dripping", "Holding"]

PIECE = 600
"""Bytes of the largest piece; an entry in these tests has about a hundred, so most pieces end within one."""

GET = b"$3\r\nGET\r\n"

LEASH = 20.0
"""Seconds after which held requests go on, so that a test that waits for more of them fails instead of hanging."""


class Dripping(Proxy):
    """Replies go on in pieces of random sizes with random pauses, and now and then one comes very late.

    ``late``   how likely a piece is to come late
    ``delay``  by how many seconds at most
    """

    def __init__(self, server: Server, seed: int, *, delay: float = 0.0) -> None:
        super().__init__(server)
        self._moments = random.Random(seed)  # noqa: S311  any moment will do
        self._delay = delay
        self.late = 0.0

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                while data:
                    size = self._moments.randint(1, PIECE)
                    time.sleep(self._pause())
                    client.sendall(data[:size])
                    data = data[size:]
            client.shutdown(socket.SHUT_RDWR)

    def _pause(self) -> float:
        if self._moments.random() < self.late:
            return self._moments.uniform(0.0, self._delay)
        return self._moments.uniform(0.0, 0.0002)


class Holding(Proxy):
    """Holds GETs back, once told to, until they are let go; ``held`` is how many GETs there are by then."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._counting = threading.Lock()
        self._open = threading.Event()
        self._open.set()
        self.held = 0

    def hold(self) -> None:
        """From now on requests stay here."""
        self._open.clear()

    def let_go(self) -> None:
        """Hand on what was held, and whatever comes."""
        self._open.set()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                passes = self._open.is_set() or GET not in data  # greetings pass, or there would be nobody to hold
                server.sendall(data if passes else self._gathered(client, data))
            server.shutdown(socket.SHUT_RDWR)

    def _gathered(self, client: socket.socket, data: bytes) -> bytes:
        """What was held, when it is let go."""
        give_up = time.monotonic() + LEASH
        counted = 0
        client.settimeout(0.01)
        while not self._open.is_set() and time.monotonic() < give_up:
            found = data.count(GET)
            with self._counting:
                self.held += found - counted
            counted = found
            with suppress(TimeoutError):
                data += client.recv(65536)
        client.settimeout(None)
        return data
