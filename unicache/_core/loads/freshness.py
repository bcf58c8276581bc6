"""How fresh a record is, and what that means for a call: one table, pure. ``now`` and chance are arguments.

    state        when                                          serve it   load
    FRESH        before its soft expiry                        yes        no
    EARLY        the same, but its time is drawn to be up      yes        behind the caller
    REVALIDATE   within ``stale_while_revalidate`` after       yes        behind the caller
    IF_ERROR     within ``stale_if_error`` after               no         yes; serve it if that fails, or is slow
    DEAD         later, or no record at all                    no         yes

A record without a soft expiry is fresh for as long as it is there: the server ends it, and no clock is compared.
Source of EARLY: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015).
"""

from enum import Enum
from math import log

import msgspec

from unicache._core.records.record import Record

__all__ = ["NO_WINDOWS", "State", "Windows", "lifetimes", "state_of"]


class State(Enum):
    """See the table above."""

    FRESH = "fresh"
    EARLY = "early"
    REVALIDATE = "stale-while-revalidate"
    IF_ERROR = "stale-if-error"
    DEAD = "dead"

    @property
    def served(self) -> bool:
        """Whether the record is the answer."""
        return self in _SERVED

    @property
    def renewed(self) -> bool:
        """Whether a load is due behind the caller."""
        return self in _RENEWED


_SERVED = frozenset({State.FRESH, State.EARLY, State.REVALIDATE})
_RENEWED = frozenset({State.EARLY, State.REVALIDATE})


class Windows(msgspec.Struct, frozen=True):
    """For how long a value is of use after its ttl, in seconds; ``early`` is the beta of early refresh, 0 for none."""

    revalidate: float = 0.0
    if_error: float = 0.0
    early: float = 0.0

    @property
    def longest(self) -> float:
        """How long the record must be kept after its soft expiry."""
        return max(self.revalidate, self.if_error)

    @property
    def needs_clock(self) -> bool:
        """Whether a record under these windows has a soft expiry."""
        return bool(self.revalidate or self.if_error or self.early)


NO_WINDOWS = Windows()


def state_of(record: Record, now: float, windows: Windows, draw: float = 1.0) -> State:
    """The state of a record at ``now``, unix seconds. ``draw`` is random, in (0, 1]; 1 never refreshes early."""
    if not record.soft:
        return State.FRESH
    late = now - record.soft
    if late < 0.0:
        ahead = record.cost * windows.early * -log(draw)
        return State.EARLY if late + ahead >= 0.0 and ahead > 0.0 else State.FRESH
    if late < windows.revalidate:
        return State.REVALIDATE
    return State.IF_ERROR if late < windows.if_error else State.DEAD


def lifetimes(ttl: float | None, windows: Windows, now: float, stretch: float = 1.0) -> tuple[float | None, float]:
    """The time to live on the server in seconds, and the soft expiry in unix seconds, 0.0 for none.

    ``stretch`` is the factor that jitter drew for the ttl.
    """
    if ttl is None:
        return None, 0.0
    ttl *= stretch
    return (ttl + windows.longest, now + ttl) if windows.needs_clock else (ttl, 0.0)
