"""Whether a change may happen, given what is there: the one definition for all calls that change a record.

``memory`` asks it; a server is asked by a script that says the same (``scripts``), and a test holds them together.
"""

import msgspec

from unicache._core.records.record import FAILURE, Lock, Record
from unicache._core.stores.store import Outcome, Rule

__all__ = ["Seen", "needs_judgement", "refusal"]


class Seen(msgspec.Struct, frozen=True):
    """What there is: a record, or None for everything else; the lock around it, and whether that still holds."""

    record: Record | None
    lock: Lock | None = None
    locked: bool = False


def needs_judgement(record: Record) -> bool:
    """Whether only tags, a clock or the caller's terms can say if the record counts."""
    return bool(record.tags or record.soft) or record.codec == FAILURE


def refusal(seen: Seen, rule: Rule, cas: int = 0) -> Outcome | None:
    """Why the rule forbids the change; None when it does not. ``cas`` is looked at under rules that say so.

    A lock whose time is up forbids nothing, but its CAS is good as long as nobody changed the record: then nothing
    happened that its holder does not know of.
    """
    record, lock = seen.record, None if seen.lock is None else seen.lock.cas
    if seen.locked and not (rule.by_cas and cas == lock):
        return Outcome.LOCKED
    if rule is Rule.ALWAYS:
        return None
    if record is None:
        return None if rule is Rule.ABSENT else Outcome.MISSING
    if rule.by_cas and cas not in (record.cas, lock):
        return Outcome.MISMATCH
    if rule is not Rule.SAME_CAS and needs_judgement(record):
        return Outcome.JUDGE
    return Outcome.EXISTS if rule is Rule.ABSENT else None
