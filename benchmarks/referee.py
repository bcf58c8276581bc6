"""The server's own side of the comparison: store what is read, and count what really arrived."""

import re
import socket
from typing import Any, Self

import hiredis

from benchmarks import load
from benchmarks.contenders.address import Address

__all__ = ["Referee"]

_COMMANDS = re.compile(rb"total_commands_processed:(\d+)")
_READ = 65536


class Referee:
    """A connection that is no contender's; a context manager that closes it."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._reader = hiredis.Reader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def seed(self) -> None:
        """Store the value at every key, as the clients without an envelope read it."""
        for caller in range(load.MOST_CALLERS):
            self._ask("SET", load.key(caller), load.VALUE)

    def commands(self) -> int:
        """How many commands the server has carried out since it started."""
        found = _COMMANDS.search(self._ask("INFO", "stats"))
        if found is None:
            raise RuntimeError("the server does not count its commands")
        return int(found[1])

    def _ask(self, *words: str | bytes) -> Any:
        # hiredis' stub takes a tuple of one item only.
        self._socket.sendall(hiredis.pack_command(words))  # type: ignore[arg-type]
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(_READ))
        return reply
