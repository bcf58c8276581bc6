"""A relay to the server under test that counts how often somebody who was answered asks again."""

import socket
import threading
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from typing import Self

from benchmarks.contenders.address import Address

__all__ = ["Relay"]

_READ = 65536


class Relay:
    """For one connection at a time; a context manager that stops it. ``round_trips`` may be read at any time."""

    def __init__(self, server: Address) -> None:
        self.round_trips = 0
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = Address(*self._listening.getsockname())
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):  # that is how accept ends
            while True:
                client, _ = self._listening.accept()
                with client, socket.create_connection(self._server) as server:
                    self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        answered = True
        with DefaultSelector() as selector:
            selector.register(client, EVENT_READ, server)
            selector.register(server, EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    asked = key.data is server
                    data = (client if asked else server).recv(_READ)
                    if not data:
                        return
                    self.round_trips += asked and answered
                    answered = not asked
                    key.data.sendall(data)
