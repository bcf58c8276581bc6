"""What is aimed at, mostly as ratios against a peer in the same run, and whether a run reached it. Pure.

The *floor* is what a release must hold, the *goal* is what the design is for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.field import CONTESTS, Contest, peers
from benchmarks.sample import Result, Results, cpu_ratios, speed_ratios

__all__ = ["Target", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for ours: at least so many times the peer's speed, at most so much of its CPU time per call, or
    at most so many microseconds of CPU time a call, which is against nobody.
    """

    work: str
    flavour: str
    callers: int
    peer: str
    stage: Literal["floor", "goal"]
    bound: float
    measure: Literal["speed", "cpu", "time"] = "speed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and the figure of every round; none if somebody could not be measured."""

    target: Target
    figures: tuple[float, ...]

    @property
    def figure(self) -> float | None:
        """The median of the rounds."""
        return median(self.figures) if self.figures else None

    @property
    def met(self) -> bool:
        """Whether the target is reached; what was not measured is not."""
        if self.figure is None:
            return False
        return self.figure >= self.target.bound if self.target.measure == "speed" else self.figure <= self.target.bound


_TARGETS = (
    Target("get", "threads", 8, "valkey-py", "floor", 2.0),
    Target("get", "threads", 8, "valkey-py", "goal", 2.5),
    Target("get", "threads", 8, "glide-sync", "goal", 1.5),
    Target("get", "asyncio", 64, "valkey-py", "floor", 3.0),
    Target("get", "asyncio", 64, "valkey-py", "goal", 6.0),
    Target("get", "asyncio", 64, "glide", "goal", 3.5),
    Target("get", "trio", 64, "coredis", "goal", 6.0),
    Target("get", "gevent", 64, "valkey-py", "floor", 3.0),
    Target("get", "gevent", 64, "valkey-py", "goal", 4.0),
    Target("get", "twisted", 64, "txredisapi", "floor", 1.2),
    Target("get", "twisted", 64, "txredisapi", "goal", 2.0),
    Target("function", "threads", 1, "dogpile", "goal", 1.25),
    Target("function", "asyncio", 64, "aiocache", "goal", 5.0),
    Target("function", "asyncio", 64, "cashews", "goal", 5.0),
    Target("hit", "threads", 1, "", "goal", 1.5, "time"),
    Target("hit", "threads", 1, "dogpile", "goal", 1.0),
    Target("hit", "threads", 1, "dogpile-pickle", "goal", 1.0),
    Target("hit", "asyncio", 1, "", "goal", 1.5, "time"),
    Target("hit", "asyncio", 1, "cashews-client-side", "goal", 12.0),
    Target("memory", "threads", 1, "", "goal", 1.2, "time"),
    Target("memory", "asyncio", 1, "", "goal", 1.2, "time"),
)

_RATIOS: dict[str, Callable[[Result, Result], list[float]]] = {"speed": speed_ratios, "cpu": cpu_ratios}


def judge(results: Iterable[Result]) -> list[Verdict]:
    """Hold a run against the targets of the contests that took place."""
    measured: Results = {(*_place(one.contest), one.contender): one for one in results}
    took_place = {place[:3] for place in measured}
    contests = [contest for contest in CONTESTS if _place(contest) in took_place]
    targets = [target for contest in contests for target in _targets(contest, measured)]
    return [Verdict(target, tuple(_figures(target, measured))) for target in targets]


def _place(of: Contest | Target) -> tuple[str, str, int]:
    return (of.work.name if isinstance(of, Contest) else of.work, of.flavour, of.callers)


def _targets(contest: Contest, measured: Results) -> Iterator[Target]:
    if contest.work.name == "get" and contest.callers == 1:
        yield from _alone(contest, measured)
    yield from (target for target in _TARGETS if _place(target) == _place(contest))


def _alone(contest: Contest, measured: Results) -> Iterator[Target]:
    """One caller waits for the round trip: hold the first peer, and the fastest one with less CPU time."""
    place = _place(contest)
    rivals = [measured[*place, name] for name in peers(contest)]
    fastest = max((one for one in rivals if one.samples), key=lambda one: one.rate, default=rivals[0]).contender
    yield Target(*place, rivals[0].contender, "floor", 0.95)
    yield Target(*place, fastest, "goal", 0.97)
    yield Target(*place, fastest, "goal", 1.0, "cpu")


def _figures(target: Target, measured: Results) -> list[float]:
    place = _place(target)
    contest = next(one for one in CONTESTS if _place(one) == place)
    ours = measured[*place, contest.ours]
    if target.measure == "time":
        return [sample.cpu for sample in ours.samples]
    other = measured[*place, target.peer]
    return _RATIOS[target.measure](ours, other) if ours.samples and other.samples else []
