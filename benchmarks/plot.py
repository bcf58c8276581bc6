"""The run as a picture: a panel for each contest, a bar for each contender. SVG or PNG, by the name of the file."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.field import BARE, CONTESTS, Contest
from benchmarks.sample import Result

mpl.use("svg")  # no display is needed

from matplotlib import pyplot as plt

__all__ = ["plot"]

_COLUMNS = 3
_MOST_BARS = max(len(contest.contenders) for contest in CONTESTS)
_COLOURS = {"ours": "#2a6f97", "peer": "#a9b4c2", "limit": "#e3e6ea"}


def plot(results: Sequence[Result], path: Path) -> None:
    """Draw what was measured into a file."""
    contests = [found for contest, group in groupby(results, _contest) if len(found := _shown(contest, group)) > 1]
    rows = ceil(len(contests) / _COLUMNS)
    with plt.rc_context({"font.size": 8, "svg.hashsalt": "unicache"}):
        figure = plt.figure(figsize=(11, 1.7 * rows), layout="constrained")
        panels = [panel for row in figure.subplots(rows, _COLUMNS, squeeze=False) for panel in row]
        for panel, found in zip(panels, contests, strict=False):
            _panel(panel, found)
        for panel in panels[len(contests) :]:
            panel.set_visible(False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _contest(one: Result) -> Contest:
    return one.contest


def _shown(contest: Contest, results: Iterable[Result]) -> Sequence[Result]:
    """What was measured of a contest; beside the limit in the process, a dict, nothing else could be seen."""
    return [one for one in results if one.samples and (contest.work.remote or one.contender != BARE)]


def _panel(panel: Any, results: Sequence[Result]) -> None:
    names, rates = [one.contender for one in results], [one.rate for one in results]
    bars = panel.barh(names, rates, color=[_colour(one) for one in results])
    panel.bar_label(bars, [f"{rate:,.0f}" for rate in rates], padding=2)
    panel.set_xlim(0, 1.25 * max(rates))
    panel.set_ylim(_MOST_BARS - 0.5, -0.5)
    panel.set_xticks([])
    panel.spines[["top", "right", "bottom"]].set_visible(False)
    contest = results[0].contest
    callers = f", {contest.callers} at once" if contest.callers > 1 else ""
    panel.set_title(f"{contest.work.title}\n{contest.flavour}{callers}: calls a second", loc="left", fontsize=8)


def _colour(one: Result) -> str:
    if one.contender == BARE:
        return _COLOURS["limit"]
    return _COLOURS["ours" if one.contender.startswith("unicache") else "peer"]
