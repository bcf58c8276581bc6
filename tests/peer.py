"""A second process: it runs bodies that it is sent, under the flavour it is told, with another hash seed.

A body is a module-level ``async def body(cache, *arguments)``, sent by name. What must not live here: what is asserted.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from caches import Stage
from flavours import FLAVOURS

__all__ = ["Peer", "Task"]

Body = Callable[..., Coroutine[Any, Any, Any]]


class Task(NamedTuple):
    """One body to be run there."""

    flavour: str
    url: str
    namespace: str
    body: Body
    arguments: tuple[Any, ...]
    options: tuple[tuple[str, Any], ...] = ()


class Peer:
    """The process, as the tests see it; one task at a time."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "4711"}
        command = [sys.executable, "-W", "error", "-P", __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._process:  # closes its input, which ends it
            pass

    def begin(self, task: Task) -> None:
        """Have it run the body."""
        assert self._process.stdin is not None
        _send(self._process.stdin, task)

    def result(self) -> Any:
        """Wait for the end of the body; what it returned, or what it raised."""
        assert self._process.stdout is not None
        result, error = pickle.load(self._process.stdout)  # noqa: S301  both ends are ours
        if error is not None:
            raise error
        return result


def _send(stream: BinaryIO, what: Any) -> None:
    pickle.dump(what, stream)
    stream.flush()


def _performed(task: Task) -> tuple[Any, Exception | None]:
    flavour = next(flavour for flavour in FLAVOURS if flavour.name == task.flavour)
    stage = Stage(flavour, task.url, task.namespace)
    try:
        return stage.run(partial(task.body, stage.open(**dict(task.options)), *task.arguments)), None
    except Exception as error:  # noqa: BLE001  it is raised again over there
        return None, error


def main() -> None:
    """Perform tasks until there are no more."""
    with os.fdopen(os.dup(1), "wb") as answers, suppress(EOFError):
        os.dup2(2, 1)  # whatever is printed must not get between the answers
        while True:
            task: Task = pickle.load(sys.stdin.buffer)  # noqa: S301  both ends are ours
            _send(answers, _performed(task))


if __name__ == "__main__":
    from peer import main as imported_main  # pickle wants Task to be the class of the module, not of ``__main__``

    imported_main()
