"""The limit for asyncio: one protocol, a future for each call, one write for each turn of the loop."""

import asyncio
from typing import Any, cast

from benchmarks.bare.wire import Wire

__all__ = ["Connection"]

_READ = 65536


class Connection(asyncio.BufferedProtocol):
    """One multiplexed connection."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray(_READ)

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._wire: Wire[asyncio.Future[Any]] = Wire(
            asyncio.Future.set_result, self._transport.write, self._loop.call_soon
        )

    # A buffer of our own: for a plain Protocol the loop allocates 256 KiB for every read, with glibc three more system
    # calls, unless the process happened to free something as large before.
    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._wire.received(bytes(memoryview(self._buffer)[:nbytes]))

    def get(self, key: str) -> asyncio.Future[Any]:
        """Ask; the future has the reply."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self._wire.ask(key, future)
        return future

    def close(self) -> None:
        """Hang up."""
        self._transport.close()
