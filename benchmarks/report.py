"""The run as JSON for programs: every sample, the medians, the verdicts, and what they were measured with."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks import load
from benchmarks.coordinator import Plan
from benchmarks.field import version_of
from benchmarks.manners.parent import Manners
from benchmarks.manners.table import NOTES as NOTES_ON_MANNERS
from benchmarks.sample import Result
from benchmarks.table import NOTES
from benchmarks.targets import Verdict

__all__ = ["report"]


def report(
    plan: Plan, server: str, results: Sequence[Result], judged: Sequence[Verdict], behaved: Sequence[Manners]
) -> dict[str, Any]:
    """A run, ready for ``json.dump``; ``server`` is the server's version."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "server": server,
        "value_bytes": len(load.VALUE),
        "plan": asdict(plan),
        "notes": NOTES,
        "results": [_result(one) for one in results],
        "targets": [{**asdict(one.target), "ratio": one.ratio, "ratios": one.ratios, "met": one.met} for one in judged],
        "manners": {
            "notes": NOTES_ON_MANNERS,
            "models": [{**asdict(one), "punctual": one.punctual, "steady": one.steady} for one in behaved],
        },
    }


def _result(one: Result) -> dict[str, Any]:
    result = {**asdict(one), "version": version_of(one.contender)}
    if one.samples:
        result |= {"calls_per_second": one.rate, "microseconds": one.microseconds, "cpu_microseconds": one.cpu}
    return result
