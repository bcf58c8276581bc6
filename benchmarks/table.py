"""The run as tables for people. Decides nothing: figures and verdicts come from elsewhere."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median

from rich.table import Table

from benchmarks.field import OURS, version_of
from benchmarks.sample import Result, cpu_ratios, speed_ratios
from benchmarks.targets import Verdict

__all__ = ["NOTES", "failures", "figures", "verdicts"]

NOTES = (
    "Not the same work: unicache is measured at its public API, with namespace, envelope and decoding; the others only",
    "return the bytes that are stored. Its entries carry expiry, tags, version and a checksum beside the 100 bytes.",
    "bare is a limit, not a client: some lines on hiredis, one connection (under threads one for each thread), with no",
    "errors, time-outs or reconnect. Under gevent valkey-py runs monkey-patched, unicache and bare do not.",
    "One caller: the server has a core of its own. Many callers: the scheduler decides. Peers run with their defaults.",
    "Ratios are medians over the rounds, each round compared with itself. Figures rank, they are not constants.",
)


def figures(results: Iterable[Result]) -> Table:
    """What was measured: a section for each flavour and number of callers."""
    table = Table(title="GET of 100 bytes, one client process, one server")
    for heading in ("flavour", "callers", "contender", "version"):
        table.add_column(heading)
    for heading in ("calls/s", "slowest to fastest", "µs/call", "CPU µs/call", "ours is faster", "ours uses CPU"):
        table.add_column(heading, justify="right")
    for (flavour, callers), group in groupby(results, key=lambda one: (one.flavour, one.callers)):
        contest = list(group)
        ours = next(one for one in contest if one.contender == OURS)
        for one in contest:
            table.add_row(flavour, str(callers), one.contender, version_of(one.contender) or "", *_row(ours, one))
        table.add_section()
    return table


def _row(ours: Result, one: Result) -> Sequence[str]:
    if not one.samples:
        return ("not measured",)
    low, high = one.spread
    ratios = ("", "")
    if one is not ours and ours.samples:
        ratios = (f"{median(speed_ratios(ours, one)):.2f}x", f"{median(cpu_ratios(ours, one)):.2f}x")
    return (f"{one.rate:,.0f}", f"{low:,.0f} to {high:,.0f}", f"{one.microseconds:.1f}", f"{one.cpu:.1f}", *ratios)


def failures(results: Iterable[Result]) -> Iterable[str]:
    """A line for each contender that was not measured."""
    return dict.fromkeys(f"{one.flavour}: {one.contender}: {one.failure}" for one in results if one.failure)


def verdicts(judged: Iterable[Verdict]) -> Table:
    """What was aimed at, and whether it was reached."""
    table = Table(title="Targets: unicache against a peer, in this run")
    for heading in ("flavour", "callers", "against", "stage", "target", "measured", "over the rounds", ""):
        table.add_column(heading)
    for verdict in judged:
        aim = verdict.target
        sign = "CPU <" if aim.measure == "cpu" else "speed ≥"
        table.add_row(aim.flavour, str(aim.callers), aim.peer, aim.stage, f"{sign} {aim.bound}x", *_outcome(verdict))
    return table


def _outcome(verdict: Verdict) -> Sequence[str]:
    if verdict.ratio is None:
        return ("not measured",)
    low, high = min(verdict.ratios), max(verdict.ratios)
    return (f"{verdict.ratio:.2f}x", f"{low:.2f}x to {high:.2f}x", "met" if verdict.met else "missed")
