"""What is aimed at, as ratios against a peer in the same run, and whether a run reached it. Pure.

The *floor* is what a release must hold, the *goal* is what the design is for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.field import FLAVOURS, OURS, Flavour, peers
from benchmarks.sample import Result, Results, cpu_ratios, speed_ratios

__all__ = ["Target", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of ours to the peer's: at least ``bound`` in speed, at most ``bound`` in CPU time per call."""

    flavour: str
    callers: int
    peer: str
    stage: Literal["floor", "goal"]
    bound: float
    measure: Literal["speed", "cpu"] = "speed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and the ratio of every round; none if one of the two could not be measured."""

    target: Target
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """The median of the rounds."""
        return median(self.ratios) if self.ratios else None

    @property
    def met(self) -> bool:
        """Whether the target is reached; what was not measured is not."""
        if self.ratio is None:
            return False
        return self.ratio < self.target.bound if self.target.measure == "cpu" else self.ratio >= self.target.bound


_CROWD = (
    Target("threads", 8, "valkey-py", "floor", 2.0),
    Target("threads", 8, "valkey-py", "goal", 2.5),
    Target("threads", 8, "glide-sync", "goal", 1.5),
    Target("asyncio", 64, "valkey-py", "floor", 3.0),
    Target("asyncio", 64, "valkey-py", "goal", 6.0),
    Target("asyncio", 64, "glide", "goal", 3.5),
    Target("trio", 64, "coredis", "goal", 6.0),
    Target("gevent", 64, "valkey-py", "floor", 3.0),
    Target("gevent", 64, "valkey-py", "goal", 4.0),
    Target("twisted", 64, "txredisapi", "floor", 1.2),
    Target("twisted", 64, "txredisapi", "goal", 2.0),
)

_RATIOS: dict[str, Callable[[Result, Result], list[float]]] = {"speed": speed_ratios, "cpu": cpu_ratios}


def judge(results: Iterable[Result]) -> list[Verdict]:
    """Hold a run against the targets of the flavours that were run."""
    measured: Results = {(one.flavour, one.callers, one.contender): one for one in results}
    ran = [flavour for flavour in FLAVOURS if (flavour.name, 1, OURS) in measured]
    targets = [target for flavour in ran for target in _targets(flavour, measured)]
    return [Verdict(target, tuple(_ratios(target, measured))) for target in targets]


def _targets(flavour: Flavour, measured: Results) -> list[Target]:
    return [*_alone(flavour, measured), *(target for target in _CROWD if target.flavour == flavour.name)]


def _alone(flavour: Flavour, measured: Results) -> Iterator[Target]:
    """One caller waits for the round trip: hold the first peer, and the fastest one with less CPU time."""
    rivals = [measured[flavour.name, 1, name] for name in peers(flavour)]
    fastest = max((one for one in rivals if one.samples), key=lambda one: one.rate, default=rivals[0]).contender
    yield Target(flavour.name, 1, rivals[0].contender, "floor", 0.95)
    yield Target(flavour.name, 1, fastest, "goal", 0.97)
    yield Target(flavour.name, 1, fastest, "goal", 1.0, "cpu")


def _ratios(target: Target, measured: Results) -> list[float]:
    ours, other = (measured[target.flavour, target.callers, name] for name in (OURS, target.peer))
    return _RATIOS[target.measure](ours, other) if ours.samples and other.samples else []
