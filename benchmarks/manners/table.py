"""What was found, as a table for people. Decides nothing."""

from collections.abc import Iterable, Sequence
from statistics import median

from rich.table import Table

from benchmarks.manners.child import CALLERS, TICK, TIMEOUT
from benchmarks.manners.holes import HOLES
from benchmarks.manners.parent import LATEST_TICK, Lateness, Manners

__all__ = ["NOTES", "manners"]

NOTES = (
    f"A get to a black hole, time-out {TIMEOUT} s: what it took to fail, as a multiple; to be within a fifth.",
    f"A tick every {TICK * 1000:.0f} ms: how late 99 of 100 were, and the latest, alone and beside {CALLERS} callers.",
    f"Beside them 99 of 100 may be at most {LATEST_TICK:.0f} ms late. How late they are alone is the machine's doing.",
    "Under threads nobody shares a loop.",
)
_COLUMNS = ("fails in time", "ticker alone, ms", f"beside {CALLERS}, ms", "calls/s", "is steady")


def manners(found: Iterable[Manners]) -> Table:
    """A row for each event model."""
    table = Table(title="Beside other work")
    for heading in ("model", *HOLES, *_COLUMNS):
        table.add_column(heading)
    for one in found:
        table.add_row(one.model, *_row(one))
    return table


def _row(one: Manners) -> Sequence[str]:
    if one.failure:
        return (f"not measured: {one.failure}",)
    holes = [f"{median(ratios):.2f}x, {min(ratios):.2f}x to {max(ratios):.2f}x" for ratios in one.holes.values()]
    holes.append(_verdict(met=one.punctual))
    if one.busy is None:
        return (*holes, "", "", "", "")
    rate = f"{one.busy.calls_per_second:,.0f}"
    return (*holes, _late(one.idle), _late(one.busy), rate, _verdict(met=one.steady))


def _late(lateness: Lateness | None) -> str:
    return "" if lateness is None else f"{lateness.p99:.1f}, latest {lateness.worst:.1f}"


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"
