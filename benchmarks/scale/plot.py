"""The sweeps as a picture, SVG or PNG by the name of the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.scale.points import Sweep

mpl.use("svg")  # no display is needed

from matplotlib import pyplot as plt

__all__ = ["plot"]

_COLUMNS = 3


def plot(sweeps: Sequence[Sweep], path: Path) -> None:
    """Draw every sweep, with logarithmic axes."""
    rows = -(-len(sweeps) // _COLUMNS)
    with plt.rc_context({"font.size": 8, "svg.hashsalt": "unicache"}):
        figure = plt.figure(figsize=(11, 3 * rows), layout="constrained")
        panels = [panel for row in figure.subplots(rows, _COLUMNS, squeeze=False) for panel in row]
        for panel, sweep in zip(panels, sweeps, strict=False):
            _panel(panel, sweep)
        for panel in panels[len(sweeps) :]:
            panel.set_visible(False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _panel(panel: Any, sweep: Sweep) -> None:
    for name, points in sweep.series():
        panel.plot([point.x for point in points], [point.microseconds for point in points], marker=".", label=name)
    panel.set_xscale("symlog" if any(point.x == 0 for point in sweep.points) else "log")
    panel.set_yscale("log")
    panel.set_xlabel(sweep.grows)
    panel.set_ylabel(sweep.costs)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False)
