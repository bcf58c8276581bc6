"""The in-process store: what it may hold, what it counts, and that threads neither cross nor break its bounds."""

import random
import sys
import threading
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
from memory_kit import NEW, OURS, Clock, put, record, run

from unicache._core.records.record import ABSENT, Lease, Record, TagVersion
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import Removal, Write
from unicache.errors import ServerError

T = TypeVar("T")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock)


def test_the_least_recently_used_record_goes_and_a_peek_is_a_use(clock: Clock) -> None:
    store = MemoryStore(clock, max_entries=2)
    put(store, b"a")
    put(store, b"b")
    store.peek(b"a")
    put(store, b"c")
    assert [store.peek(name) is not ABSENT for name in (b"a", b"b", b"c")] == [True, False, True]
    assert store.stats()[0] == 2


def test_leases_and_tag_versions_are_bounded_like_records(clock: Clock) -> None:
    store = MemoryStore(clock, max_entries=2)
    put(store, b"a")
    run(store.claim(b"b", OURS, 5.0))
    run(store.make_versions([b"t", b"u"], NEW, None))
    assert run(store.read_many([b"a", b"b"])) == [None, None]
    assert run(store.versions([b"t", b"u"])) == [NEW, NEW]


def test_an_entry_larger_than_the_store_is_refused_and_the_old_one_stays(clock: Clock) -> None:
    store = MemoryStore(clock, max_bytes=10_000)
    kept = put(store, b"a")
    large = record(b"x" * 10_000)
    with pytest.raises(ServerError) as refusal:
        run(store.write(Write(b"a", large, None)))
    assert refusal.value.code == "OOM"
    assert run(store.read(b"a")) is kept
    run(store.claim(b"b", OURS, 5.0))
    with pytest.raises(ServerError):
        run(store.fill(b"b", OURS, large, None))
    assert run(store.read(b"b")) == Lease(OURS)


def test_names_payloads_and_tags_are_counted(store: MemoryStore) -> None:
    def counted(name: bytes, kept: Record) -> int:
        put(store, name, kept)
        size = store.stats()[1]
        run(store.drop([name]))
        return size

    plain = counted(b"a", record())
    assert counted(b"a" * 101, record()) == plain + 100
    assert counted(b"a", record(b"value" + b"x" * 100)) == plain + 100
    assert counted(b"a", record(tags=(TagVersion("t" * 100, NEW),))) >= plain + 116


@pytest.mark.parametrize("tags", [0, 3])
def test_the_bytes_counted_are_about_those_that_python_allocates(store: MemoryStore, tags: int) -> None:
    tracemalloc.start()
    try:
        for number in range(5_000):
            vector = tuple(TagVersion(f"tag {number} {tag}", b"%016d" % (number + tag)) for tag in range(tags))
            kept = Record(
                b"%0100d" % number, 1, number + 2**60, number + 0.5, number + 1.5, number + 0.25, number + 2**40, vector
            )
            put(store, b"name %d" % number, kept, ttl=60.0 + number)
            del kept, vector
        allocated = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 1.0 < store.stats()[1] / allocated < 1.3  # a part is for what allocators cannot use


def test_ten_thousand_expired_records_that_nobody_reads_are_gone_after_later_writes(clock: Clock) -> None:
    store = MemoryStore(clock)
    tracemalloc.start()
    try:
        for number in range(10_000):
            put(store, b"short %d" % number, record(b"%0100d" % number), ttl=1.0)
        full = tracemalloc.get_traced_memory()[0]
        clock.now += 1.0
        for number in range(2_000):
            put(store, b"later %d" % (number % 10))
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert left < full / 10
    assert store.stats()[0] == 10


def test_the_size_counts_no_expired_entry(store: MemoryStore, clock: Clock) -> None:
    for number in range(100):
        put(store, b"%d" % number, ttl=1.0)
    clock.now += 1.0
    assert store.stats() == (0, 0)


@pytest.fixture
def _nervous() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Do the work in threads that start at the same moment; the results, or the first error."""
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def one(number: int) -> None:
        start.wait()
        try:
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            errors.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[number] for number in range(count)]


def some_call(chance: random.Random, store: MemoryStore, name: bytes, token: bytes) -> Awaitable[object]:
    """A changing call by chance; every record starts with its name."""
    kept = record(name + b"x" * chance.randrange(1_000))
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: store.write(Write(name, kept, chance.choice([None, 1.0, 5.0]))),
        lambda: store.claim(name, token, 1.0),
        lambda: store.fill(name, token, kept, 1.0),
        lambda: store.remove(Removal(name)),
        lambda: store.expire(name, 2.0),
    ]
    return chance.choice(calls)()


@pytest.mark.usefixtures("_nervous")
def test_eight_threads_cross_nothing_and_break_no_bound(clock: Clock) -> None:
    entries, size = 50, 30_000
    store = MemoryStore(clock, max_entries=entries, max_bytes=size)
    names = [b"name %d;" % number for number in range(100)]

    def hammer(number: int) -> None:
        chance = random.Random(number)  # noqa: S311
        for _ in range(1_500):
            name = chance.choice(names)
            run(some_call(chance, store, name, b"%d" % number))
            found = store.peek(name)
            assert not isinstance(found, Record) or found.payload.startswith(name)
            held, used = store.stats()
            assert held <= entries
            assert used <= size
            clock.now += 0.01

    together(8, hammer)
    run(store.drop(names))
    assert store.stats() == (0, 0)


@pytest.mark.usefixtures("_nervous")
def test_one_of_eight_threads_gets_the_lease(store: MemoryStore) -> None:
    def claim_each(number: int) -> list[bool]:
        return [run(store.claim(b"%d" % turn, b"%d" % number, 5.0)) is None for turn in range(500)]

    for claims in zip(*together(8, claim_each), strict=True):
        assert claims.count(True) == 1
