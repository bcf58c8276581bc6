"""The parent's side of a worker: start it, give it orders, end it."""

import json
import subprocess
import sys
import tempfile
import threading
from typing import Any

from benchmarks.contenders.address import Address
from benchmarks.sample import Sample

__all__ = ["Failed", "Worker"]

_PATIENCE_SECONDS = 60.0


class Failed(Exception):
    """A contender could not be measured; the message is the last thing its process said."""


class Worker:
    """One contender in its own process, connected when this returns. Raises Failed when it does not get there."""

    def __init__(self, work: str, flavour: str, contender: str, address: Address) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in ``close``
        words = (work, flavour, contender, address.host, str(address.port))
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            [sys.executable, "-m", "benchmarks.worker", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._exchange("")

    def measure(self, callers: int, calls: int) -> Sample:
        """Have ``callers`` callers make about ``calls`` calls in all. Raises Failed, and then the process is over."""
        return Sample(**self._exchange(f"{callers} {calls}\n"))

    def close(self) -> None:
        """End the process: it stops by itself at the end of its input, or is made to."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def _exchange(self, order: str) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        watch = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        watch.start()
        try:
            stdin.write(order)
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        return json.loads(line) if line else self._fail()

    def _fail(self) -> Any:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        # The last line of a group of errors is nothing but its frame.
        said = [line.strip(" |+-") for line in self._errors.read().splitlines()]
        silent = f"ended with status {self._process.returncode}, or was silent too long"
        reason = next(filter(None, reversed(said)), silent)
        self.close()
        raise Failed(reason)
