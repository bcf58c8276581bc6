"""The order of things: one contest after another, and within it every contender in turn, round after round."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from benchmarks.contenders.address import Address
from benchmarks.cores import apart
from benchmarks.field import Contest
from benchmarks.process import Failed, Worker
from benchmarks.referee import Referee
from benchmarks.sample import Result, Sample
from unicache.errors import ConfigurationError
from unicache.server import Server

__all__ = ["Plan", "compare", "steps"]

_TRIAL_CALLS = 640
_LEAST_TRIAL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to look: ``rounds`` for each contender, each of about ``seconds`` seconds; a tag of ``entries``."""

    rounds: int
    seconds: float
    entries: int


def steps(plan: Plan, contest: Contest) -> int:
    """How often ``compare`` reports progress."""
    return len(contest.contenders) * (1 + plan.rounds)


def compare(plan: Plan, contest: Contest, server: Server, progress: Callable[[str], None]) -> list[Result]:
    """Measure all contenders of one contest; ``progress`` is told what comes next. A failure is a result, too."""
    address = _address(server)
    with ExitStack() as stack:
        if contest.callers == 1:
            stack.enter_context(apart(server.pid))
        referee = stack.enter_context(Referee(address))
        referee.seed()
        return stack.enter_context(_Run(plan, contest, referee, progress)).run(address)


def _address(server: Server) -> Address:
    if isinstance(server.address, str):
        raise ConfigurationError("not every contender speaks over a Unix socket: start the server on a port")
    return Address(*server.address)


class _Run:
    """One contest: who runs, what they did, and why the others do not run."""

    def __init__(self, plan: Plan, contest: Contest, referee: Referee, progress: Callable[[str], None]) -> None:
        self._plan = plan
        self._contest = contest
        self._referee = referee
        self._progress = progress
        self._workers: dict[str, Worker] = {}
        self._calls: dict[str, int] = {}
        self._failures: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.close()

    def run(self, address: Address) -> list[Result]:
        """Start and try them all; then the rounds, A B C, A B C, …"""
        samples: dict[str, list[Sample]] = {name: [] for name in self._contest.contenders}
        for name in self._running("starting"):
            with self._excluding(name):
                self._workers[name] = Worker(self._contest.work.name, self._contest.flavour, name, address)
                self._calls[name] = self._trial(name)
        for _ in range(self._plan.rounds):
            for name in self._running("measuring"):
                with self._excluding(name):
                    samples[name].append(self._measure(name, self._calls[name]))
        return [self._result(name, samples[name]) for name in self._contest.contenders]

    def _running(self, doing: str) -> Iterator[str]:
        """The contenders that have not failed; all of them count as progress."""
        for name in self._contest.contenders:
            self._progress(
                f"{self._contest.work.name}, {self._contest.flavour}, {self._contest.callers} at once: {doing} {name}"
            )
            if name not in self._failures:
                yield name

    @contextmanager
    def _excluding(self, name: str) -> Iterator[None]:
        """A contender that fails in the block has failed for this contest."""
        try:
            yield
        except Failed as failure:
            self._failures[name] = str(failure)

    def _trial(self, name: str) -> int:
        """Warm up, and tell how many calls fill the time."""
        calls = _TRIAL_CALLS
        while (trial := self._measure(name, calls)).seconds < _LEAST_TRIAL_SECONDS:
            calls *= 4
        return round(trial.rate * self._plan.seconds)

    def _measure(self, name: str, calls: int) -> Sample:
        before = self._referee.commands()
        sample = self._workers[name].measure(self._contest.callers, calls)
        arrived = self._referee.commands() - before
        # Who answers from his own memory, or many callers with one command, is in another contest; so is who does not.
        if (arrived < sample.calls) is self._contest.work.remote:
            raise Failed(f"{arrived} commands for {sample.calls} calls reached the server")
        return sample

    def _result(self, name: str, samples: list[Sample]) -> Result:
        if name in self._failures:
            return Result(self._contest, name, failure=self._failures[name])
        return Result(self._contest, name, tuple(samples))
