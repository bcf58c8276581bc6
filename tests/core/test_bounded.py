"""The bounded table by itself: which entry goes, when, and what is counted."""

import tracemalloc
from math import inf

import pytest

from unicache._core.bounded import Bounded

FEW = 3
BYTES = 100


def bounded(max_entries: int = FEW, max_bytes: int = BYTES) -> Bounded[bytes]:
    """A table in which a value counts for its length."""
    return Bounded(max_entries, max_bytes, lambda name, value: len(value))


def filled(*names: bytes) -> Bounded[bytes]:
    table = bounded()
    for name in names:
        table.put(name, b"1", inf, 0.0)
    return table


def test_the_least_recently_used_entry_goes_first() -> None:
    table = filled(b"a", b"b", b"c")
    table.get(b"b", 0.0)
    table.get(b"a", 0.0)
    table.put(b"d", b"1", inf, 0.0)
    assert table.names() == [b"b", b"a", b"d"]


def test_a_replaced_entry_counts_as_used() -> None:
    table = filled(b"a", b"b", b"c")
    table.put(b"a", b"2", inf, 0.0)
    table.put(b"d", b"1", inf, 0.0)
    assert table.names() == [b"c", b"a", b"d"]


def test_asking_who_is_alive_does_not_count_as_a_use() -> None:
    table = filled(b"a", b"b", b"c")
    assert table.living([b"a", b"x"], 0.0) == [b"a"]
    table.put(b"d", b"1", inf, 0.0)
    assert b"a" not in table.names()


def test_a_large_entry_pushes_out_as_many_as_it_needs() -> None:
    table = filled(b"a", b"b", b"c")
    assert table.put(b"d", b"x" * (BYTES - 1), inf, 0.0)
    assert table.names() == [b"c", b"d"]
    assert table.size == BYTES


def test_an_entry_that_could_never_fit_changes_nothing() -> None:
    table = filled(b"a", b"b")
    assert not table.put(b"a", b"x" * (BYTES + 1), inf, 0.0)
    assert table.names() == [b"a", b"b"]
    assert table.size == 2


def test_an_entry_as_large_as_the_table_fits() -> None:
    table = filled(b"a")
    assert table.put(b"b", b"x" * BYTES, inf, 0.0)
    assert table.names() == [b"b"]


def test_an_expired_entry_goes_before_a_live_one() -> None:
    table = bounded(max_entries=20)
    table.put(b"oldest", b"1", inf, 0.0)
    for number in range(19):
        table.put(b"short %d" % number, b"1", 1.0, 0.0)
    table.put(b"large", b"x" * (BYTES - 1), inf, 1.0)
    assert table.names() == [b"oldest", b"large"]


@pytest.mark.parametrize(("now", "there"), [(4.999, True), (5.0, False), (6.0, False)])
def test_an_entry_is_gone_from_its_deadline_on(now: float, there: bool) -> None:
    table = bounded()
    table.put(b"a", b"1", 5.0, 0.0)
    assert (table.get(b"a", now) is not None) is there
    assert (table.living([b"a"], now) == [b"a"]) is there


def test_an_entry_tells_its_value_its_deadline_and_its_size() -> None:
    table = bounded()
    table.put(b"a", b"value", 5.0, 0.0)
    slot = table.get(b"a", 0.0)
    assert slot is not None
    assert (slot.value, slot.deadline, slot.size) == (b"value", 5.0, 5)


def test_a_later_deadline_outlives_the_earlier_one() -> None:
    table = bounded()
    table.put(b"a", b"1", 1.0, 0.0)
    table.expire(b"a", 3.0)
    table.sweep(2.0)
    assert table.get(b"a", 2.0) is not None
    table.sweep(3.0)
    assert len(table) == 0


def test_an_earlier_deadline_replaces_a_later_one() -> None:
    table = bounded()
    table.put(b"a", b"1", 3.0, 0.0)
    table.expire(b"a", 1.0)
    table.sweep(1.0)
    assert len(table) == 0


def test_a_sweep_looks_at_no_more_deadlines_than_it_may() -> None:
    table = bounded(max_entries=50)
    for number in range(50):
        table.put(b"%d" % number, b"1", 1.0, 0.0)
    assert table.sweep(1.0, 20) == 20
    assert len(table) == 30
    assert table.sweep(1.0) == 30
    assert (len(table), table.size) == (0, 0)


def test_every_put_sweeps_a_few_expired_entries() -> None:
    table = bounded(max_entries=50)
    for number in range(40):
        table.put(b"%d" % number, b"1", 1.0, 0.0)
    for number in range(5):
        table.put(b"later %d" % number, b"1", inf, 1.0)
    assert table.names() == [b"later %d" % number for number in range(5)]


def test_a_popped_entry_gives_back_its_bytes() -> None:
    table = filled(b"a", b"b")
    table.pop(b"a")
    table.pop(b"a")
    assert (len(table), table.size) == (1, 1)


def test_a_cleared_table_is_empty() -> None:
    table = filled(b"a", b"b")
    table.clear()
    assert (len(table), table.size, table.names()) == (0, 0, [])


def growth(table: Bounded[bytes], rounds: int) -> int:
    """The bytes that stay allocated after one name got ``rounds`` deadlines, in turn by writing and by ``expire``."""
    tracemalloc.start()
    try:
        for number in range(rounds):
            table.put(b"a", b"1", 1e6 + number, 0.0)
            table.expire(b"a", 2e6 + number)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_deadlines_that_were_replaced_do_not_pile_up() -> None:
    assert growth(bounded(), 5_000) < 50_000
