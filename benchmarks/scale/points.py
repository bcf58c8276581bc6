"""What was measured, as plain values. Each sweep is one picture, each series one line in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Point", "Sweep"]


@dataclass(frozen=True, slots=True)
class Point:
    """``x`` is what grows; the figures are of the rounds, in microseconds."""

    series: str
    x: int
    figures: Sequence[float]

    @property
    def microseconds(self) -> float:
        """The least of the rounds: whatever else the machine did made the others dearer."""
        return min(self.figures)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Points of one kind; ``grows`` and ``costs`` are the names of the axes."""

    name: str
    grows: str
    costs: str
    points: Sequence[Point]

    def series(self) -> Iterable[tuple[str, Sequence[Point]]]:
        """The points of each series, in the order in which they were measured."""
        for name in dict.fromkeys(point.series for point in self.points):
            yield name, [point for point in self.points if point.series == name]
