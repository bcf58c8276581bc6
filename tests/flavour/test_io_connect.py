"""Every event model reaches a server over TCP, Unix sockets and TLS, and says plainly why when it cannot."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from flavours import Flavour
from unicache._core.io import Endpoint, Io
from unicache._core.setup.node import Credentials
from unicache.errors import ConfigurationError, OperationTimeout, StoreUnavailable
from unicache.server import Server, find_binary
from wires import NOBODY, Puppet, endpoint, links_to, say

SESAME, WRONG = "sesame", "swordfish"


@pytest.fixture(scope="module")
def tcp_server() -> Iterator[Server]:
    with Server(find_binary("valkey"), unix=False, config={"requirepass": SESAME}) as server:
        yield server


async def _ask(io: Io, server: Any, who: Credentials = NOBODY, **options: Any) -> Any:
    links = links_to(io, server, who, **options)
    try:
        await links.connect()
        return await say(links, "ECHO", "hello")
    finally:
        links.close()


def test_a_unix_socket_is_reached(flavour: Flavour, valkey_server: Server) -> None:
    assert flavour.run(lambda io: _ask(io, valkey_server)) == b"hello"


def test_a_port_is_reached_with_a_password(flavour: Flavour, tcp_server: Server) -> None:
    assert flavour.run(lambda io: _ask(io, tcp_server, Credentials(password=SESAME))) == b"hello"


def test_the_greeting_tells_what_the_server_is(flavour: Flavour, valkey_server: Server) -> None:
    async def body(io: Io) -> Any:
        links = links_to(io, valkey_server)
        found = await links.connect()
        links.close()
        return found

    found = flavour.run(body)
    assert (found.server, found.set_ifeq, found.delifeq) == ("valkey", True, True)


def test_a_database_is_selected(flavour: Flavour, valkey_server: Server) -> None:
    async def body(io: Io) -> Any:
        links = links_to(io, valkey_server, Credentials(database=3))
        found = await say(links, "CLIENT", "INFO")
        links.close()
        return found

    assert b" db=3 " in flavour.run(body)


def test_a_wrong_password_is_refused_and_not_shown(flavour: Flavour, tcp_server: Server) -> None:
    with pytest.raises(StoreUnavailable, match="refused the credentials") as caught:
        flavour.run(lambda io: _ask(io, tcp_server, Credentials(password=WRONG)))
    assert WRONG not in str(caught.value)
    assert not caught.value.ambiguous


def test_a_missing_password_is_refused(flavour: Flavour, tcp_server: Server) -> None:
    with pytest.raises(StoreUnavailable, match="NOAUTH"):
        flavour.run(lambda io: _ask(io, tcp_server))


def test_a_database_that_does_not_exist_is_a_wrong_configuration(flavour: Flavour, valkey_server: Server) -> None:
    with pytest.raises(ConfigurationError, match="no database 99"):
        flavour.run(lambda io: _ask(io, valkey_server, Credentials(database=99)))


def test_a_port_where_nobody_listens_is_named(flavour: Flavour) -> None:
    with Puppet(b"") as puppet:
        gone = endpoint(puppet)
    with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{gone.port}") as caught:
        flavour.run(lambda io: _ask(io, gone))
    assert not caught.value.ambiguous


def test_a_socket_file_that_does_not_exist_is_named(flavour: Flavour, tmp_path: Path) -> None:
    path = str(tmp_path / "nobody.sock")
    with pytest.raises(StoreUnavailable, match=r"nobody\.sock"):
        flavour.run(lambda io: _ask(io, Endpoint(path=path)))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "no_such_host.invalid", "x" * 70, "a..b"])
def test_a_host_that_does_not_exist_is_named(flavour: Flavour, host: str) -> None:
    with pytest.raises((StoreUnavailable, OperationTimeout), match=host.replace(".", r"\.")):
        flavour.run(lambda io: _ask(io, Endpoint(host, 6379)))


@pytest.mark.parametrize(
    "answer", [b"-ERR unknown command 'HELLO'\r\n", b"-NOPROTO unsupported protocol version\r\n", b"+OK\r\n"]
)
def test_a_server_without_resp3_is_refused_with_the_reason(flavour: Flavour, answer: bytes) -> None:
    refusal = pytest.raises(ConfigurationError, match=r"does not speak RESP3; unicache needs .* Redis 7\.0")
    with Puppet(answer + b"-ERR unknown command\r\n" * 3) as puppet, refusal:
        flavour.run(lambda io: _ask(io, puppet))


def test_a_server_that_is_no_cache_is_refused(flavour: Flavour) -> None:
    refusal = pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:\d+ sent what is not an answer")
    with Puppet(b"HTTP/1.1 400 Bad Request\r\n\r\n") as puppet, refusal:
        flavour.run(lambda io: _ask(io, puppet))


def test_a_server_that_hangs_up_is_out_of_reach(flavour: Flavour) -> None:
    with Puppet(b"", hang_up=True) as puppet, pytest.raises(StoreUnavailable, match=f"127.0.0.1:{puppet.address[1]}"):
        flavour.run(lambda io: _ask(io, puppet))


def _trusting(authority: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


def _tls_to(server: Server, host: str = "127.0.0.1", *, authority: Path | None = None) -> Endpoint:
    assert server.tls is not None
    assert isinstance(server.address, tuple)
    return Endpoint(host, server.address[1], tls=_trusting(authority or server.tls.authority))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls_is_spoken_with_a_server_whose_name_and_authority_are_right(
    flavour: Flavour, tls_server: Server, host: str
) -> None:
    assert flavour.run(lambda io: _ask(io, _tls_to(tls_server, host))) == b"hello"


def test_a_value_larger_than_any_buffer_passes_through_tls(flavour: Flavour, tls_server: Server) -> None:
    value = bytes(range(256)) * 20_000

    async def body(io: Io) -> Any:
        links = links_to(io, _tls_to(tls_server))
        echoed = await say(links, "ECHO", value)
        links.close()
        return echoed

    assert flavour.run(body) == value


def test_a_certificate_for_another_name_is_refused(flavour: Flavour, tls_server: Server) -> None:
    where = _tls_to(tls_server, "127.1")  # the same address by a name the certificate does not have
    with pytest.raises(StoreUnavailable, match=rf"127\.1:{where.port}.*(mismatch|not valid for)"):
        flavour.run(lambda io: _ask(io, where))


def test_a_certificate_of_an_unknown_authority_is_refused(flavour: Flavour, tls_server: Server, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    where = _tls_to(tls_server, authority=tmp_path / "other.pem")
    with pytest.raises(StoreUnavailable, match=rf"127\.0\.0\.1:{where.port}.*certificate verify failed"):
        flavour.run(lambda io: _ask(io, where))


@pytest.mark.parametrize("answer", [b"-ERR unknown command\r\n", b""])
def test_a_server_that_does_not_speak_tls_is_named(flavour: Flavour, answer: bytes) -> None:
    with Puppet(answer, hang_up=True) as puppet:
        where = endpoint(puppet, tls=_trusting(None))
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{where.port}"):
            flavour.run(lambda io: _ask(io, where))


def test_a_server_that_is_full_says_so(flavour: Flavour) -> None:
    refusal = pytest.raises(StoreUnavailable, match="max number of clients reached")
    with Puppet(b"-ERR max number of clients reached\r\n", hang_up=True) as puppet, refusal:
        flavour.run(lambda io: _ask(io, puppet))
