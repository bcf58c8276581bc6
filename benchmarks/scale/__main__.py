"""The command line: ``python -m benchmarks.scale [--short] [--json FILE] [--plot FILE]``."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.contenders.address import Address
from benchmarks.cores import apart
from benchmarks.scale.beside import beside
from benchmarks.scale.callers import callers, threads
from benchmarks.scale.plot import plot
from benchmarks.scale.points import Sweep
from benchmarks.scale.sizes import keys, sizes, tags
from unicache.server import Server

__all__ = ["main"]


def _sweeps(server: Server, rounds: int, most_keys: int) -> Iterator[Sweep]:
    assert not isinstance(server.address, str)
    address = Address(*server.address)
    yield callers(address, rounds)
    yield threads(address, rounds)
    with apart(server.pid):
        yield sizes(server.url, rounds)
        yield beside(server.url, rounds)
        yield keys(server.url, rounds, most_keys)
        yield tags(server.url, rounds)


def _table(sweep: Sweep) -> Table:
    table = Table(title=f"{sweep.name}: {sweep.costs}")
    series = list(sweep.series())
    for heading in (sweep.grows, *[name for name, _ in series]):
        table.add_column(heading, justify="right")
    for x in dict.fromkeys(point.x for point in sweep.points):
        cells = [next((f"{point.microseconds:,.1f}" for point in points if point.x == x), "") for _, points in series]
        table.add_row(f"{x:,}", *cells)
    return table


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="what a call costs as things grow")
    parser.add_argument("--short", action="store_true", help="one round, fewer keys: under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them into FILE, .svg or .png")
    wanted = parser.parse_args(words)
    rounds, most_keys = (1, 10_000) if wanted.short else (5, 1_000_000)
    console, sweeps = Console(), []
    with Server(unix=False, config={"maxmemory": "2gb"}) as server:
        for sweep in _sweeps(server, rounds, most_keys):
            console.print(_table(sweep))
            sweeps.append(sweep)
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(sweep) for sweep in sweeps], indent=2))
    if wanted.plot:
        plot(sweeps, wanted.plot)


if __name__ == "__main__":
    main()
