"""The limit for gevent: a read watcher on the hub, callers parked in it, one write for each turn of the loop."""

import socket
from typing import Any

import gevent
from greenlet import getcurrent, greenlet

from benchmarks.bare.wire import Wire

__all__ = ["Connection"]

_READ = 65536
_READABLE = 1


class Connection:
    """One multiplexed connection on the hub of the thread that opens it."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(0)
        self._hub = gevent.get_hub()
        self._wire: Wire[greenlet] = Wire(greenlet.switch, self._socket.sendall, self._hub.loop.run_callback)
        self._watcher = self._hub.loop.io(self._socket.fileno(), _READABLE)
        self._watcher.start(self._readable)

    def get(self, key: str) -> Any:
        """Ask, and let the hub run until the reply is there."""
        self._wire.ask(key, getcurrent())
        return self._hub.switch()

    def _readable(self) -> None:
        self._wire.received(self._socket.recv(_READ))

    def close(self) -> None:
        """Hang up."""
        self._watcher.stop()
        self._watcher.close()
        self._socket.close()
