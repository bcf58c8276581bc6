"""What happened to the keys of a cache, moment by moment, and the verdict: which promise or rule it breaks, if any.

Pure: nothing here runs, reads or writes. Who makes the history is the business of ``stories``, which are told in every
order, and of ``faults/journal``, which comes from real processes. All moments are of one clock; where only some of them
are in order, the checks that need more are not asked. Every load gives a value of its own.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import inf
from typing import NamedTuple

__all__ = ["Broken", "History", "Invalidation", "Life", "Load", "LoaderFailed", "Read"]

KEY = ""
"""The key of a history that has only one."""

AFRESH = ("loaded", "uncached", "own")
"""Sources of reads that were given what they had loaded themselves; with ``"own"`` it is not told if it was stored."""


class Broken(AssertionError):
    """A promise or a rule does not hold; the message begins with its name."""


class LoaderFailed(Exception):
    """What a loader raises."""


@dataclass(slots=True)
class Load:
    """One run of a loader, which gives ``value``.

    ``asked``    when its caller began to read
    ``forced``   whether that was a refresh
    ``version``  of the source, seen after ``began``
    ``stored``   when the store had certainly taken the value, as far as that is known
    """

    value: str
    caller: str
    process: str
    asked: int
    began: int
    ended: float = inf
    failed: bool = False
    forced: bool = False
    key: str = KEY
    version: int = 0
    stored: float = inf


@dataclass(slots=True)
class Read:
    """One finished read; ``value`` is None when it gave none, ``source`` when the caller is not told it."""

    caller: str
    process: str
    began: int
    kind: str
    value: str | None = None
    error: Exception | None = None
    key: str = KEY
    ended: float = inf
    source: str | None = None
    stale: bool = False

    @property
    def shared(self) -> bool:
        """Whether the value may be somebody else's."""
        return self.source not in AFRESH


@dataclass(slots=True)
class Invalidation:
    """Something after which older values are gone: an invalidation, or a write.

    ``versions``  of the source, by key, which were there when it began
    """

    began: int
    ended: float = inf
    versions: Mapping[str, int] = field(default_factory=lambda: {KEY: 0})
    promise: str = "P2"


class Life(NamedTuple):
    """How long values of a key are fresh, and for how long after that they may be served stale, by the clock."""

    ttl: float
    window: float = 0.0
    slack: float = 0.0


@dataclass(slots=True)
class History:
    """All of it. ``accepted`` and ``refused`` are the values that the store took and did not take."""

    loads: list[Load] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    invalidations: list[Invalidation] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def _by_value(self) -> dict[str | None, Load]:
        return {load.value: load for load in self.loads}

    def check_reads(self) -> None:
        """What every read gave, whatever befell the store."""
        loads, floors, accepted = self._by_value(), _floors(self.invalidations), set(self.accepted)
        loaders_fail = any(load.failed for load in self.loads)
        for read in self.reads:
            load = loads.get(read.value)
            if load is not None:
                floors[read.key].check(read, load)
                _check_owner(read, load, accepted)
            failed_loader = isinstance(read.error, LoaderFailed) and loaders_fail
            _demand(read.error is None or failed_loader, "P7: {0.caller} failed with {0.error!r}", read)

    def check_values(self) -> None:
        """P0: every value was loaded for the key that was asked for, by the time it was given."""
        loads = self._by_value()
        for read in self.reads:
            if read.value is not None:
                load = loads.get(read.value)
                made = load is not None and load.key == read.key and load.ended < read.ended
                _demand(made, "P0: {} was given what came from {}", read, load)

    def check_registers(self) -> None:
        """P1: each key is a register, whose value, once it has gone, never comes back.

        The zones of Gibbons and Korach, "Testing Shared Memories" (SIAM J. Comput. 1997). That a key holds nothing is
        not an event here: it may do so at any time.
        """
        zones: dict[str, list[_Zone]] = defaultdict(list)
        for zone in self._zones():
            zones[zone.load.key].append(zone)
        for each in zones.values():
            _check_zones(each)

    def _zones(self) -> "Iterable[_Zone]":
        """Of the values that were in the store: the store took them for certain, or somebody else read them."""
        zones = {load.value: _Zone(load, load.ended, load.stored) for load in self.loads}
        seen = {load.value for load in self.loads if load.stored < inf}
        for read in self.reads:
            if read.shared and read.value in zones:
                seen.add(read.value)
                zones[read.value].include(read)
        return [zones[value] for value in seen]

    def check_windows(self, lives: Mapping[str, Life]) -> None:
        """P5: what is stale says so and is in its window, and what is fresh has not reached the end of its ttl."""
        loads = self._by_value()
        for read in self.reads:
            if read.source == "hit" and read.value in loads:
                load, life = loads[read.value], lives[read.key]
                oldest, youngest = read.ended - load.ended + life.slack, read.began - load.stored - life.slack
                in_time = youngest < life.ttl + (life.window if read.stale else 0.0)
                stale_by_then = not read.stale or (life.window > 0.0 and oldest >= life.ttl)
                _demand(in_time and stale_by_then, "P5: {} was given {}, and values have {}", read, load, life)

    def check_left(self, held: str | None) -> None:
        """R3: what is ``held`` when all is over is what a read that began now may have."""
        load = self._by_value().get(held)
        fresh = load is None or all(load.began > each.began for each in self.invalidations)
        _demand(fresh, "R3: {!r} is in the store, and had been invalidated", held)

    def check_runs(self) -> None:
        """P6: a loader runs beside another one only when an invalidation can have taken the lease of one of them."""
        runs = sorted((load for load in self.loads if not load.forced), key=lambda load: load.began)
        for place, first in enumerate(runs):
            for second in runs[place + 1 :]:
                asked = min(first.asked, second.asked)
                parted = any(each.began < second.began and each.ended > asked for each in self.invalidations)
                _demand(second.began > first.ended or parted, "P6: {0.value!r} ran beside {1.value!r}", second, first)

    def hits(self, process: str) -> int:
        """How many reads of a cached function were given what somebody else had made."""
        loads = self._by_value()
        values = [
            read for read in self.reads if read.process == process and read.kind != "getter" and read.value is not None
        ]
        return sum(read.value not in loads or loads[read.value].caller != read.caller for read in values)


class _Floor:
    """What a read of one key may be given at the oldest, by the invalidations that had ended when it began (P2, P4)."""

    def __init__(self, key: str, invalidations: Iterable[Invalidation]) -> None:
        ended = sorted(invalidations, key=lambda each: each.ended)
        self._ended = [each.ended for each in ended]
        self._latest = list(accumulate(ended, lambda one, other: max(one, other, key=lambda each: each.began)))
        self._versions = list(accumulate((each.versions[key] for each in ended), max))

    def check(self, read: Read, load: Load) -> None:
        """Whether the read may have the value of this load."""
        place = bisect_left(self._ended, read.began) - 1
        if place < 0:
            return
        latest = self._latest[place]
        _demand(load.began > latest.began, "{2.promise}: {0} was given {1}, after {2}", read, load, latest)
        version = self._versions[place]
        _demand(load.version >= version, "P2: {} was given {}, but the source had version {}", read, load, version)


def _floors(invalidations: Iterable[Invalidation]) -> Mapping[str, _Floor]:
    by_key: dict[str, list[Invalidation]] = defaultdict(list)
    for each in invalidations:
        for key in each.versions:
            by_key[key].append(each)
    return defaultdict(lambda: _Floor(KEY, ()), {key: _Floor(key, found) for key, found in by_key.items()})


@dataclass(slots=True)
class _Zone:
    """From the first end to the last beginning of what touched one value: all that time it was in the register.

    If the beginning is the earlier of the two, the value may have been there for a moment only, somewhere in between.
    """

    load: Load
    last_began: float
    first_ended: float

    def include(self, read: Read) -> None:
        """The read touched it, too."""
        self.last_began = max(self.last_began, read.began)
        self.first_ended = min(self.first_ended, read.ended)

    @property
    def lasted(self) -> bool:
        return self.first_ended < self.last_began


def _check_zones(zones: Sequence[_Zone]) -> None:
    """Of one key: no two that lasted overlap, and none that was there for a moment lies within one that lasted."""
    lasted = sorted((zone for zone in zones if zone.lasted), key=lambda zone: zone.first_ended)
    for one, other in pairwise(lasted):
        _demand(one.last_began <= other.first_ended, "P1: {} came back after {}", one.load, other.load)
    starts = [zone.first_ended for zone in lasted]
    for zone in zones:
        place = bisect_left(starts, zone.last_began) - 1
        if not zone.lasted and place >= 0:
            around = lasted[place]
            _demand(around.last_began <= zone.first_ended, "P1: {} came back after {}", around.load, zone.load)


def _check_owner(read: Read, load: Load, accepted: Collection[str]) -> None:
    """What is shared was accepted, or its load began after the read did; what is not was loaded for this read."""
    own, afresh = load.caller == read.caller, load.process == read.process and load.began > read.began
    _demand(own or afresh or load.value in accepted, "R4: {} was given {}, which was not accepted", read, load)
    _demand(read.shared or afresh, "P2: {} loaded afresh, and was given {}", read, load)


def _demand(holds: bool, otherwise: str, *about: object) -> None:
    if not holds:
        raise Broken(otherwise.format(*about))
