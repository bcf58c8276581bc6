"""Workers and the pipes to them: each in a process of its own, or, in memory, on a thread of this one.

What must not live here: what they are asked, and what they do about it (``scenario``, ``worker``).
"""

import json
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from threading import Thread, Timer
from types import TracebackType
from typing import IO, Any, Self, TextIO

from unicache._demo.worker import serve
from unicache.errors import CacheError

__all__ = ["ProcessWorker", "ThreadWorker", "Worker"]

PATIENCE = 60.0
"""Seconds that an answer may take."""

_FAREWELL = 5.0
"""Seconds to wait for a worker to end by itself."""


class Worker(ABC):
    """A flavour at work, and the two pipes that lead to it. A context manager that ends it."""

    _orders: IO[str]
    _answers: IO[str]

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        with suppress(BrokenPipeError):
            self._orders.close()
        self.join()
        self._answers.close()

    def ask(self, do: str, **details: Any) -> None:
        """Have it do something; ``answer`` must follow."""
        self.tell(do=do, **details)

    def tell(self, **line: Any) -> None:
        """Send one line."""
        with suppress(BrokenPipeError):  # the missing answer is the better error
            print(json.dumps(line), file=self._orders, flush=True)

    def answer(self) -> dict[str, Any]:
        """What came of what it was asked last. Raises CacheError when it is gone, or takes too long."""
        timer = Timer(PATIENCE, self.kill)
        timer.start()
        try:
            line = self._answers.readline()
        finally:
            timer.cancel()
        if not line:
            raise CacheError(f"the {self.name} worker is gone: {self.last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @abstractmethod
    def kill(self) -> None:
        """End it without waiting for what it is doing."""

    @abstractmethod
    def join(self) -> None:
        """Return when it has ended."""

    @abstractmethod
    def last_words(self) -> str:
        """Why it ended, in one line."""


class ProcessWorker(Worker):
    """In a process of its own. It ends when this one does, because its input ends then."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  closed in ``join``
        # A process group of its own: Ctrl-C in a terminal is for us, and we end the workers when we are done.
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter, our own module
            [sys.executable, "-P", "-m", "unicache._demo.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            process_group=0,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._answers = self._process.stdin, self._process.stdout

    def kill(self) -> None:
        self._process.kill()

    def join(self) -> None:
        try:
            self._process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().split("\n")
        return next((line for line in reversed(lines) if line.strip()), f"it gave no answer for {PATIENCE:.0f} seconds")


class ThreadWorker(Worker):
    """On a thread of this process, with pipes as to another one, so that nothing differs but the place."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        source, orders = os.pipe()
        answers, sink = os.pipe()
        self._orders, self._answers = os.fdopen(orders, "w"), os.fdopen(answers)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, args=(os.fdopen(source), os.fdopen(sink, "w")), daemon=True)
        self._thread.start()

    def _work(self, source: TextIO, sink: TextIO) -> None:
        with source, sink:
            try:
                serve(self.name, source, sink)
            except Exception as error:  # noqa: BLE001  the other end tells it
                self._error = error

    def kill(self) -> None:
        """Nothing ends a thread; without orders it ends by itself."""

    def join(self) -> None:
        self._thread.join(_FAREWELL)

    def last_words(self) -> str:
        return f"{type(self._error).__name__}: {self._error}"
