"""The TLS layer against the standard library's server side, in memory: bytes may be cut anywhere."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire_kit import GREETING, HandIo, HandTransport, Running

from servers import certificates
from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials
from unicache._core.wire.link import Link
from unicache.errors import StoreUnavailable
from unicache.server import ServerTls


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ServerTls:
    return certificates(tmp_path_factory.mktemp("tls"))


class Peer:
    """The server's side of one connection."""

    def __init__(self, files: ServerTls) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._open = False

    def takes(self, data: bytes) -> bytes:
        """Read what came in; the plain text in it."""
        self._incoming.write(data)
        try:
            if not self._open:
                self._tls.do_handshake()
                self._open = True
            return self._tls.read(65536)
        except ssl.SSLWantReadError:
            return b""

    def says(self, plain: bytes = b"") -> bytes:
        """What goes out."""
        if plain:
            self._tls.write(plain)
        return self._outgoing.read()


def _exchange(transport: HandTransport, peer: Peer, piece: int) -> bytes:
    """Carry bytes to and fro, the server's in pieces, until both are silent; what the server was told."""
    told = b""
    while transport.awake:
        transport.end_of_tick()
        while transport.written:
            told += peer.takes(transport.written.pop(0))
        for part in _pieces(peer.says(), piece):
            transport.receiver.received(part)
    return told


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _opened(files: ServerTls, piece: int) -> tuple[Link, HandTransport, Peer, Running]:
    io = HandIo()
    context = ssl.create_default_context(cafile=files.authority)
    link = Link(io, Endpoint("localhost", 6379, tls=context), Credentials())
    opening = Running(link.open(1.0))
    transport, peer = io.transports[0], Peer(files)
    _exchange(transport, peer, piece)
    opening.go()
    assert b"HELLO" in _exchange(transport, peer, piece)
    for part in _pieces(peer.says(GREETING), piece):
        transport.receiver.received(part)
    opening.go()
    return link, transport, peer, opening


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 65536])
def test_a_stream_in_pieces_of_any_size_is_understood(files: ServerTls, piece: int) -> None:
    link, transport, peer, _ = _opened(files, piece)
    assert link.ready
    call = Running(link.request(b"*1\r\n$4\r\nPING\r\n", 1, 10.0))
    plain = b"".join(peer.takes(data) for data in transport.written) + _exchange(transport, peer, piece)
    assert plain == b"*1\r\n$4\r\nPING\r\n"
    for part in _pieces(peer.says(b"+PONG\r\n"), piece):
        transport.receiver.received(part)
    assert call.go().result == b"PONG"


def test_no_plain_text_leaves_before_the_handshake_is_done(files: ServerTls) -> None:
    io = HandIo()
    link = Link(io, Endpoint("localhost", 6379, tls=ssl.create_default_context(cafile=files.authority)), Credentials())
    call = Running(link.request(b"*2\r\n$3\r\nGET\r\n$6\r\nsecret\r\n", 1, 10.0))
    Running(link.open(1.0))
    io.transports[0].end_of_tick()
    assert not call.done
    assert b"HELLO" not in b"".join(io.transports[0].written)
    assert b"secret" not in b"".join(io.transports[0].written)


def test_bytes_that_were_tampered_with_end_the_link(files: ServerTls) -> None:
    link, transport, peer, _ = _opened(files, 65536)
    call = Running(link.request(b"*1\r\n$4\r\nPING\r\n", 1, 10.0))
    data = bytearray(peer.says(b"+PONG\r\n"))
    data[-1] ^= 1
    transport.receiver.received(bytes(data))
    assert link.dead
    assert isinstance(call.go().result, StoreUnavailable)


def test_a_handshake_that_takes_too_long_is_given_up(files: ServerTls, tmp_path: Path) -> None:
    io = HandIo()
    link = Link(io, Endpoint("localhost", 6379, tls=ssl.create_default_context(cafile=files.authority)), Credentials())
    opening = Running(link.open(1.0))
    io.pass_time(1.0)
    assert "timed out" in str(opening.go().result)
    assert io.transports[0].closed
