"""What was measured, as plain values, and the arithmetic on them. No process, clock or output here."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.field import Contest

__all__ = ["Result", "Results", "Sample", "cpu_ratios", "speed_ratios"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed stretch: how many calls, how many seconds, how many CPU seconds the client process used."""

    calls: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Calls per second, over all callers together."""
        return self.calls / self.seconds

    @property
    def cpu(self) -> float:
        """CPU microseconds per call."""
        return self.cpu_seconds / self.calls * 1e6


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of one contender in one contest; without samples, ``failure`` says why."""

    contest: Contest
    contender: str
    samples: Sequence[Sample] = ()
    failure: str = ""

    @property
    def rate(self) -> float:
        """Median calls per second."""
        return median(sample.rate for sample in self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        """The slowest and the fastest round, in calls per second."""
        rates = [sample.rate for sample in self.samples]
        return min(rates), max(rates)

    @property
    def microseconds(self) -> float:
        """Median microseconds one caller waits for one call."""
        return self.contest.callers / self.rate * 1e6

    @property
    def cpu(self) -> float:
        """Median CPU microseconds of the client process per call."""
        return median(sample.cpu for sample in self.samples)


Results = dict[tuple[str, str, int, str], Result]
"""Results by kind of work, flavour, number of callers and contender."""


def speed_ratios(ours: Result, other: Result) -> list[float]:
    """How many times faster ``ours`` is, round by round, so that each is compared with its neighbour in time."""
    return [mine.rate / theirs.rate for mine, theirs in zip(ours.samples, other.samples, strict=True)]


def cpu_ratios(ours: Result, other: Result) -> list[float]:
    """How much CPU ``ours`` uses for one unit of the other's, round by round; below 1 is better."""
    return [mine.cpu / theirs.cpu for mine, theirs in zip(ours.samples, other.samples, strict=True)]
