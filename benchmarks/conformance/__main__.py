"""The command line: ``python -m benchmarks.conformance``, with ``--help``. Node and npm have to be there."""

import argparse
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.conformance.suite import DEFAULT, KINDS, Suite, Tally, installed
from unicache.server import Server

__all__ = ["main"]

MODELS = ("asgi", "threads", "gevent", "twisted")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description="an independent suite")
    parser.add_argument("--only", choices=MODELS, metavar="MODEL", help=f"one of {', '.join(MODELS)}")
    parser.add_argument("--memory", action="store_true", help="memory:// in place of a server of its own")
    parser.add_argument(
        "--suite", default=DEFAULT, metavar="SPEC", help="what npm is to install: a package, a directory"
    )
    return parser.parse_args(words)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 20.0
    while True:
        try:
            socket.create_connection(("localhost", port)).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def _served(model: str, origin: str, address: str) -> Iterator[str]:
    """Run the forwarding application of a server model; its URL."""
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.conformance.on_{model}", str(port), origin, address]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - the command is ours
        try:
            wait_for(port)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def measure(suite: Suite, model: str, address: str) -> Tally:
    """One server model, with an origin of its own."""
    port = free_port()
    with suite.origin(port) as origin:
        wait_for(port)
        with _served(model, origin, address) as url:
            return suite.run(url)


def _table(tallies: dict[str, Tally]) -> Table:
    table = Table("", *KINDS)
    for model, tally in tallies.items():
        table.add_row(model, *(f"{tally.passed[kind]} of {tally.ran[kind]}" for kind in KINDS))
    return table


def main(words: Sequence[str] | None = None) -> None:
    """Install the suite, run it in every server model, and say what came of it."""
    wanted = _arguments(words)
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("The suite is a program for Node.js: node and npm are needed")
    models = [wanted.only] if wanted.only else MODELS
    console = Console(width=120)
    tallies = {}
    with TemporaryDirectory() as directory, Server(unix=False) as server:
        suite = installed(wanted.suite, Path(directory))
        for model in models:
            tallies[model] = measure(suite, model, "memory://" if wanted.memory else server.url)
            console.print(f"[bold]{model}")
            for name, reason in tallies[model].failed.items():
                console.print(f"  {name}: {reason}", highlight=False, markup=False)
    console.print(_table(tallies))


if __name__ == "__main__":
    main()
