"""A server's process: started, watched, frozen, ended; nothing of it stays when this process is gone.

What must not live here: what the server is to be (``server`` decides that).
"""

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from unicache.errors import StoreUnavailable

__all__ = ["PortTaken", "ServerProcess", "version_of"]

_START_SECONDS = 10.0
_POLL_SECONDS = 0.005

# Ends the server and removes its directory when the pipe from this process closes, which it does however we die.
# PR_SET_PDEATHSIG would not do: it fires when the *thread* that started the child ends, and exists only on Linux.
_WATCHDOG = 'read -r _; kill -9 "$1"; rm -rf "$2"'


class PortTaken(StoreUnavailable):
    """The port was free when it was chosen, and is no more."""


class ServerProcess:
    """A running server, and the watchdog that ends it when we are gone.

    ``command`` makes it listen on the Unix socket ``path``, whose directory is its own: the log is written there.
    """

    def __init__(self, command: list[str], path: Path) -> None:
        self._path = path
        self._log = path.parent / "server.log"
        self._frozen = False
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in a terminal is for us, and we stop the server when we are done.
            self._server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self.pid = self._server.pid
        # It shares our standard output: whoever reads that to its end knows that the server is gone, too.
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "unicache-watchdog", str(self.pid), str(path.parent)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def alive(self) -> bool:
        return self._server.poll() is None

    def await_answer(self) -> None:
        """Return when it answers; raises StoreUnavailable, with its last words, when it does not."""
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(self._path):
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"the server did not answer within {_START_SECONDS:.0f} seconds")
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(_POLL_SECONDS)
                raise _failure(self._log.read_text(errors="replace"))

    def freeze(self) -> None:
        """Stop it from running; returns when it has stopped."""
        if not self._frozen:
            self._server.send_signal(signal.SIGSTOP)
            os.waitpid(self.pid, os.WUNTRACED)
            self._frozen = True

    def thaw(self) -> None:
        """Let it run again."""
        self._server.send_signal(signal.SIGCONT)
        self._frozen = False

    def end(self) -> None:
        """End it; returns when it is gone."""
        self._dismiss_watchdog()  # first: once the server is reaped, its pid may be somebody else's
        self._server.kill()  # asked kindly, it looks up ten times a second, and it has nothing to save
        self._server.wait()

    def _dismiss_watchdog(self) -> None:
        with self._watchdog:
            self._watchdog.kill()


def version_of(binary: Path) -> str:
    """What a program says its version is."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\bv=(\S+)", said)
    return found[1] if found else "unknown"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as link, suppress(OSError):
        link.settimeout(_START_SECONDS)
        link.connect(str(path))
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith((b"+PONG", b"-NOAUTH"))
    return False


def _failure(log: str) -> StoreUnavailable:
    """The error for a server that ended at once: its last words; of a bad directive the name, never the value."""
    if "Address already in use" in log:
        return PortTaken("the port is taken")
    lines = [line for line in log.splitlines() if line]
    named = [line.split()[1].strip("'") for line in lines if line.startswith(">>> ")]
    last = [line for line in lines if not line.startswith(">>>")][-1:]
    return StoreUnavailable(": ".join(["the server ended at once", *named, *last]))
