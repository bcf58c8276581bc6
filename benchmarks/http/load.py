"""Clients that ask for one page again and again, and what it costs the server: plain sockets, one request at a time.

The load is made by one thread that does nothing else; it is cheaper than any server here.
"""

import os
import selectors
import socket
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Round", "fire"]

REQUEST = b"GET /page HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: load\r\n\r\n"
_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


class Round(NamedTuple):
    """Responses per second of the wall clock, and microseconds of the server's processor for each."""

    rate: float
    cost: float


def fire(port: int, pid: int, seconds: float, end: bytes, clients: int = 16) -> Round:
    """Ask for so long; a response is whole when it ends with ``end``."""
    links = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    chosen = selectors.DefaultSelector()
    for link in links:
        chosen.register(link, selectors.EVENT_READ)
        link.sendall(REQUEST)
    spent, begun = _spent(pid), time.perf_counter()
    done = _served(chosen, begun + seconds, end)
    took, cost = time.perf_counter() - begun, _spent(pid) - spent
    for link in links:
        link.close()
    return Round(done / took, cost / done * 1e6)


def _served(chosen: selectors.BaseSelector, until: float, end: bytes) -> int:
    done = 0
    while time.perf_counter() < until:
        for key, _ in chosen.select():
            link: socket.socket = key.fileobj  # type: ignore[assignment]
            if link.recv(65536).endswith(end):
                done += 1
                link.send(REQUEST)
    return done


def _spent(pid: int) -> float:
    """Seconds of the processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK
