"""A PostgreSQL of one's own: a database that is empty, reached by a Unix socket, kept nowhere.

What must not live here: tables, and what is asserted.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Postgres"]

_DEBIAN = Path("/usr/lib/postgresql")

_MISSING = "these tests need PostgreSQL; on Debian: apt-get install postgresql"


class Postgres:
    """A context manager that makes, starts, stops and removes it. A machine without one fails, as with the servers."""

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="unicache-postgres-"))
        try:
            # It refuses to be root, so root lends it a user that has nothing.
            self._user = "nobody" if os.geteuid() == 0 else None
            if self._user:
                shutil.chown(self._home, self._user)
            self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
            self._run("pg_ctl", "start", "--wait", f"--log={self._home / 'log'}", "--options", self._options())
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")
        self._remove()

    @property
    def url(self) -> str:
        """What psycopg connects to."""
        return f"postgresql://postgres@/postgres?host={self._home}"

    def _options(self) -> str:
        return f"-c listen_addresses='' -c unix_socket_directories={self._home} -c fsync=off -c shared_buffers=16MB"

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program), f"--pgdata={self._home / 'data'}", *arguments]
        done = subprocess.run(
            command,
            check=False,
            user=self._user,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _remove(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)


def _program(name: str) -> str:
    """Debian keeps most of them beside the PATH."""
    found = [shutil.which(name), *(str(path) for path in sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True))]
    program = next((each for each in found if each), None)
    assert program, _MISSING
    return program
