"""The command line: ``python -m benchmarks.bounded [--short] [--trace FILE ...] [--json FILE]``."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bounded import measures
from benchmarks.bounded.stores import COUNTS_BYTES, STORES
from benchmarks.bounded.workloads import WORKLOADS, trace

__all__ = ["main"]

Figures = dict[str, dict[str, Any]]
"""Figures by row and column."""


@dataclass(frozen=True, slots=True)
class _Plan:
    keys: int
    reads: int
    rounds: int
    records: int


_FULL = _Plan(keys=100_000, reads=600_000, rounds=200, records=1_000_000)
_SHORT = _Plan(keys=10_000, reads=50_000, rounds=20, records=100_000)
_ROOM = (0.01, 0.1)
"""The room of the store, as a share of the keys that are read."""


def _hit_rates(plan: _Plan, traces: Sequence[Path]) -> Figures:
    found: Figures = {}
    loads = {name: make(plan.keys, plan.reads) for name, make in WORKLOADS.items()}
    loads |= {path.stem: trace(path, 2 * plan.reads) for path in traces}
    for name, reads in loads.items():
        names = [b"%d" % key for key in reads]
        distinct = len(set(reads))
        for share in _ROOM:
            room = max(10, round(distinct * share))
            found[f"{name}, room for {share:.0%}"] = {
                store: measures.hit_rate(make(room), names) for store, make in STORES.items()
            }
    return found


def _costs(plan: _Plan) -> Figures:
    return {
        store: {
            "ns/hit": measures.ns_per_hit(make(10_000), plan.rounds),
            "ns/hit, 8 threads": measures.ns_per_hit_beside_threads(make(10_000), max(plan.rounds // 20, 2)),
            "ns/put": measures.ns_per_put(make(10_000), 10_000, max(plan.rounds // 10, 3)),
            **_growth(store, plan.records),
        }
        for store, make in STORES.items()
    }


def _growth(store: str, records: int) -> dict[str, float]:
    if store not in COUNTS_BYTES:
        return {}
    command = [sys.executable, "-m", "benchmarks.bounded.measures", store, str(records)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    found = json.loads(done.stdout)
    return {"process growth of the limit": found["of_limit"], "entries kept": found["kept"]}


def _table(title: str, figures: Figures, show: Any) -> Table:
    table = Table(title=title)
    columns = list(dict.fromkeys(column for row in figures.values() for column in row))
    for heading in ("", *columns):
        table.add_column(heading, justify="right" if heading else "left")
    for name, row in figures.items():
        table.add_row(name, *[show(row[column]) if column in row else "" for column in columns])
    return table


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounded", description="bounded stores side by side")
    parser.add_argument("--short", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--trace", type=Path, action="append", default=[], metavar="FILE", help="reads of your own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    wanted = parser.parse_args(words)
    plan = _SHORT if wanted.short else _FULL
    rates, costs = _hit_rates(plan, wanted.trace), _costs(plan)
    console = Console(width=150)
    console.print(_table("Hits per hundred reads", rates, lambda rate: f"{100 * rate:.1f}"))
    console.print(_table(f"Costs; the limit is {measures.LIMIT // 2**20} MiB", costs, _number))
    if wanted.json:
        wanted.json.write_text(json.dumps({"hit_rates": rates, "costs": costs}, indent=2))


if __name__ == "__main__":
    main()
