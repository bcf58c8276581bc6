"""A run as plain values, and as JSON for programs: samples, medians, verdicts, and what they were measured with."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import load
from benchmarks.coordinator import Plan
from benchmarks.field import version_of
from benchmarks.fineprint import NOTES, differs
from benchmarks.growth import Growth
from benchmarks.manners.parent import Manners
from benchmarks.manners.table import NOTES as NOTES_ON_MANNERS
from benchmarks.sample import Result
from benchmarks.targets import judge

__all__ = ["Run"]


@dataclass(frozen=True, slots=True)
class Run:
    """All that was measured; ``server`` is the server's version, ``round_trips`` those until the first value."""

    plan: Plan
    server: str
    results: Sequence[Result]
    manners: Sequence[Manners]
    growth: Sequence[Growth]
    startup: str
    round_trips: int

    @property
    def complete(self) -> bool:
        """Whether everything could be measured, whatever the figures are."""
        return all(result.samples for result in self.results) and not any(one.failure for one in self.manners)

    def as_json(self) -> dict[str, Any]:
        """Ready for ``json.dump``."""
        return {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "cpus": os.cpu_count(),
            "server": self.server,
            "value_bytes": len(load.VALUE),
            "plan": asdict(self.plan),
            "notes": NOTES,
            "results": [_result(one) for one in self.results],
            "targets": [
                {**asdict(one.target), "figure": one.figure, "figures": one.figures, "met": one.met}
                for one in judge(self.results)
            ],
            "growth": [asdict(one) for one in self.growth],
            "startup": {"imports": self.startup, "round_trips": self.round_trips},
            "manners": {
                "notes": NOTES_ON_MANNERS,
                "models": [{**asdict(one), "punctual": one.punctual, "steady": one.steady} for one in self.manners],
            },
        }


def _result(one: Result) -> dict[str, Any]:
    contest = one.contest
    result = {"work": contest.work.name, "flavour": contest.flavour, "callers": contest.callers}
    result |= {"contender": one.contender, "version": version_of(one.contender), "failure": one.failure}
    result |= {"not_the_same": differs(contest, one.contender), "samples": [asdict(sample) for sample in one.samples]}
    if one.samples:
        result |= {"calls_per_second": one.rate, "microseconds": one.microseconds, "cpu_microseconds": one.cpu}
    return result
