"""What the steps of the demo gave, and whether that is right. Pure values; nothing is run or shown here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Outcome", "Step", "complaints", "merged"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one flavour's part in a step gave.

    ``seen``      each value that was read, as ``repr`` shows it, or the error that was raised
    ``expected``  what each should be
    ``runs``      how often the query ran, in all processes
    ``seconds``   how long a call took, by the median
    """

    seen: Sequence[str]
    expected: str
    runs: int
    seconds: float

    @property
    def right(self) -> int:
        """How many of the values are what they should be."""
        return sum(value == self.expected for value in self.seen)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the scenario, played with one cache.

    ``title``     what happens
    ``measured``  what ``seconds`` measures
    ``runs``      how often the query may run for each flavour's part; with ``joint``, for all parts together
    ``outcomes``  of each flavour
    """

    title: str
    measured: str
    runs: int
    outcomes: Mapping[str, Outcome]
    joint: bool = False


def complaints(step: Step) -> list[str]:
    """What is wrong with a step, one line each; none when all is as it should be."""
    wrong = [line for name, outcome in step.outcomes.items() for line in _wrong_values(name, outcome)]
    return [f"{step.title}: {line}" for line in [*wrong, *_wrong_runs(step)]]


def merged(played: Iterable[Sequence[Step]]) -> list[Step]:
    """The steps of several caches as one table: step by step, all flavours side by side."""
    return [
        Step(
            same[0].title,
            same[0].measured,
            same[0].runs,
            {name: outcome for step in same for name, outcome in step.outcomes.items()},
            same[0].joint,
        )
        for same in zip(*played, strict=True)
    ]


def _wrong_values(name: str, outcome: Outcome) -> list[str]:
    if not outcome.seen:
        return [f"{name} saw nothing"]
    others = dict.fromkeys(value for value in outcome.seen if value != outcome.expected)
    return [f"{name} should see {outcome.expected}, and saw {value}" for value in others]


def _wrong_runs(step: Step) -> list[str]:
    counted = {name: outcome.runs for name, outcome in step.outcomes.items()}
    if step.joint:
        counted = {"all together": sum(counted.values())}
    return [
        f"{name} should run the query {_times(step.runs)}, and ran it {_times(runs)}"
        for name, runs in counted.items()
        if runs != step.runs
    ]


def _times(number: int) -> str:
    return {0: "never", 1: "once"}.get(number, f"{number} times")
