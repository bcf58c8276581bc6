"""What happened around one key, moment by moment, and the verdict: which promise or rule it breaks, if any.

Pure: nothing here runs, reads or writes. Who makes the history is the business of ``stories``.
"""

from dataclasses import dataclass, field
from math import inf

__all__ = ["Broken", "History", "Invalidation", "Load", "LoaderFailed", "Read"]


class Broken(AssertionError):
    """A promise or a rule does not hold; the message begins with its name."""


class LoaderFailed(Exception):
    """What a loader raises."""


@dataclass(slots=True)
class Load:
    """One run of a loader, which gives ``value``.

    ``asked``   when its caller began to read
    ``forced``  whether that was a refresh
    """

    value: str
    caller: str
    process: str
    asked: int
    began: int
    ended: float = inf
    failed: bool = False
    forced: bool = False


@dataclass(slots=True)
class Read:
    """One finished read, by a reader, a refresher or a getter; ``value`` is None when it gave none."""

    caller: str
    process: str
    began: int
    kind: str
    value: str | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Invalidation:
    """Something after which older values are gone: an invalidation, or a write."""

    began: int
    ended: float = inf


@dataclass(slots=True)
class History:
    """All of it. ``accepted`` and ``refused`` are the values that the store took and did not take."""

    loads: list[Load] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    invalidations: list[Invalidation] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def load_of(self, value: str | None) -> Load | None:
        """The load that gave the value."""
        return next((load for load in self.loads if load.value == value), None)

    def check_reads(self) -> None:
        """What every read gave, whatever befell the store."""
        for read in self.reads:
            self._check_fresh(read)
            self._check_shared(read)
            failed_loader = isinstance(read.error, LoaderFailed) and any(load.failed for load in self.loads)
            _demand(read.error is None or failed_loader, f"P7: {read.caller} failed with {read.error!r}")

    def _check_fresh(self, read: Read) -> None:
        load = self.load_of(read.value)
        if load is not None:
            before = [each for each in self.invalidations if each.ended < read.began]
            fresh = all(load.began > each.began for each in before)
            _demand(fresh, f"P2: {read.caller} got {load.value!r}, which had been invalidated")

    def _check_shared(self, read: Read) -> None:
        load = self.load_of(read.value)
        if load is not None and load.caller != read.caller:
            _demand(load.value in self.accepted, f"R4: {read.caller} got {load.value!r}, which was not accepted")

    def check_left(self, held: str | None) -> None:
        """R3: what is ``held`` when all is over is what a read that began now may have."""
        load = self.load_of(held)
        fresh = load is None or all(load.began > each.began for each in self.invalidations)
        _demand(fresh, f"R3: {held!r} is in the store, and had been invalidated")

    def check_runs(self) -> None:
        """P6: a loader runs beside another one only when an invalidation can have taken the lease of one of them."""
        runs = sorted((load for load in self.loads if not load.forced), key=lambda load: load.began)
        for place, first in enumerate(runs):
            for second in runs[place + 1 :]:
                asked = min(first.asked, second.asked)
                parted = any(each.began < second.began and each.ended > asked for each in self.invalidations)
                _demand(second.began > first.ended or parted, f"P6: {second.value!r} ran beside {first.value!r}")

    def hits(self, process: str) -> int:
        """How many reads of a cached function were given what somebody else had made."""
        values = [
            read for read in self.reads if read.process == process and read.kind != "getter" and read.value is not None
        ]
        loads = [self.load_of(read.value) for read in values]
        return sum(load is None or load.caller != read.caller for read, load in zip(values, loads, strict=True))


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
