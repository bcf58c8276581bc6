"""The run as tables for people. Decides nothing: figures and verdicts come from elsewhere."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median

from rich.table import Table

from benchmarks.field import version_of
from benchmarks.sample import Result, cpu_ratios, speed_ratios
from benchmarks.targets import Target, Verdict

__all__ = ["failures", "figures", "verdicts"]


def figures(results: Iterable[Result]) -> Iterable[Table]:
    """What was measured: a table for each kind of work, and in it a section for each contest."""
    for work, group in groupby(results, key=lambda one: one.contest.work):
        table = Table(title=work.title)
        for heading in ("flavour", "callers", "contender", "version"):
            table.add_column(heading)
        for heading in ("calls/s", "slowest to fastest", "µs/call", "CPU µs", "ours is faster", "ours uses CPU"):
            table.add_column(heading, justify="right")
        for _, contest in groupby(group, key=lambda one: one.contest):
            _section(table, list(contest))
        yield table


def _section(table: Table, results: Sequence[Result]) -> None:
    ours = results[0]
    for one in results:
        contest = one.contest
        version = version_of(one.contender) or ""
        table.add_row(contest.flavour, str(contest.callers), one.contender, version, *_row(ours, one))
    table.add_section()


def _row(ours: Result, one: Result) -> Sequence[str]:
    if not one.samples:
        return ("not measured",)
    low, high = one.spread
    ratios = ("", "")
    if one is not ours and ours.samples:
        ratios = (f"{median(speed_ratios(ours, one)):.2f}x", f"{median(cpu_ratios(ours, one)):.2f}x")
    return (f"{one.rate:,.0f}", f"{low:,.0f} to {high:,.0f}", f"{one.microseconds:.2f}", f"{one.cpu:.2f}", *ratios)


def failures(results: Iterable[Result]) -> Iterable[str]:
    """A line for each contender that was not measured."""
    failed = (one for one in results if one.failure)
    return dict.fromkeys(
        f"{one.contest.work.name}, {one.contest.flavour}: {one.contender}: {one.failure}" for one in failed
    )


def verdicts(judged: Iterable[Verdict]) -> Table:
    """What was aimed at, and whether it was reached."""
    table = Table(title="Targets, in this run")
    for heading in ("work", "flavour", "callers", "against", "stage", "target", "measured", "over the rounds", ""):
        table.add_column(heading)
    for verdict in judged:
        aim = verdict.target
        cells = (aim.work, aim.flavour, str(aim.callers), aim.peer, aim.stage, _bound(aim))
        table.add_row(*cells, *_outcome(verdict))
    return table


def _bound(aim: Target) -> str:
    return {"speed": f"speed ≥ {aim.bound}x", "cpu": f"CPU < {aim.bound}x", "time": f"≤ {aim.bound} µs"}[aim.measure]


def _outcome(verdict: Verdict) -> Sequence[str]:
    if verdict.figure is None:
        return ("not measured",)
    unit = " µs" if verdict.target.measure == "time" else "x"
    low, high = min(verdict.figures), max(verdict.figures)
    met = "met" if verdict.met else "missed"
    return (f"{verdict.figure:.2f}{unit}", f"{low:.2f}{unit} to {high:.2f}{unit}", met)
