"""The parent's side: one child after another, and what each found as plain values, with the verdict."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.manners.models import MODELS

__all__ = ["LATEST_TICK", "Lateness", "Manners", "look", "models_of"]

LATEST_TICK = 10.0
"""Milliseconds that a tick may be late beside the callers, 99 times of 100."""

_LEAST, _MOST = 0.8, 1.2
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a ticker was, in milliseconds, and the calls made beside it."""

    p99: float
    worst: float
    calls_per_second: float


@dataclass(frozen=True, slots=True)
class Manners:
    """One event model. ``holes`` has the times that calls took to fail, as multiples of their time-out, by black hole;
    ``idle`` and ``busy`` are the ticker alone and beside the callers, None under threads, where nobody shares a loop.
    """

    model: str
    holes: Mapping[str, Sequence[float]] = field(default_factory=dict)
    idle: Lateness | None = None
    busy: Lateness | None = None
    failure: str = ""

    @property
    def punctual(self) -> bool:
        """Whether every call failed within a fifth of its time-out."""
        ratios = [ratio for hole in self.holes.values() for ratio in hole]
        return bool(ratios) and all(_LEAST <= ratio <= _MOST for ratio in ratios)

    @property
    def steady(self) -> bool:
        """Whether the ticker was in time beside the callers."""
        return not self.failure and (self.busy is None or self.busy.p99 <= LATEST_TICK)


def models_of(flavour: str | None) -> Sequence[str]:
    """The models to look at for one flavour, or for all; asyncio has two loops."""
    if flavour is None:
        return tuple(MODELS)
    return ("asyncio", "uvloop") if flavour == "asyncio" else (flavour,)


def look(models: Sequence[str], url: str, seconds: float, progress: Callable[[str], None]) -> Iterator[Manners]:
    """Look at the models in turn, on a server; ``progress`` is told what comes next. A failure is a result, too."""
    for model in models:
        progress(f"{model}: beside other work")
        yield _looked(model, url, seconds)


def _looked(model: str, url: str, seconds: float) -> Manners:
    command = [sys.executable, "-m", "benchmarks.manners.child", model, url, str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Manners(model, failure="silent too long")
    if done.returncode:
        return Manners(model, failure=(done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])
    found = json.loads(done.stdout)
    return Manners(model, found["holes"], _lateness(found.get("idle")), _lateness(found.get("busy")))


def _lateness(found: Mapping[str, float] | None) -> Lateness | None:
    return None if found is None else Lateness(**found)
