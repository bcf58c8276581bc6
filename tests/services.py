"""The services among the examples, each as a process that is asked over HTTP.

What must not live here: what is asserted.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

__all__ = ["EXAMPLES", "PATIENCE", "Answer", "Service"]

EXAMPLES = Path(__file__).parents[1] / "examples"

PATIENCE = 30.0
"""Seconds after which what a test waits for is taken not to come."""


class Answer(NamedTuple):
    """What a service answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """One of them; a context manager that starts it and waits until it listens, and ends it.

    ``program``      its path among the examples; ``…:app`` is an application for uvicorn
    ``log``          the file that gets what it writes
    ``environment``  what it is told beside its port
    """

    def __init__(self, program: str, log: Path, environment: Mapping[str, str]) -> None:
        self._place, self._name = (EXAMPLES / program).parent, Path(program).name
        self._environment = os.environ | environment
        self._log = log

    def __enter__(self) -> Self:
        self._port = _free_port()
        served = ["-m", "uvicorn", self._name, "--port", str(self._port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *(served if ":" in self._name else [self._name])],
                cwd=self._place,
                env=self._environment | {"PORT": str(self._port)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await_readiness()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request, with a body as JSON if there is one."""
        return self.send(method, path, None if body is None else json.dumps(body).encode())

    def send(self, method: str, path: str, data: bytes | None) -> Answer:
        """The same with these bytes as the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {} if data is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()

    def said(self) -> str:
        """What it has written so far."""
        return self._log.read_text(encoding="utf-8")

    def _await_readiness(self) -> None:
        """Nothing tells when another process listens, so ask again and again."""
        give_up = time.monotonic() + PATIENCE
        while not _listens(self._port):
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < give_up, self.said()
            time.sleep(0.01)

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
