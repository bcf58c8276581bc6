"""The in-process store: what each call of the protocol means, and what a closed store says."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from memory_kit import NEW, OLD, OURS, THEIRS, Clock, batches, put, record, run

from unicache._core.records.record import ABSENT, COUNTER, FAILURE, LOCK_AS_LEASE, Lease, Record, TagVersion
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import (
    INT64,
    KEEP_TTL,
    Claim,
    Count,
    Fill,
    Found,
    Given,
    Outcome,
    Reader,
    Removal,
    Rule,
    Store,
    Write,
)
from unicache.errors import CacheClosed, ServerError, ValueFormatError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock)


def test_the_memory_store_is_a_store(clock: Clock) -> None:
    store: Store = MemoryStore(clock)
    run(store.connect())
    run(store.ping())


# Reading


def test_a_written_record_is_read_by_every_reading_call(store: MemoryStore) -> None:
    kept = put(store, b"a", ttl=5.0)
    assert store.peek(b"a") is kept
    assert run(store.read(b"a")) is kept
    assert run(store.read_many([b"b", b"a"])) == [None, kept]
    assert run(store.find(b"a")) == Found(kept, 5.0)


def test_nothing_is_read_where_nothing_is(store: MemoryStore) -> None:
    assert store.peek(b"a") is ABSENT
    assert run(store.read(b"a")) is None
    assert run(store.find(b"a")) is None


def test_a_lease_is_read_but_not_found(store: MemoryStore) -> None:
    run(store.claim(b"a", OURS, 5.0))
    assert run(store.read(b"a")) == Lease(OURS)
    assert store.peek(b"a") == Lease(OURS)
    assert run(store.find(b"a")) is None


def test_a_tag_version_read_as_an_entry_is_an_error_of_its_own_name_only(store: MemoryStore) -> None:
    kept = put(store, b"a")
    run(store.make_versions([b"tag"], NEW, None))
    with pytest.raises(ValueFormatError):
        run(store.read(b"tag"))
    wrong, right = run(store.read_many([b"tag", b"a"]))
    assert isinstance(wrong, ValueFormatError)
    assert right is kept
    assert store.peek(b"tag") == NEW


def test_the_time_left_is_told(store: MemoryStore, clock: Clock) -> None:
    kept = put(store, b"a", ttl=5.0)
    put(store, b"b")
    clock.now += 1.5
    assert run(store.find(b"a")) == Found(kept, 3.5)
    assert run(store.find(b"b")) == Found(kept, None)


# Writing


@pytest.mark.parametrize(
    ("rule", "cas", "outcome"),
    [
        (Rule.ALWAYS, 0, Outcome.DONE),
        (Rule.ABSENT, 0, Outcome.EXISTS),
        (Rule.PRESENT, 0, Outcome.DONE),
        (Rule.SAME_CAS, 1, Outcome.DONE),
        (Rule.SAME_CAS, 2, Outcome.MISMATCH),
        (Rule.ALIVE_CAS, 1, Outcome.DONE),
        (Rule.ALIVE_CAS, 2, Outcome.MISMATCH),
    ],
)
def test_a_rule_looks_at_the_record_that_is_there(store: MemoryStore, rule: Rule, cas: int, outcome: Outcome) -> None:
    old, new = put(store, b"a"), record(b"new", 7)
    assert run(store.write(Write(b"a", new, None, rule, cas))) is outcome
    assert run(store.read(b"a")) is (new if outcome is Outcome.DONE else old)


@pytest.mark.parametrize("leased", [False, True])
@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Rule.ALWAYS, Outcome.DONE),
        (Rule.ABSENT, Outcome.DONE),
        (Rule.PRESENT, Outcome.MISSING),
        (Rule.SAME_CAS, Outcome.MISSING),
        (Rule.ALIVE_CAS, Outcome.MISSING),
    ],
)
def test_a_lease_counts_as_absent(store: MemoryStore, rule: Rule, outcome: Outcome, leased: bool) -> None:
    if leased:
        run(store.claim(b"a", THEIRS, 5.0))
    before = run(store.read(b"a"))
    new = record(b"new", 7)
    assert run(store.write(Write(b"a", new, None, rule))) is outcome
    assert run(store.read(b"a")) == (new if outcome is Outcome.DONE else before)


def test_a_write_that_keeps_the_time_to_live_expires_when_the_old_record_would(
    store: MemoryStore, clock: Clock
) -> None:
    put(store, b"a", ttl=5.0)
    clock.now += 2.0
    new = record(b"new")
    run(store.write(Write(b"a", new, KEEP_TTL)))
    assert run(store.find(b"a")) == Found(new, 3.0)
    clock.now += 3.0
    assert run(store.read(b"a")) is None


def test_there_is_no_time_to_live_to_keep_of_nothing_of_a_lease_and_of_an_expired_record(
    store: MemoryStore, clock: Clock
) -> None:
    put(store, b"expired", ttl=1.0)
    run(store.claim(b"leased", OURS, 5.0))
    clock.now += 1.0
    new = record()
    for name in (b"expired", b"leased", b"nothing"):
        run(store.write(Write(name, new, KEEP_TTL)))
        assert run(store.find(name)) == Found(new, None)


def test_many_writes_each_have_their_own_outcome(clock: Clock) -> None:
    store = MemoryStore(clock, max_bytes=2000)
    writes = [
        Write(b"a", record(), None),
        Write(b"a", record(), None, Rule.ABSENT),
        Write(b"b", record(b"x" * 2000), None),
        Write(b"c", record(), None, Rule.PRESENT),
    ]
    done, exists, error, missing = run(store.write_many(writes))
    assert (done, exists, missing) == (Outcome.DONE, Outcome.EXISTS, Outcome.MISSING)
    assert isinstance(error, ServerError)
    assert error.code == "OOM"


# Removing and expiring


def test_removing_says_what_was_there(store: MemoryStore) -> None:
    put(store, b"a")
    assert run(store.remove(Removal(b"a", Rule.SAME_CAS, 2))) is Outcome.MISMATCH
    assert run(store.remove(Removal(b"a", Rule.SAME_CAS, 1))) is Outcome.DONE
    assert run(store.remove(Removal(b"a"))) is Outcome.MISSING


def test_removing_a_lease_removes_it_and_says_missing(store: MemoryStore) -> None:
    run(store.claim(b"a", OURS, 5.0))
    put(store, b"b")
    assert run(store.remove_many([Removal(b"a"), Removal(b"b"), Removal(b"c")])) == [
        Outcome.MISSING,
        Outcome.DONE,
        Outcome.MISSING,
    ]
    assert not run(store.fill(b"a", OURS, record(), None))


def test_dropping_removes_whatever_is_there(store: MemoryStore) -> None:
    put(store, b"a")
    run(store.claim(b"b", OURS, 5.0))
    run(store.make_versions([b"tag"], NEW, None))
    run(store.drop([b"a", b"b", b"tag", b"nothing"]))
    assert store.stats() == (0, 0)


def test_expire_gives_a_record_a_new_time_to_live_or_none(store: MemoryStore, clock: Clock) -> None:
    kept = put(store, b"a", ttl=1.0)
    assert run(store.expire(b"a", 10.0)) is Outcome.DONE
    clock.now += 5.0
    assert run(store.find_and_expire(b"a", None)) == Given(Outcome.DONE, Found(kept, None))
    clock.now += 100.0
    assert run(store.find(b"a")) == Found(kept, None)


def test_expire_finds_no_record_where_there_is_none_and_leaves_a_lease_alone(store: MemoryStore, clock: Clock) -> None:
    run(store.claim(b"a", OURS, 5.0))
    assert run(store.expire(b"a", 100.0)) is Outcome.MISSING
    assert run(store.find_and_expire(b"nothing", 100.0)) == Given(Outcome.MISSING)
    clock.now += 5.0
    assert run(store.read(b"a")) is None


# Counters


def count(delta: int = 1, initial: int | None = None, ttl: float | None = None, cas: int = 5) -> Count:
    return Count(b"a", delta, initial, ttl, Record(b"", COUNTER, cas, 1.0))


def test_a_counter_begins_where_it_is_told_and_keeps_its_time(store: MemoryStore, clock: Clock) -> None:
    assert run(store.count(count())) is Outcome.MISSING
    assert run(store.count(count(2, 40, ttl=9.0))) == 40
    clock.now += 5.0
    assert run(store.count(count(2, ttl=99.0, cas=6))) == 42
    assert run(store.find(b"a")) == Found(Record(b"42", COUNTER, 6, 1.0), 4.0)


def test_a_counter_begins_over_a_lease_with_its_own_time(store: MemoryStore) -> None:
    run(store.claim(b"a", OURS, 5.0))
    assert run(store.count(count(1, 0))) == 0
    assert run(store.find(b"a")) == Found(Record(b"0", COUNTER, 5, 1.0), None)


def test_a_counter_never_leaves_64_bits(store: MemoryStore) -> None:
    for begin, step in ((INT64[-1], 1), (INT64[0], -1)):
        run(store.drop([b"a"]))
        assert run(store.count(count(1, begin))) == begin
        assert run(store.count(count(step))) is Outcome.OVERFLOW
        assert run(store.count(count(0))) == begin


@pytest.mark.parametrize(
    "kept",
    [
        record(),
        Record(b"1", COUNTER, 1, 1.0, tags=(TagVersion("t", b"v" * 16),)),
        Record(b"1", COUNTER, 1, 1.0, soft=2.0),
        Record(b"1", COUNTER, 1, 1.0, wrapping=2),
    ],
    ids=["no counter", "tags", "soft expiry", "wrapped"],
)
def test_only_a_plain_counter_is_added_to(store: MemoryStore, kept: Record) -> None:
    put(store, b"a", kept)
    assert run(store.count(count(1, 0))) is Outcome.JUDGE
    assert run(store.read(b"a")) is kept


def test_a_locked_counter_is_not_added_to(store: MemoryStore) -> None:
    run(store.count(count(1, 0)))
    run(store.lock(b"a", 5.0, 7))
    assert run(store.count(count(1, 0))) is Outcome.LOCKED


# Locks


def test_a_locked_record_is_read_as_before_and_written_only_by_the_lock(store: MemoryStore) -> None:
    kept = put(store, b"a", record(cas=3), ttl=9.0)
    assert run(store.lock(b"a", 5.0, 7)) == Given(Outcome.DONE, Found(kept, 9.0, locked=True))
    assert store.peek(b"a") is kept
    assert run(store.read(b"a")) is kept
    for rule in (Rule.ALWAYS, Rule.ABSENT, Rule.PRESENT, Rule.SAME_CAS):
        assert run(store.write(Write(b"a", record(), None, rule, 3))) is Outcome.LOCKED
    assert (
        run(store.remove(Removal(b"a")))
        is run(store.remove(Removal(b"a", Rule.SAME_CAS, 3)))
        is run(store.expire(b"a", 1.0))
        is Outcome.LOCKED
    )
    assert run(store.lock(b"a", 5.0, 8)) == Given(Outcome.LOCKED)
    assert run(store.write(Write(b"a", record(b"new", cas=4), None, Rule.SAME_CAS, 7))) is Outcome.DONE
    assert run(store.unlock(b"a", 7)) is Outcome.UNLOCKED


def test_a_lock_ends_with_its_time_or_by_its_cas(store: MemoryStore, clock: Clock) -> None:
    kept = put(store, b"a", record(cas=3), ttl=90.0)
    run(store.lock(b"a", 5.0, 7))
    clock.now += 5.0
    assert run(store.find(b"a")) == Found(kept, 85.0)
    assert run(store.unlock(b"a", 7)) is Outcome.UNLOCKED
    assert run(store.lock(b"a", 5.0, 8)).outcome is Outcome.DONE
    assert run(store.unlock(b"a", 7)) is Outcome.UNLOCKED
    assert run(store.unlock(b"a", 8)) is Outcome.DONE
    assert run(store.find(b"a")) == Found(kept, 85.0)
    assert run(store.unlock(b"nothing", 8)) is Outcome.MISSING


def test_a_lock_whose_time_is_up_is_still_good_for_a_write_that_nobody_was_before(
    store: MemoryStore, clock: Clock
) -> None:
    put(store, b"a", record(cas=3))
    run(store.lock(b"a", 5.0, 7))
    clock.now += 5.0
    assert run(store.write(Write(b"a", record(cas=4), None, Rule.SAME_CAS, 7))) is Outcome.DONE
    assert run(store.write(Write(b"a", record(cas=5), None, Rule.SAME_CAS, 7))) is Outcome.MISMATCH


def test_a_lock_keeps_a_load_from_taking_the_place_of_its_record(store: MemoryStore, clock: Clock) -> None:
    kept = put(store, b"a", record(cas=3))
    run(store.lock(b"a", 5.0, 7))
    assert run(store.claim(b"a", OURS, 5.0)) is kept
    assert run(store.claim(b"a", OURS, 5.0, over=3)) == LOCK_AS_LEASE
    clock.now += 5.0
    assert run(store.claim(b"a", OURS, 5.0, over=3)) is None


def test_dropping_asks_for_no_lock(store: MemoryStore) -> None:
    put(store, b"a")
    run(store.lock(b"a", 5.0, 7))
    run(store.drop([b"a"]))
    assert run(store.read(b"a")) is None


# Leases


def test_a_claim_of_nothing_is_ours_until_it_expires(store: MemoryStore, clock: Clock) -> None:
    assert run(store.claim(b"a", OURS, 5.0)) is None
    assert run(store.claim(b"a", THEIRS, 5.0)) == Lease(OURS)
    clock.now += 5.0
    assert run(store.claim(b"a", THEIRS, 5.0)) is None
    assert not run(store.fill(b"a", OURS, record(), None))
    assert run(store.fill(b"a", THEIRS, record(), None))


def test_a_claim_gives_back_the_record_that_is_there_unless_it_is_the_one_to_replace(store: MemoryStore) -> None:
    kept = put(store, b"a", record(cas=3))
    assert run(store.claim(b"a", OURS, 5.0)) is kept
    assert run(store.claim(b"a", OURS, 5.0, over=4)) is kept
    assert run(store.claim(b"a", OURS, 5.0, over=3)) is None
    assert run(store.claim(b"a", THEIRS, 5.0, over=3)) == Lease(OURS)


def test_a_fill_needs_our_lease_and_ends_it(store: MemoryStore, clock: Clock) -> None:
    run(store.claim(b"a", OURS, 5.0))
    kept = record()
    assert not run(store.fill(b"a", THEIRS, kept, 9.0))
    assert run(store.fill(b"a", OURS, kept, 9.0))
    assert run(store.find(b"a")) == Found(kept, 9.0)
    assert not run(store.fill(b"a", OURS, record(b"again"), 9.0))
    assert run(store.read(b"a")) is kept


@pytest.mark.parametrize(
    "kept",
    [
        record(cas=3, tags=(TagVersion("t", b"v" * 16),)),
        Record(b"value", 1, 3, 1.0, soft=2.0),
        Record(b"value", FAILURE, 3, 1.0),
    ],
    ids=["tags", "soft expiry", "failure"],
)
def test_what_only_the_caller_can_judge_is_acted_on_by_its_cas(store: MemoryStore, kept: Record) -> None:
    put(store, b"a", kept, ttl=9.0)
    for rule in (Rule.ABSENT, Rule.PRESENT):
        assert run(store.write(Write(b"a", record(), None, rule))) is Outcome.JUDGE
    assert run(store.write(Write(b"a", record(), None, Rule.ALIVE_CAS, 3))) is Outcome.JUDGE
    assert run(store.write(Write(b"a", record(), None, Rule.ALIVE_CAS, 4))) is Outcome.MISMATCH
    assert run(store.remove(Removal(b"a", Rule.ALIVE_CAS, 3))) is Outcome.JUDGE
    assert run(store.remove(Removal(b"a"))) is Outcome.JUDGE
    assert run(store.expire(b"a", 99.0)) is Outcome.JUDGE
    assert run(store.find_and_expire(b"a", 99.0)) == Given(Outcome.JUDGE)
    assert run(store.lock(b"a", 99.0, 7)) == Given(Outcome.JUDGE)
    assert run(store.find(b"a")) == Found(kept, 9.0)
    assert run(store.expire(b"a", 99.0, 4)) is Outcome.MISMATCH
    assert run(store.expire(b"a", 99.0, 3)) is Outcome.DONE
    assert run(store.find(b"a")) == Found(kept, 99.0)
    assert run(store.remove(Removal(b"a", Rule.SAME_CAS, 3))) is Outcome.DONE


@pytest.mark.parametrize(
    "invalidate", [lambda store, name: store.remove(Removal(name)), lambda store, name: store.drop([name])]
)
def test_a_fill_after_an_invalidation_is_refused(store: MemoryStore, invalidate: Callable[..., Awaitable[Any]]) -> None:
    run(store.claim(b"a", OURS, 5.0))
    run(invalidate(store, b"a"))
    assert not run(store.fill(b"a", OURS, record(), None))
    assert run(store.read(b"a")) is None


def test_many_claims_and_fills_each_stand_for_themselves(store: MemoryStore) -> None:
    kept = put(store, b"b")
    run(store.claim(b"c", THEIRS, 5.0))
    claims = [Claim(name, OURS) for name in (b"a", b"b", b"c")]
    assert run(store.claim_many(claims, 5.0)) == [None, kept, Lease(THEIRS)]
    fills = [Fill(name, OURS, record(), 9.0) for name in (b"a", b"b", b"c")]
    assert run(store.fill_many(fills)) == [True, False, False]


def test_only_our_lease_is_renewed(store: MemoryStore, clock: Clock) -> None:
    run(store.claim(b"a", OURS, 5.0))
    clock.now += 4.0
    assert not run(store.renew(b"a", THEIRS, 50.0))
    assert run(store.renew(b"a", OURS, 5.0))
    clock.now += 4.0
    assert run(store.read(b"a")) == Lease(OURS)
    clock.now += 1.0
    assert not run(store.renew(b"a", OURS, 5.0))
    assert run(store.read(b"a")) is None


def test_only_our_lease_is_released(store: MemoryStore) -> None:
    run(store.claim(b"a", OURS, 5.0))
    run(store.release(b"a", THEIRS))
    assert run(store.read(b"a")) == Lease(OURS)
    run(store.release(b"a", OURS))
    assert run(store.read(b"a")) is None
    kept = put(store, b"a")
    run(store.release(b"a", OURS))
    assert run(store.read(b"a")) is kept


# Tag versions


def test_a_tag_keeps_its_version_and_one_without_gets_the_fresh_one(store: MemoryStore) -> None:
    assert run(store.make_versions([b"t"], OLD, None)) == [OLD]
    assert run(store.make_versions([b"u", b"t"], NEW, None)) == [NEW, OLD]
    assert run(store.versions([b"t", b"x", b"u"])) == [OLD, None, NEW]


def test_a_tag_lives_at_least_as_long_as_it_was_last_asked_to(store: MemoryStore, clock: Clock) -> None:
    run(store.make_versions([b"longer", b"shorter"], OLD, 5.0))
    run(store.make_versions([b"longer"], NEW, 10.0))
    run(store.make_versions([b"shorter"], NEW, 1.0))
    clock.now += 4.0
    assert run(store.versions([b"longer", b"shorter"])) == [OLD, OLD]
    clock.now += 5.0
    assert run(store.versions([b"longer", b"shorter"])) == [OLD, None]


def test_a_tag_that_lives_for_ever_stays_so(store: MemoryStore, clock: Clock) -> None:
    run(store.make_versions([b"t"], OLD, None))
    run(store.make_versions([b"t"], NEW, 1.0))
    clock.now += 100.0
    assert run(store.versions([b"t"])) == [OLD]


# Scanning


def test_a_scan_gives_the_live_names_with_the_prefix_in_batches(store: MemoryStore, clock: Clock) -> None:
    wanted = {b"a:%d" % number for number in range(1200)}
    for name in wanted:
        put(store, name)
    put(store, b"b:1")
    put(store, b"a:expired", ttl=1.0)
    clock.now += 1.0
    found = batches(store.scan(b"a:"))
    assert [len(batch) for batch in found] == [500, 500, 200]
    assert {name for batch in found for name in batch} == wanted


def test_a_scan_gives_what_is_there_throughout_whatever_else_happens(store: MemoryStore) -> None:
    for number in range(1000):
        put(store, b"%d" % number)

    async def disturbed() -> list[bytes]:
        seen: list[bytes] = []
        async for batch in store.scan(b""):
            seen += batch
            await store.drop([b"999"])
            await store.write(Write(b"new %d" % len(seen), record(), None))
        return seen

    assert sorted(run(disturbed())) == sorted(b"%d" % number for number in range(999))


def test_a_scan_of_nothing_has_no_batches(store: MemoryStore) -> None:
    assert batches(store.scan(b"")) == []


def test_a_scan_is_not_a_use(clock: Clock) -> None:
    store = MemoryStore(clock, max_entries=2)
    put(store, b"a")
    put(store, b"b")
    batches(store.scan(b"a"))
    put(store, b"c")
    assert store.peek(b"a") is ABSENT


# Closing

CALLS: dict[str, Callable[[MemoryStore], Awaitable[Any]]] = {
    "read": lambda store: store.read(b"a"),
    "read_many": lambda store: store.read_many([b"a"]),
    "find": lambda store: store.find(b"a"),
    "find_many": lambda store: store.find_many([b"a"]),
    "write": lambda store: store.write(Write(b"a", record(), None)),
    "write_many": lambda store: store.write_many([Write(b"a", record(), None)]),
    "remove": lambda store: store.remove(Removal(b"a")),
    "remove_many": lambda store: store.remove_many([Removal(b"a")]),
    "expire": lambda store: store.expire(b"a", 1.0),
    "find_and_expire": lambda store: store.find_and_expire(b"a", 1.0),
    "expire_many": lambda store: store.expire_many([(b"a", 1.0)]),
    "count": lambda store: store.count(count()),
    "count_many": lambda store: store.count_many([count()]),
    "lock": lambda store: store.lock(b"a", 1.0, 7),
    "unlock": lambda store: store.unlock(b"a", 7),
    "claim": lambda store: store.claim(b"a", OURS, 1.0),
    "fill": lambda store: store.fill(b"a", OURS, record(), 1.0),
    "claim_many": lambda store: store.claim_many([Claim(b"a", OURS)], 1.0),
    "fill_many": lambda store: store.fill_many([Fill(b"a", OURS, record(), 1.0)]),
    "renew": lambda store: store.renew(b"a", OURS, 1.0),
    "release": lambda store: store.release(b"a", OURS),
    "changed": lambda store: store.changed(b"a", 1.0),
    "drop": lambda store: store.drop([b"a"]),
    "versions": lambda store: store.versions([b"t"]),
    "make_versions": lambda store: store.make_versions([b"t"], NEW, 1.0),
    "scan": lambda store: anext(store.scan(b"")),
    "ping": lambda store: store.ping(),
    "connect": lambda store: store.connect(),
}


def test_every_waiting_call_of_the_protocol_is_tried_on_a_closed_store() -> None:
    public = {name for name in (*vars(Reader), *vars(Store)) if not name.startswith("_")}
    assert set(CALLS) == public - {"available", "peek", "close"}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_store_refuses_every_call(store: MemoryStore, name: str) -> None:
    put(store, b"a")
    run(store.close())
    run(store.close())

    async def call() -> None:
        await CALLS[name](store)

    with pytest.raises(CacheClosed):
        run(call())


def test_a_closed_store_is_empty(store: MemoryStore) -> None:
    put(store, b"a")
    run(store.close())
    assert store.peek(b"a") is None
    assert store.stats() == (0, 0)


def test_a_scan_ends_with_an_error_when_the_store_is_closed_meanwhile(store: MemoryStore) -> None:
    for number in range(600):
        put(store, b"%d" % number)
    scan = store.scan(b"")

    async def closed_meanwhile() -> None:
        async for _ in scan:
            await store.close()

    with pytest.raises(CacheClosed):
        run(closed_meanwhile())
