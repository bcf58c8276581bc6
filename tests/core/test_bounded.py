"""The bounded table by itself: which entry goes, when, and what is counted."""

import sys
import threading
import tracemalloc
from collections.abc import Callable
from math import inf

import pytest

from unicache._core.tools.bounded import MOST_CHANCES, MOST_USES, Bounded

FEW = 3
BYTES = 100
HUNDRED = 100


def bounded(max_entries: int = FEW, max_bytes: int = BYTES) -> Bounded[bytes]:
    return Bounded(max_entries, max_bytes)


def put(table: Bounded[bytes], name: bytes, value: bytes = b"1", deadline: float = inf, now: float = 0.0) -> bool:
    """Put a value that counts for its length."""
    return table.put(name, value, len(value), deadline, now)


def filled(*names: bytes, table: Bounded[bytes] | None = None) -> Bounded[bytes]:
    table = bounded() if table is None else table  # an empty one is false
    for name in names:
        put(table, name)
    return table


def numbered(start: int, count: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


def use(table: Bounded[bytes], *names: bytes) -> None:
    for name in names:
        assert table.get(name, 0.0) is not None


def test_the_oldest_entry_that_nobody_used_goes_first() -> None:
    table = filled(b"a", b"b", b"c")
    put(table, b"d")
    assert table.names() == [b"b", b"c", b"d"]


def test_a_used_entry_stays_longer_than_one_that_nobody_used() -> None:
    table = filled(b"a", b"b", b"c")
    use(table, b"a", b"c")
    put(table, b"d")
    assert table.names() == [b"a", b"c", b"d"]


def test_an_entry_that_was_written_over_counts_as_used() -> None:
    table = filled(b"a", b"b", b"c")
    put(table, b"a", b"2")
    put(table, b"d")
    assert table.names() == [b"c", b"a", b"d"]


def test_finding_an_entry_does_not_count_as_a_use() -> None:
    table = filled(b"a", b"b", b"c")
    slot = table.find(b"a")
    assert slot is not None
    assert slot.value == b"1"
    put(table, b"d")
    assert table.find(b"a") is None


def test_asking_who_is_alive_does_not_count_as_a_use() -> None:
    table = filled(b"a", b"b", b"c")
    assert table.living([b"a", b"x"], 0.0) == [b"a"]
    put(table, b"d")
    assert b"a" not in table.names()


def test_a_scan_does_not_push_out_what_is_used() -> None:
    table = bounded(HUNDRED)
    hot = numbered(0, 80)
    filled(*hot, table=table)
    use(table, *hot)
    filled(*numbered(1000, 500), table=table)
    use(table, *hot)
    filled(*numbered(2000, 500), table=table)
    assert table.living(hot, 0.0) == hot


def test_what_was_used_once_gives_way_to_what_is_used_later() -> None:
    table = bounded(HUNDRED)
    former, later = numbered(0, 90), numbered(1000, 2 * HUNDRED)
    filled(*former, table=table)
    use(table, *former)
    for name in later:
        put(table, name)
        use(table, name)
    assert len(table.living(former, 0.0)) < 10


def test_entries_that_come_back_soon_are_kept_through_a_scan() -> None:
    """Most of them: some are forgotten, by the chance of their hashes."""
    many = 10 * HUNDRED
    table = filled(*numbered(0, 2 * many), table=bounded(many, many))
    back = numbered(many // 2, many // 2)
    assert table.living(back, 0.0) == []
    filled(*back, *numbered(2 * many, 3 * many), table=table)
    assert len(table.living(back, 0.0)) > len(back) // 2


def test_an_entry_that_comes_back_late_is_not() -> None:
    table = filled(b"a", *numbered(0, 3 * HUNDRED), b"a", *numbered(2000, 3 * HUNDRED), table=bounded(HUNDRED))
    assert table.find(b"a") is None


def test_an_entry_that_was_written_over_keeps_its_standing() -> None:
    table = filled(b"a", table=bounded(HUNDRED))
    use(table, b"a")
    filled(*numbered(0, 2 * HUNDRED), b"a", table=table)
    slot = table.find(b"a")
    assert slot is not None
    assert (slot.proven, slot.uses) == (True, 1)


def test_a_popped_entry_that_came_again_and_was_used_is_kept_through_a_scan() -> None:
    table = filled(b"a", table=bounded(HUNDRED))
    table.pop(b"a")
    filled(b"a", table=table)
    use(table, b"a")
    filled(*numbered(0, 3 * HUNDRED), table=table)
    assert table.find(b"a") is not None


def test_uses_are_counted_only_so_far() -> None:
    table = filled(b"a")
    use(table, *[b"a"] * 10)
    slot = table.find(b"a")
    assert slot is not None
    assert slot.uses == MOST_USES


def test_no_put_walks_through_all_that_is_used() -> None:
    """Among ten times as many used entries as may be passed over, one goes all the same, used or not."""
    names = numbered(0, 10 * MOST_CHANCES)
    table = filled(*names, table=bounded(len(names), len(names)))
    use(table, *names)
    put(table, b"a")
    slots = [slot for name in names if (slot := table.find(name)) is not None]
    assert len(slots) == len(names) - 1
    assert sum(slot.uses == 0 for slot in slots) == MOST_CHANCES


def test_a_large_entry_pushes_out_as_many_as_it_needs() -> None:
    table = filled(b"a", b"b", b"c")
    assert put(table, b"d", b"x" * (BYTES - 1))
    assert table.names() == [b"c", b"d"]
    assert table.size == BYTES


def test_an_entry_that_could_never_fit_changes_nothing() -> None:
    table = filled(b"a", b"b")
    assert not put(table, b"a", b"x" * (BYTES + 1))
    assert table.names() == [b"a", b"b"]
    assert table.size == 2


def test_an_entry_as_large_as_the_table_fits() -> None:
    table = filled(b"a")
    assert put(table, b"b", b"x" * BYTES)
    assert table.names() == [b"b"]


def test_entries_that_count_for_nothing_are_bounded_in_number() -> None:
    table = bounded()
    for name in numbered(0, 2 * HUNDRED):
        put(table, name, b"")
    assert (len(table), table.size) == (FEW, 0)


def test_an_expired_entry_goes_before_a_live_one_even_if_it_was_used() -> None:
    table = filled(b"0", b"1", b"2", table=bounded(HUNDRED))
    put(table, b"a", deadline=1.0)
    filled(*numbered(3, HUNDRED - 4), table=table)
    use(table, *[b"a"] * MOST_USES, *numbered(0, HUNDRED - 1))
    put(table, b"b", now=1.0)
    assert table.find(b"a") is None


@pytest.mark.parametrize(("now", "there"), [(4.999, True), (5.0, False), (6.0, False)])
def test_an_entry_is_gone_from_its_deadline_on(now: float, there: bool) -> None:
    table = bounded()
    put(table, b"a", deadline=5.0)
    assert (table.get(b"a", now) is not None) is there
    assert (table.living([b"a"], now) == [b"a"]) is there


def test_an_entry_tells_its_value_its_deadline_and_its_size() -> None:
    table = bounded()
    put(table, b"a", b"value", 5.0)
    slot = table.get(b"a", 0.0)
    assert slot is not None
    assert (slot.value, slot.deadline, slot.size) == (b"value", 5.0, 5)


@pytest.mark.parametrize(("earlier", "later"), [(1.0, 3.0), (3.0, 1.0)])
def test_the_last_deadline_holds(earlier: float, later: float) -> None:
    table = bounded()
    put(table, b"a", deadline=earlier)
    table.expire(b"a", later)
    assert (table.get(b"a", 2.0) is not None) is (later > 2.0)
    table.sweep(2.0)
    assert len(table) == (later > 2.0)


def test_a_sweep_removes_all_that_has_expired() -> None:
    table = bounded(max_entries=50)
    for number, name in enumerate(numbered(0, 50)):
        put(table, name, deadline=1.0 + number % 2)
    table.sweep(1.0)
    assert (len(table), table.size) == (25, 25)


def test_puts_remove_expired_entries_that_nobody_asks_for() -> None:
    table = bounded(max_entries=50)
    for name in numbered(0, 40):
        put(table, name, deadline=1.0)
    later = numbered(100, 8)
    for name in later:
        put(table, name, now=1.0)
    assert table.names() == later


def test_puts_find_the_expired_among_the_living() -> None:
    table = filled(*numbered(0, 40), table=bounded(max_entries=HUNDRED))
    for name in numbered(40, 10):
        put(table, name, deadline=1.0)
    for _ in range(2 * HUNDRED):
        put(table, b"again", now=1.0)
    assert len(table) == 41


def test_a_popped_entry_gives_back_its_bytes() -> None:
    table = filled(b"a", b"b")
    table.pop(b"a")
    table.pop(b"a")
    assert (len(table), table.size) == (1, 1)


def test_a_popped_entry_that_comes_again_is_evicted_once() -> None:
    table = filled(b"a", b"b")
    table.pop(b"a")
    filled(b"a", b"c", b"d", b"e", b"f", table=table)
    assert (len(table), table.size) == (FEW, FEW)


def test_a_cleared_table_is_empty_and_goes_on() -> None:
    table = filled(b"a", b"b")
    table.clear()
    assert (len(table), table.size, table.names()) == (0, 0, [])
    filled(*numbered(0, 10), table=table)
    assert (len(table), table.size) == (FEW, FEW)


def write_over(table: Bounded[bytes], number: int) -> None:
    put(table, b"a", deadline=1e6 + number)


def give_deadlines(table: Bounded[bytes], number: int) -> None:
    table.expire(b"a", 2e6 + number)


def pop_and_put(table: Bounded[bytes], number: int) -> None:
    table.pop(b"a")
    write_over(table, number)


@pytest.mark.parametrize("change", [write_over, give_deadlines, pop_and_put])
def test_what_was_replaced_does_not_pile_up(change: Callable[[Bounded[bytes], int], None]) -> None:
    table = filled(b"a")
    tracemalloc.start()
    try:
        for number in range(5_000):
            change(table, number)
        assert tracemalloc.get_traced_memory()[0] < 20_000
    finally:
        tracemalloc.stop()


def test_readers_without_a_lock_find_what_was_put_or_nothing() -> None:
    """Eight threads read while one writes, removes and clears, with a change of threads every few instructions."""
    table = bounded(HUNDRED, HUNDRED * 10)
    names = numbered(0, 3 * HUNDRED)
    done = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not done.is_set():
            for name in names:
                slot = table.get(name, 0.0)
                if slot is not None and slot.value != name:
                    wrong.append((name, slot.value))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    readers = [threading.Thread(target=read) for _ in range(8)]
    try:
        for reader in readers:
            reader.start()
        for number in range(20):
            for name in names:
                put(table, name, name)
            for name in names[number::7]:
                table.pop(name)
        table.clear()
    finally:
        done.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(interval)
    assert not wrong
    assert table.size == 0
