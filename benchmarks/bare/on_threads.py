"""The limit for threads: a socket for each thread, one request and one reply at a time."""

import socket
import threading
from typing import Any

import hiredis

from benchmarks.bare.wire import request

__all__ = ["Connection"]

_READ = 65536


class Connection(threading.local):
    """Opens a socket in each thread that uses it."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()

    def get(self, key: str) -> Any:
        """Ask and wait."""
        self._socket.sendall(request(key))
        self._reader.feed(self._socket.recv(_READ))
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(_READ))
        return reply
