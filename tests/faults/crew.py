"""The processes of a real run: started, killed, stopped and replaced by their ids, and all ended whatever happens.

What must not live here: what they do (``worker``), and what is done to them when (``nemesis``).
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import worker
from journal import history_of
from scene import CREW, Board
from worker import Post

from histories import History

__all__ = ["Crew", "at_work"]

FAREWELL = 60.0
"""Seconds that a process may take to end by itself."""


class Crew:
    """One process of each flavour. ``options`` are those of their caches."""

    def __init__(self, url: str, directory: Path, broken: str | None, options: dict[str, Any]) -> None:
        self._url = url
        self._directory = directory
        self._broken = broken
        self._options = options
        self._started = 0
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.board = Board(directory / "board")

    def start(self, row: int) -> None:
        """A new process for this row of the board."""
        self._started += 1
        name = f"{CREW[row]}-{self._started}"
        files = {"board": str(self._directory / "board"), "journal": str(self._directory / f"{name}.journal")}
        post = Post(os.getpid(), name, CREW[row], row, self._url, self._options, broken=self._broken, **files)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-W", "error", "-P", worker.__file__, json.dumps(post._asdict())]
        with (self._directory / f"{name}.complaints").open("wb") as complaints:
            self._processes[row] = subprocess.Popen(command, stderr=complaints, env=environment)

    def replace(self, row: int) -> None:
        """Kill the process without warning, and start another one in its place."""
        self._processes[row].kill()
        self._processes[row].wait()
        self.board.forget(row)
        self.start(row)

    def freeze(self, row: int) -> None:
        """Stop the process from running."""
        self._processes[row].send_signal(signal.SIGSTOP)

    def thaw(self, row: int) -> None:
        """Let it run again."""
        self._processes[row].send_signal(signal.SIGCONT)

    def until(self, reads: int) -> None:
        """Return when they have made so many reads."""
        while sum(self.board.reads) < reads:
            assert all(process.poll() is None for process in self._processes.values()), self.complaints()
            time.sleep(0.005)

    def complaints(self) -> str:
        """What all of them had to complain of."""
        return "".join(path.read_text() for path in sorted(self._directory.glob("*.complaints")))

    def stop(self) -> None:
        """Have them come to an end, in peace."""
        self.board.stop()
        codes = [process.wait(FAREWELL) for process in self._processes.values()]
        complaints = self.complaints()
        assert (codes, complaints) == ([0] * len(CREW), ""), (codes, complaints)  # no test module: nothing else tells

    def history(self, *, calm: bool) -> History:
        """What they wrote down; see ``history_of``."""
        return history_of(self._directory.glob("*.journal"), calm=calm)

    def end(self) -> None:
        """Leave nothing behind."""
        for process in self._processes.values():
            process.kill()
            process.wait()


@contextmanager
def at_work(url: str, directory: Path, broken: str | None = None, **options: Any) -> Iterator[Crew]:
    """A crew that is ended when the block is."""
    crew = Crew(url, directory, broken, options)
    with crew.board:
        try:
            for row in range(len(CREW)):
                crew.start(row)
            yield crew
        finally:
            crew.end()
