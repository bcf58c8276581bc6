"""What the demo shows: a column for each flavour; for each step what was seen, the runs of the query, and the time."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from unicache._demo.verdict import Outcome, Step, complaints

__all__ = ["show"]

_WIDTH = 7
"""Characters in a cell, so that all flavours fit into a line of 80."""


def show(steps: Sequence[Step], seconds: float, console: Console) -> bool:
    """Show the steps and the verdict, after so many seconds; True when all is as it should be."""
    console.print(_table(steps))
    wrong = [line for step in steps for line in complaints(step)]
    for line in wrong:
        console.print(f"FAILED: {line}", style="red", markup=False, soft_wrap=True)
    if not wrong:
        console.print(f"All {len(steps)} steps are as they should be; it took {seconds:.1f} seconds.")
    return not wrong


def _table(steps: Sequence[Step]) -> Table:
    """The steps as one table."""
    names = list(steps[0].outcomes)
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)  # 80 columns wide
    shown.add_column("", no_wrap=True)
    for name in names:
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("in all", justify="right", no_wrap=True)
    for number, step in enumerate(steps, 1):
        _add(shown, number, step, [step.outcomes[name] for name in names])
    return shown


def _add(shown: Table, number: int, step: Step, outcomes: Sequence[Outcome]) -> None:
    shown.add_section()
    shown.add_row(f"[bold]{number} {step.title}", *[""] * len(outcomes), _mark(step))
    right, asked = sum(each.right for each in outcomes), sum(len(each.seen) for each in outcomes)
    shown.add_row("  result", *map(_result, outcomes), f"{right}/{asked}")
    runs = [each.runs for each in outcomes]
    shown.add_row("  runs of the query", *map(str, runs), str(sum(runs)))
    shown.add_row(f"  {step.measured}, ms", *[f"{each.seconds * 1000:.2f}" for each in outcomes], "")


def _mark(step: Step) -> str:
    return "[red]FAILED" if complaints(step) else "[green]ok"


def _result(outcome: Outcome) -> str:
    """The value itself when it is one and short, else how many were right."""
    if len(outcome.seen) == 1 and outcome.right and len(outcome.expected) <= _WIDTH:
        return outcome.expected
    return f"{outcome.right}/{len(outcome.seen)}"
