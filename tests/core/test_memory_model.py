"""The in-process store against a model that is a plain dict: whatever is called in whatever order, both agree."""

from math import inf
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from memory_kit import Clock, batches, record, run
from msgspec.structs import replace

from unicache._core.records.record import ABSENT, FAILURE, LOCK_AS_LEASE, Held, Lease, Lock, Record, TagVersion
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import KEEP_TTL, Found, KeepTtl, Outcome, Removal, Rule, Write

KINDS = [
    record(b"written"),
    record(b"with tags", tags=(TagVersion("t", b"v" * 16),)),
    replace(record(b"with a soft expiry"), soft=1.0),
    replace(record(b"failure"), codec=FAILURE),
]
NAMES = [b"n:1", b"n:2", b"n:3"]
TAGS = [b"t:1", b"t:2"]

names = st.sampled_from(NAMES)
tags = st.lists(st.sampled_from(TAGS), min_size=1, max_size=3)
tokens = st.sampled_from([b"token 1", b"token 2"])
ttls = st.sampled_from([1.0, 2.5, 4.0, None])
lease_ttls = st.sampled_from([1.0, 3.0])
cas_values = st.integers(1, 5)
locks = st.integers(4, 5)


class Known(NamedTuple):
    """What the model knows of a name."""

    kept: Record | Lease | bytes
    deadline: float
    lock: Lock | None = None


def to_judge(record: Record) -> bool:
    return record in {replace(kind, cas=record.cas) for kind in KINDS[1:]}


class MemoryModel(RuleBasedStateMachine):
    """The model says first what must happen; then the store is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.store = MemoryStore(self.clock)
        self.model: dict[bytes, Known] = {}

    def held(self, name: bytes) -> Held:
        kept = self.model[name].kept if name in self.model else None
        assert not isinstance(kept, bytes)
        return kept

    def record(self, name: bytes) -> Record | None:
        held = self.held(name)
        return held if isinstance(held, Record) else None

    def until(self, ttl: float | None) -> float:
        return inf if ttl is None else self.clock.now + ttl

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds
        self.model = {name: known for name, known in self.model.items() if known.deadline > self.clock.now}

    @rule(
        name=names,
        cas=cas_values,
        ttl=ttls | st.just(KEEP_TTL),
        condition=st.sampled_from(Rule),
        expected_cas=cas_values,
        kind=st.sampled_from(KINDS),
    )
    def write(  # noqa: PLR0917  hypothesis gives them by name
        self, name: bytes, cas: int, ttl: float | KeepTtl | None, condition: Rule, expected_cas: int, kind: Record
    ) -> None:
        new, old = replace(kind, cas=cas), self.record(name)
        outcome = self.judged(name, condition, expected_cas)
        if outcome is Outcome.DONE:
            kept_deadline = inf if old is None else self.model[name].deadline
            self.model[name] = Known(new, kept_deadline if isinstance(ttl, KeepTtl) else self.until(ttl))
        assert run(self.store.write(Write(name, new, ttl, condition, expected_cas))) is outcome

    @staticmethod
    def outcome(old: Record | None, condition: Rule, expected_cas: int) -> Outcome:
        match condition, old:
            case ((Rule.PRESENT | Rule.SAME_CAS | Rule.ALIVE_CAS), None):
                return Outcome.MISSING
            case ((Rule.SAME_CAS | Rule.ALIVE_CAS), Record(cas=cas)) if cas != expected_cas:
                return Outcome.MISMATCH
            case ((Rule.ABSENT | Rule.PRESENT | Rule.ALIVE_CAS), Record()) if to_judge(old):
                return Outcome.JUDGE
            case Rule.ABSENT, Record():
                return Outcome.EXISTS
        return Outcome.DONE

    @rule(name=names, condition=st.sampled_from(Rule), cas=cas_values)
    def remove(self, name: bytes, condition: Rule, cas: int) -> None:
        expected = self.judged(name, condition, cas)
        if expected in {Outcome.DONE, Outcome.MISSING}:
            self.model.pop(name, None)
        assert run(self.store.remove(Removal(name, condition, cas))) is expected

    def choice(self, name: bytes, cas: int | None) -> Outcome:
        """What becomes of a change of a record by this CAS, or without one."""
        rule = Rule.PRESENT if cas is None else Rule.SAME_CAS
        return self.judged(name, rule, cas or 0)

    def judged(self, name: bytes, condition: Rule, cas: int) -> Outcome:
        """What becomes of a change under this rule."""
        return self.locked(name, condition, cas) or self.outcome(self.record(name), condition, self.known_as(name, cas))

    def locked(self, name: bytes, condition: Rule, cas: int) -> Outcome | None:
        lock = self.model[name].lock if name in self.model else None
        free = lock is None or lock.until <= self.clock.now or (condition.by_cas and cas == lock.cas)
        return None if free else Outcome.LOCKED

    def known_as(self, name: bytes, cas: int) -> int:
        """The record's own CAS in place of that of a lock around it."""
        known = self.model.get(name)
        return (
            known.kept.cas if known and known.lock and known.lock.cas == cas and isinstance(known.kept, Record) else cas
        )

    @rule(name=names, seconds=lease_ttls, lock=locks, cas=st.none() | cas_values)
    def lock(self, name: bytes, seconds: float, lock: int, cas: int | None) -> None:
        expected = self.choice(name, cas)
        if expected is Outcome.DONE:
            self.model[name] = self.model[name]._replace(lock=Lock(lock, self.clock.now + seconds))
        given = run(self.store.lock(name, seconds, lock, cas))
        assert given.outcome is expected
        assert (given.found and given.found.record) == (self.record(name) if expected is Outcome.DONE else None)

    @rule(name=names, lock=locks)
    def unlock(self, name: bytes, lock: int) -> None:
        expected = Outcome.MISSING if self.record(name) is None else Outcome.UNLOCKED
        known = self.model.get(name)
        if known and known.lock and known.lock.cas == lock and known.lock.until > self.clock.now:
            expected, self.model[name] = Outcome.DONE, known._replace(lock=None)
        assert run(self.store.unlock(name, lock)) is expected

    @rule(name=names, ttl=ttls, cas=st.none() | cas_values)
    def expire(self, name: bytes, ttl: float | None, cas: int | None) -> None:
        expected = self.choice(name, cas)
        if expected is Outcome.DONE:
            self.model[name] = self.model[name]._replace(deadline=self.until(ttl))
        assert run(self.store.expire(name, ttl, cas)) is expected

    @rule(name=names, ttl=ttls, cas=st.none() | cas_values)
    def find_and_expire(self, name: bytes, ttl: float | None, cas: int | None) -> None:
        expected = self.choice(name, cas)
        if expected is Outcome.DONE:
            self.model[name] = self.model[name]._replace(deadline=self.until(ttl))
        given = run(self.store.find_and_expire(name, ttl, cas))
        assert given.outcome is expected
        assert (given.found and given.found.record) == (self.record(name) if expected is Outcome.DONE else None)

    @rule(name=names, token=tokens, ttl=lease_ttls, over=st.none() | cas_values)
    def claim(self, name: bytes, token: bytes, ttl: float, over: int | None) -> None:
        held = self.held(name)
        if isinstance(held, Record) and held.cas == over and self.locked(name, Rule.ALWAYS, 0):
            held = LOCK_AS_LEASE
        elif held is None or (isinstance(held, Record) and held.cas == over):
            self.model[name] = Known(Lease(token), self.until(ttl))
            held = None
        assert run(self.store.claim(name, token, ttl, over)) == held

    @rule(name=names, token=tokens, cas=cas_values, ttl=ttls)
    def fill(self, name: bytes, token: bytes, cas: int, ttl: float | None) -> None:
        ours, new = self.held(name) == Lease(token), record(b"filled", cas)
        if ours:
            self.model[name] = Known(new, self.until(ttl))
        assert run(self.store.fill(name, token, new, ttl)) is ours

    @rule(name=names, token=tokens, ttl=lease_ttls)
    def renew(self, name: bytes, token: bytes, ttl: float) -> None:
        ours = self.held(name) == Lease(token)
        if ours:
            self.model[name] = Known(Lease(token), self.until(ttl))
        assert run(self.store.renew(name, token, ttl)) is ours

    @rule(name=names, token=tokens)
    def release(self, name: bytes, token: bytes) -> None:
        if self.held(name) == Lease(token):
            del self.model[name]
        run(self.store.release(name, token))

    @rule(dropped=st.lists(st.sampled_from(NAMES + TAGS), max_size=3))
    def drop(self, dropped: list[bytes]) -> None:
        for name in dropped:
            self.model.pop(name, None)
        run(self.store.drop(dropped))

    @rule(asked=tags, fresh=st.binary(min_size=16, max_size=16), ttl=ttls)
    def make_versions(self, asked: list[bytes], fresh: bytes, ttl: float | None) -> None:
        for tag in asked:
            known = self.model.get(tag, Known(fresh, 0.0))
            self.model[tag] = Known(known.kept, max(known.deadline, self.until(ttl)))
        assert run(self.store.make_versions(asked, fresh, ttl)) == [self.model[tag].kept for tag in asked]

    @invariant()
    def every_name_reads_the_same(self) -> None:
        assert run(self.store.read_many(NAMES)) == [self.held(name) for name in NAMES]
        for name in NAMES:
            assert run(self.store.read(name)) == self.held(name)
            assert self.store.peek(name) == (self.held(name) or ABSENT)

    @invariant()
    def every_record_has_the_same_time_left(self) -> None:
        for name in NAMES:
            kept = self.record(name)
            left = self.model[name].deadline - self.clock.now if kept else inf
            locked = self.locked(name, Rule.ALWAYS, 0) is not None
            assert run(self.store.find(name)) == (Found(kept, None if left == inf else left, locked) if kept else None)

    @invariant()
    def every_tag_has_the_same_version(self) -> None:
        known = [self.model.get(tag) for tag in TAGS]
        assert run(self.store.versions(TAGS)) == [None if one is None else one.kept for one in known]

    @invariant()
    def the_same_names_are_there(self) -> None:
        assert {name for batch in batches(self.store.scan(b"")) for name in batch} == set(self.model)
        assert self.store.stats()[0] == len(self.model)


MemoryModel.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestTheStoreAgreesWithTheModel = MemoryModel.TestCase
