"""The command line: ``python -m benchmarks.http``."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.conformance.__main__ import free_port, wait_for
from benchmarks.http.load import Round, fire
from benchmarks.http.served import ASGI, END, WEB, WSGI
from unicache.server import Server

__all__ = ["main"]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {here}/pid; error_log {here}/log crit;
events {{ worker_connections 256; }}
http {{
    access_log off; keepalive_requests 1000000;
    proxy_cache_path {here}/cache keys_zone=pages:1m; proxy_temp_path {here}/proxy; client_body_temp_path {here}/body;
    fastcgi_temp_path {here}/fastcgi; uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache pages; }} }}
}}
"""


class Running(NamedTuple):
    """A server: its port and its process."""

    name: str
    port: int
    pid: int


def _start(stack: ExitStack, name: str, port: int, command: list[str]) -> Running:
    process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))  # noqa: S603 - ours
    stack.callback(process.terminate)
    wait_for(port)
    return Running(name, port, process.pid)


def _python(stack: ExitStack, model: str, name: str, address: str) -> Running:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.http.served", model, name, str(port), address]
    return _start(stack, f"{model} {name}", port, command)


def _nginx(stack: ExitStack, binary: str, origin: int) -> Running:
    here, port = Path(stack.enter_context(TemporaryDirectory())), free_port()
    (here / "conf").write_text(NGINX.format(here=here, port=port, origin=origin))
    return _start(stack, "nginx proxy_cache", port, [binary, "-c", str(here / "conf")])


def compare(running: Sequence[Running], rounds: int, seconds: float) -> dict[str, Round]:
    """The median of each server's rounds, which take turns."""
    for each in running:
        fire(each.port, each.pid, seconds, END)
    found: dict[str, list[Round]] = {each.name: [] for each in running}
    for turn in range(rounds):
        for each in running[:: -1 if turn % 2 else 1]:
            found[each.name].append(fire(each.port, each.pid, seconds, END))
    return {
        name: Round(median(one.rate for one in ones), median(one.cost for one in ones)) for name, ones in found.items()
    }


def _table(found: dict[str, Round]) -> Table:
    table = Table("", "hits/s", "of the bare one's", "processor a hit", "more than the bare one's")
    for name, one in found.items():
        bare = found.get(f"{name.split()[0]} bare", found["asgi bare"])
        more = f"{one.cost - bare.cost:+.0f} µs"
        table.add_row(name, f"{one.rate:,.0f}", f"{one.rate / bare.rate:.2f}", f"{one.cost:.0f} µs", more)
    return table


def main(words: Sequence[str] | None = None) -> None:
    """Start all servers, and have them take turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description="hits beside others, in one run")
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds")
    wanted = parser.parse_args(words)
    with ExitStack() as stack:
        address = stack.enter_context(Server(unix=False)).url
        running = [_python(stack, "asgi", name, address) for name in ASGI]
        running += [_python(stack, "wsgi", name, address) for name in WSGI]
        running += [_python(stack, "twisted", name, address) for name in WEB]
        if binary := shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"):
            running.append(_nginx(stack, binary, running[0].port))
        found = compare(running, 2 if wanted.short else 7, 0.2 if wanted.short else 0.5)
    Console(width=120).print(_table(found))


if __name__ == "__main__":
    main()
