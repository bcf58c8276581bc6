"""The command line: ``python -m benchmarks``, with ``--help`` for what it takes."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from benchmarks.contenders.address import Address
from benchmarks.coordinator import Plan, compare, steps
from benchmarks.field import CONTESTS, FLAVOURS, WORKS, Contest
from benchmarks.fineprint import NOTES, footnotes
from benchmarks.growth import growth, growth_table
from benchmarks.manners.parent import look, models_of
from benchmarks.manners.table import NOTES as NOTES_ON_MANNERS
from benchmarks.manners.table import manners
from benchmarks.plot import plot
from benchmarks.report import Run
from benchmarks.startup import first_get, startup
from benchmarks.table import failures, figures, verdicts
from benchmarks.targets import judge
from unicache.server import Server

__all__ = ["main"]

_FULL = Plan(rounds=7, seconds=0.5, entries=1_000_000)
_SHORT = Plan(rounds=2, seconds=0.1, entries=10_000)
_WIDTH = 160


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="unicache beside others, in one run")
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds: under two minutes")
    parser.add_argument("--only", choices=FLAVOURS, metavar="FLAVOUR", help=f"one of {', '.join(FLAVOURS)}")
    parser.add_argument("--work", choices=list(WORKS), metavar="WORK", help=f"one of {', '.join(WORKS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it into FILE, .svg or .png")
    return parser.parse_args(words)


def _bar() -> Progress:
    # No thread that refreshes: it would run beside what is measured.
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=Console(stderr=True), auto_refresh=False)


def _run(plan: Plan, wanted: argparse.Namespace) -> Run:
    contests = [one for one in CONTESTS if wanted.only in {None, one.flavour} and wanted.work in {None, one.work.name}]
    # What is no contest is measured when everything is.
    models = () if wanted.work else models_of(wanted.only)
    others = not wanted.work and not wanted.only
    with Server(unix=False) as server, _bar() as bar:
        task = bar.add_task("", total=sum(steps(plan, contest) for contest in contests) + len(models) + others)

        def progress(what: str) -> None:
            bar.update(task, advance=1, description=what, refresh=True)

        return _measured(plan, contests, models, server, progress, others=others)


def _measured(
    plan: Plan,
    contests: Sequence[Contest],
    models: Sequence[str],
    server: Server,
    progress: Callable[[str], None],
    *,
    others: bool,
) -> Run:
    assert not isinstance(server.address, str)
    return Run(
        plan,
        server.version,
        [result for contest in contests for result in compare(plan, contest, server, progress)],
        list(look(models, server.url, 4 * plan.seconds, progress)),
        growth(plan.entries, plan.rounds, progress) if others else [],
        startup(),
        first_get(Address(*server.address)),
    )


def _print(run: Run) -> None:
    console = Console(width=_WIDTH)

    def show(*parts: object) -> None:
        console.print(*parts, "", sep="\n", highlight=False)

    show(*figures(run.results), verdicts(judge(run.results)), *failures(run.results), *NOTES, *footnotes(run.results))
    if run.growth:
        show(growth_table(run.growth))
    show(f"{run.startup}; {run.round_trips} round trips until the first value")
    if run.manners:
        show(manners(run.manners), *NOTES_ON_MANNERS)


def main(words: Sequence[str] | None = None) -> int:
    """Run and print; 1 if anything could not be measured, else 0, whatever the figures are."""
    wanted = _arguments(words)
    run = _run(_SHORT if wanted.short else _FULL, wanted)
    _print(run)
    if wanted.json:
        wanted.json.write_text(json.dumps(run.as_json(), indent=2))
    if wanted.plot:
        plot(run.results, wanted.plot)
    return 0 if run.complete else 1


if __name__ == "__main__":
    sys.exit(main())
