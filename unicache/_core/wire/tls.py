"""TLS as a layer between a link and any transport, so that every event model verifies certificates the same way.

It is the transport's receiver and the link's transport at once; the standard library's ``SSLObject`` does the work on
memory buffers. What must not be here: which certificates to trust (``url`` makes the context).
"""

import errno
import ssl
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, cast

from unicache._core.io import DirectTransport, Endpoint, Io, Promise, Receiver, Transport

__all__ = ["open_tls"]

CHUNK = 65536


async def open_tls(io: Io, endpoint: Endpoint, receiver: Receiver, seconds: float) -> Transport:
    """Connect and shake hands. Raises OSError, of which ssl.SSLError is one."""
    assert endpoint.tls is not None
    deadline = io.now() + seconds
    layer = _TlsLayer(io, endpoint.tls, endpoint.host, receiver)
    await layer.open(await io.connect(endpoint, layer, seconds), deadline)
    return layer


class _TlsLayer:
    def __init__(self, io: Io, context: ssl.SSLContext, host: str, receiver: Receiver) -> None:
        self._io = io
        self._receiver = receiver
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._deadline = inf
        self._greeted: Promise | None = None
        self._gone: Exception | None = None
        self._raw: DirectTransport  # of other models a Transport, and then nobody asks for more

    async def open(self, raw: Transport, deadline: float) -> None:
        """Shake hands before the deadline, or close and raise OSError."""
        if self._gone is not None:
            raise self._gone
        self._raw = cast("DirectTransport", raw)
        self._deadline = deadline
        self._greeted = self._io.promise(raw)
        alarm = self._io.alarm(deadline - self._io.now(), self.ring)
        try:
            self._shake()
            error = await self._greeted
        except BaseException:
            raw.close()
            raise
        finally:
            alarm.cancel()
        self._deadline, self._greeted = inf, None
        if error is not None:
            raw.close()
            raise error

    def _shake(self) -> None:
        outcome: Any = None
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._raw.wake()
            return
        except ssl.SSLError as error:
            outcome = error
        self._raw.wake()
        self._settle(outcome)

    def _settle(self, outcome: Exception | None) -> None:
        if self._greeted is not None:
            self._io.resolve(self._greeted, outcome)

    # -- towards the transport

    @property
    def alarm_at(self) -> float:
        """The handshake's deadline, or the link's."""
        return min(self._deadline, self._receiver.alarm_at)

    @property
    def piece(self) -> int:
        """What the link wants."""
        return self._receiver.piece

    @property
    def busy(self) -> bool:
        """The handshake is under way, or the link expects something."""
        return self._greeted is not None or self._receiver.busy

    def collect(self) -> bytes:
        """Encrypt what the link has to send."""
        if self._greeted is None and (plain := self._receiver.collect()):
            self._tls.write(plain)
        return self._outgoing.read()

    def received(self, data: bytes) -> None:
        """Decrypt for the link."""
        self._incoming.write(data)
        if self._greeted is not None:
            self._shake()
        if self._greeted is None:
            self._decrypt()

    def _decrypt(self) -> None:
        try:
            while plain := self._tls.read(CHUNK):
                self._receiver.received(plain)
            self._receiver.lost(None)
        except ssl.SSLWantReadError:
            if self._outgoing.pending:
                self._raw.wake()
        except ssl.SSLError as error:
            self._receiver.lost(error)

    def lost(self, error: Exception | None) -> None:
        """The stream is gone."""
        self._gone = error or ConnectionResetError("the server closed the connection during the TLS handshake")
        if self._greeted is not None:
            self._settle(self._gone)
        else:
            self._receiver.lost(error)

    def ring(self) -> None:
        """The handshake, or a request, is overdue."""
        if self._greeted is not None:
            self._settle(TimeoutError("the TLS handshake timed out"))
        else:
            self._receiver.ring()

    # -- towards the link

    def wake(self) -> None:
        """Pass it on."""
        self._raw.wake()

    def flush(self) -> None:
        """Pass it on."""
        self._raw.flush()

    def read(self, *, wait: bool) -> None:
        """Pass it on."""
        self._raw.read(wait=wait)

    def exchange(self, data: bytes, deadline: float) -> bytes:
        """Write, and give what comes back first."""
        self._tls.write(data)
        return self._decrypted(self._raw.exchange(self._outgoing.read(), deadline), deadline)

    def receive(self, deadline: float) -> bytes:
        """Give what comes next."""
        return self._decrypted(b"", deadline)

    def arrivals(self) -> Callable[[float, int], Sequence[object]]:
        """Pass it on: nothing that was decrypted stays here."""
        return self._raw.arrivals()

    def _decrypted(self, data: bytes, deadline: float) -> bytes:
        while True:
            self._incoming.write(data)
            if plain := self._all_plain():
                return plain
            data = self._raw.receive(deadline)

    def _all_plain(self) -> bytes:
        """Everything that can be decrypted: what stayed here would not be seen by those who look at the socket."""
        parts: list[bytes] = []
        try:
            while plain := self._tls.read(CHUNK):
                parts.append(plain)
        except ssl.SSLWantReadError:
            return b"".join(parts)
        if not parts:
            raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
        return b"".join(parts)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._raw.fileno()

    def close(self) -> None:
        """Close without TLS's farewell: a lost answer is an error anyway, and a server needs none."""
        self._raw.close()
