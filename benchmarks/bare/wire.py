"""What the bare connections share: requests of one tick joined, replies matched in order. No input or output."""

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import hiredis

__all__ = ["Wire", "request"]

Waiter = TypeVar("Waiter")


def request(key: str) -> bytes:
    """The bytes of a GET."""
    name = key.encode()
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(name), name)


class Wire(Generic[Waiter]):
    """A queue of waiters.

    The event model lends three things: ``deliver(waiter, reply)`` wakes a waiter, ``write(data)`` sends,
    ``soon(flush)`` has ``flush`` called when this tick ends.
    """

    def __init__(
        self,
        deliver: Callable[[Waiter, Any], object],
        write: Callable[[bytes], object],
        soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self._deliver = deliver
        self._write = write
        self._soon = soon
        self._reader = hiredis.Reader()
        self._waiters: deque[Waiter] = deque()
        self._outgoing: list[bytes] = []

    def ask(self, key: str, waiter: Waiter) -> None:
        """Send a GET: at once when nobody else waits, else with all others of this tick."""
        alone, first = not self._waiters, not self._outgoing
        self._waiters.append(waiter)
        self._outgoing.append(request(key))
        if alone:
            self._flush()
        elif first:
            self._soon(self._flush)

    def _flush(self) -> None:
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        self._write(data)

    def received(self, data: bytes) -> None:
        """Wake the waiter of every reply that is complete."""
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            self._deliver(self._waiters.popleft(), reply)
