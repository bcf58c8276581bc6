"""The in-process store against a model that is a plain dict: whatever is called in whatever order, both agree."""

from math import inf
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from memory_kit import Clock, batches, record, run

from unicache._core.memory import MemoryStore
from unicache._core.record import ABSENT, Held, Lease, Record, TagVersion
from unicache._core.store import KEEP_TTL, Found, KeepTtl, Outcome, Rule, Write

MARKS = (TagVersion("t", b"v" * 16),)
NAMES = [b"n:1", b"n:2", b"n:3"]
TAGS = [b"t:1", b"t:2"]

names = st.sampled_from(NAMES)
tags = st.lists(st.sampled_from(TAGS), min_size=1, max_size=3)
tokens = st.sampled_from([b"token 1", b"token 2"])
ttls = st.sampled_from([1.0, 2.5, 4.0, None])
lease_ttls = st.sampled_from([1.0, 3.0])
cas_values = st.integers(1, 3)


class Known(NamedTuple):
    """What the model knows of a name."""

    kept: Record | Lease | bytes
    deadline: float


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
        tagged=st.booleans(),
    )
    def write(  # noqa: PLR0917  hypothesis gives them by name
        self, name: bytes, cas: int, ttl: float | KeepTtl | None, condition: Rule, expected_cas: int, tagged: bool
    ) -> None:
        new, old = record(b"written", cas, MARKS if tagged else ()), self.record(name)
        outcome = self.outcome(old, condition, expected_cas)
        if outcome is Outcome.DONE:
            kept_deadline = inf if old is None else self.model[name].deadline
            self.model[name] = Known(new, kept_deadline if isinstance(ttl, KeepTtl) else self.until(ttl))
        assert run(self.store.write(Write(name, new, ttl, condition, expected_cas))) is outcome

    @staticmethod
    def outcome(old: Record | None, condition: Rule, expected_cas: int) -> Outcome:
        match condition, old:
            case ((Rule.ABSENT | Rule.PRESENT), Record(tags=(_, *_))):
                return Outcome.TAGGED
            case Rule.ABSENT, Record():
                return Outcome.EXISTS
            case ((Rule.PRESENT | Rule.SAME_CAS), None):
                return Outcome.MISSING
            case Rule.SAME_CAS, Record(cas=cas) if cas != expected_cas:
                return Outcome.MISMATCH
        return Outcome.DONE

    @rule(name=names, cas=st.none() | cas_values)
    def remove(self, name: bytes, cas: int | None) -> None:
        old = self.record(name)
        expected = self.chosen(old, cas)
        if expected in {Outcome.DONE, Outcome.MISSING}:
            self.model.pop(name, None)
        assert run(self.store.remove(name, cas)) is expected

    @staticmethod
    def chosen(old: Record | None, cas: int | None) -> Outcome:
        match old, cas:
            case None, _:
                return Outcome.MISSING
            case Record(tags=tags), None:
                return Outcome.TAGGED if tags else Outcome.DONE
            case Record(cas=found), _:
                return Outcome.DONE if found == cas else Outcome.MISMATCH

    @rule(name=names, ttl=ttls, cas=st.none() | cas_values)
    def expire(self, name: bytes, ttl: float | None, cas: int | None) -> None:
        old = self.record(name)
        expected = self.chosen(old, cas)
        if old is not None and expected is Outcome.DONE:
            self.model[name] = Known(old, self.until(ttl))
        assert run(self.store.expire(name, ttl, cas)) is expected

    @rule(name=names, ttl=ttls)
    def find_and_expire(self, name: bytes, ttl: float | None) -> None:
        old = self.record(name)
        if old is not None:
            self.model[name] = Known(old, self.until(ttl))
        assert run(self.store.find_and_expire(name, ttl)) == old

    @rule(name=names, token=tokens, ttl=lease_ttls, over=st.none() | cas_values)
    def claim(self, name: bytes, token: bytes, ttl: float, over: int | None) -> None:
        held = self.held(name)
        if held is None or (isinstance(held, Record) and held.cas == over):
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
            assert run(self.store.find(name)) == (Found(kept, None if left == inf else left) if kept else None)

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
