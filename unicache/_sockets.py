"""Threads: blocking sockets, each used by one thread at a time. How long to wait is the receiver's to say."""

import errno
import select
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import NoReturn

from unicache._clock import now
from unicache._core.io import Endpoint, Receiver

__all__ = ["SocketTransport", "open_socket"]

CHUNK = 65536
SHORTEST, LONGEST = 0.001, 60.0


def open_socket(endpoint: Endpoint, seconds: float) -> socket.socket:
    """A connected socket. Raises OSError."""
    if endpoint.path is None:
        tcp = socket.create_connection((endpoint.host, endpoint.port), timeout=seconds)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tcp
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        unix.settimeout(seconds)
        unix.connect(endpoint.path)
    except BaseException:
        unix.close()
        raise
    return unix


class SocketTransport:
    """A blocking socket, used by one thread at a time; only ``close`` may come from another.

    The descriptor is closed by whoever uses the socket last: a descriptor closed under a reader could be taken by a
    new connection before the reader gets to it.
    """

    def __init__(self, sock: socket.socket, receiver: Receiver) -> None:
        self._sock = sock
        self._receiver = receiver
        sock.settimeout(None)
        self._set_timeout(LONGEST)
        self._arrived = select.poll()
        self._arrived.register(sock, select.POLLIN)
        self._send = sock.send
        self._recv = sock.recv
        self._users = 0
        self._closed = False

    def exchange(self, data: bytes, deadline: float) -> bytes:
        """Write all of it, and give what comes back first."""
        self._users += 1
        try:
            self._allow(deadline)
            self._write(data, deadline)
            return self._recv(CHUNK) or _closed()
        finally:
            self._users -= 1  # here, not in a function: a signal may strike where one is entered
            self._end_if_closed()

    def receive(self, deadline: float) -> bytes:
        """Give what comes next."""
        self._users += 1
        try:
            self._be_patient(deadline)
            return self._recv(CHUNK) or _closed()
        finally:
            self._users -= 1  # here, not in a function: a signal may strike where one is entered
            self._end_if_closed()

    def arrivals(self) -> Callable[[float, int], Sequence[object]]:
        """What looks at the socket without reading it, for many threads at a time."""
        if not hasattr(select, "epoll"):  # only Linux has it, and gevent's ``patch_all()`` takes it away
            descriptor = self._sock.fileno()
            return lambda _seconds, _most: _arrived(descriptor)
        watcher = select.epoll()
        watcher.register(self._sock, select.EPOLLIN)
        return watcher.poll

    def flush(self) -> None:
        """Write all of it, or lose the link."""
        self._use(self._write_all)

    wake = flush  # in this model every request is a tick of its own

    def read(self, *, wait: bool) -> None:
        """Read once, with the caller's time; or, without, what is there."""
        self._use(self._read_next if wait else self._read_rest)

    def _use(self, work: Callable[[], None]) -> None:
        self._users += 1
        try:
            work()
        except BlockingIOError:
            self._receiver.ring()
        except OSError as error:
            self._receiver.lost(error)
            if error.errno is None:  # not the system's: a signal's handler raised it, TimeoutError for example
                raise
        except BaseException:  # interrupted by a signal, with bytes on their way: the stream is of no more use
            self._receiver.lost(None)
            raise
        finally:
            self._users -= 1
            self._end_if_closed()

    def _end_if_closed(self) -> None:
        if self._closed and not self._users:
            self._sock.close()

    def _write_all(self) -> None:
        self._allow(self._receiver.alarm_at)
        self._write(self._receiver.collect(), self._receiver.alarm_at)

    def _write(self, data: bytes, deadline: float) -> None:
        """The first bytes go out whatever the time is: then it is certain that the request was begun."""
        try:
            sent = self._send(data)
            while sent < len(data):
                self._be_patient(deadline)
                sent += self._send(memoryview(data)[sent:])
        except BlockingIOError:
            raise TimeoutError(errno.ETIMEDOUT, "it took no more bytes within the deadline") from None

    def _read_next(self) -> None:
        self._be_patient(self._receiver.alarm_at)
        self._receiver.received(self._recv(CHUNK) or _closed())

    def _read_rest(self) -> None:
        while self._arrived.poll(0) and not self._closed:
            self._read_next()

    def _be_patient(self, deadline: float) -> None:
        """As ``_allow``; BlockingIOError when there is no time left, which is what the kernel's time-out looks like."""
        if deadline <= now():
            raise BlockingIOError(errno.EAGAIN, "no time left")
        self._allow(deadline)

    def _allow(self, deadline: float) -> None:
        """Set the kernel's time-out, but only when it is off by a tenth: setting it is a system call."""
        seconds = deadline - now()
        if not self._least < seconds < self._most:
            self._set_timeout(min(LONGEST, max(SHORTEST, seconds)))

    def _set_timeout(self, seconds: float) -> None:
        """Have the kernel keep the time: Python's own cost a ``poll`` before each call and a switch of threads."""
        self._least = 0.9 * seconds
        self._most = 1.1 * seconds if seconds < LONGEST else inf
        whole = int(seconds)
        value = (
            struct.pack("@L", int(seconds * 1000))
            if sys.platform == "win32"
            else struct.pack("@ll", whole, int((seconds - whole) * 1_000_000))
        )
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._sock.setsockopt(socket.SOL_SOCKET, option, value)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._sock.fileno()

    def close(self) -> None:
        """Wake a reader on another thread, and leave the descriptor to it."""
        self._closed = True
        with suppress(OSError):  # the other side was first
            self._sock.shutdown(socket.SHUT_RDWR)
        if not self._users:
            self._sock.close()


def _arrived(descriptor: int) -> Sequence[object]:
    """Whether something waits, a ``poll`` at a time: two threads cannot share one, and ``select`` ends at 1,024."""
    look = select.poll()
    look.register(descriptor, select.POLLIN)
    return look.poll(0)


def _closed() -> NoReturn:
    raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
