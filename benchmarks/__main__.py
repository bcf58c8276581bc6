"""The command line: ``python -m benchmarks [--short] [--only FLAVOUR] [--json FILE]``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from benchmarks.coordinator import Plan, compare, steps
from benchmarks.field import FLAVOURS, Flavour
from benchmarks.manners.parent import Manners, look, models_of
from benchmarks.manners.table import NOTES as NOTES_ON_MANNERS
from benchmarks.manners.table import manners
from benchmarks.report import report
from benchmarks.sample import Result
from benchmarks.startup import startup
from benchmarks.table import NOTES, failures, figures, verdicts
from benchmarks.targets import judge
from unicache.server import Server

__all__ = ["main"]

_FULL = Plan(rounds=7, seconds=0.5)
_SHORT = Plan(rounds=3, seconds=0.25)
_WIDTH = 150


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="unicache beside the other clients")
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds: under two minutes")
    parser.add_argument("--only", choices=[flavour.name for flavour in FLAVOURS], help="one flavour")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE as well")
    return parser.parse_args(words)


def _bar() -> Progress:
    # No thread that refreshes: it would run beside what is measured.
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=Console(stderr=True), auto_refresh=False)


def _run(
    plan: Plan, flavours: Sequence[Flavour], models: Sequence[str], server: Server
) -> tuple[list[Result], list[Manners]]:
    with _bar() as bar:
        task = bar.add_task("", total=sum(steps(plan, flavour) for flavour in flavours) + len(models))

        def progress(what: str) -> None:
            bar.update(task, advance=1, description=what, refresh=True)

        results = [result for flavour in flavours for result in compare(plan, flavour, server, progress)]
        return results, list(look(models, server.url, 4 * plan.seconds, progress))


def main(words: Sequence[str] | None = None) -> int:
    """Run and print; 1 if anything could not be measured, else 0, whatever the figures are."""
    wanted = _arguments(words)
    plan = _SHORT if wanted.short else _FULL
    flavours = [one for one in FLAVOURS if wanted.only in {None, one.name}]
    with Server(unix=False) as server:
        results, behaved = _run(plan, flavours, models_of(wanted.only), server)
    judged = judge(results)
    console = Console(width=_WIDTH)
    console.print(
        figures(results), verdicts(judged), *failures(results), *NOTES, startup(), "", sep="\n", highlight=False
    )
    console.print(manners(behaved), *NOTES_ON_MANNERS, "", sep="\n", highlight=False)
    if wanted.json:
        wanted.json.write_text(json.dumps(report(plan, server.version, results, judged, behaved), indent=2))
    measured = all(result.samples for result in results) and not any(one.failure for one in behaved)
    return 0 if measured else 1


if __name__ == "__main__":
    sys.exit(main())
