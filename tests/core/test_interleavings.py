"""All orders in which callers of one key can meet: P2, P4, P6, P7, R1, R3 and R4 hold in every one of them.

The number of orders stands with each story; should it fall, the stories have lost something. The longest are ``deep``.
"""

import logging
from collections.abc import Callable
from functools import partial

import pytest
from exploring import Tally, explore
from stories import Tale

from unicache._core.documents import changing
from unicache._core.loads import making, serving, waiting
from unicache._core.loads.freshness import Windows
from unicache._core.loads.terms import Terms

RENEWED = Terms(ttl=600.0, windows=Windows(revalidate=60.0))
KEPT = Terms(ttl=600.0, windows=Windows(if_error=60.0))


class NoChance:
    """In place of ``random``: a story told again must be the same."""

    @staticmethod
    def uniform(low: float, high: float) -> float:
        return high

    @staticmethod
    def random() -> float:
        return 0.0


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (changing, making, serving, waiting):
        monkeypatch.setattr(module, "random", NoChance)
    monkeypatch.setattr(logging.getLogger("unicache"), "disabled", True)  # an outage in every order is much to tell


@pytest.fixture(params=[False, True], ids=["spawned", "threads"])
def tale(request: pytest.FixtureRequest) -> Callable[..., Tale]:
    """Where loads are tasks of their own, and where the caller itself leads them."""
    return partial(Tale, threads=request.param)


def tell(new: Callable[[], Tale], story: Callable[[Tale], None], orders: int, *, every: bool = False) -> Tally:
    """Tell the story in all its orders, of which there must be as many as that."""

    def begin() -> Tale:
        tale = new()
        story(tale)
        return tale

    tally = explore(begin, every=every)
    print(f"{tally.runs} orders, {len(tally.outcomes)} outcomes")
    assert tally.runs >= orders
    return tally


# The stories that are told in all orders without exception


def reader_and_invalidation(tale: Tale) -> None:
    here = tale.process()
    tale.read(here)
    tale.invalidate(here)


def refresher_and_invalidation(tale: Tale) -> None:
    tale.stored()
    here = tale.process()
    tale.refresh(here)
    tale.invalidate(here)


def getter_writer_and_invalidation(tale: Tale) -> None:
    tale.stored()
    here = tale.process()
    tale.get(here)
    tale.set(here)
    tale.invalidate(here)


def two_changes(tale: Tale) -> None:
    tale.stored("")
    here, there = tale.process(), tale.process()
    tale.mutate(here, lambda old: old + "a")
    tale.mutate(there, lambda old: old + "b")


def cancelled_getter_and_writer(tale: Tale) -> None:
    tale.stored()
    here = tale.process()
    tale.cancel(tale.get(here))
    tale.set(here)


@pytest.mark.parametrize(
    ("story", "orders", "all_orders"),
    [
        (reader_and_invalidation, 20, 8000),
        (refresher_and_invalidation, 9, 650),
        (getter_writer_and_invalidation, 44, 1600),
        (two_changes, 4, 900),
        (cancelled_getter_and_writer, 11, 120),
    ],
)
def test_leaving_out_orders_that_are_the_same_loses_no_outcome(
    story: Callable[[Tale], None], orders: int, all_orders: int
) -> None:
    assert tell(Tale, story, orders).outcomes == tell(Tale, story, all_orders, every=True).outcomes


# Readers


def test_two_readers_share_one_load(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.read(here)
        tale.read(here)

    tell(tale, story, 14)


def test_three_readers_share_one_load(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        for _ in range(3):
            tale.read(here)

    tell(tale, story, 180)


def test_readers_in_two_processes_share_one_load(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.read(here)
        tale.read(there)

    tell(partial(tale, naps=1), story, 150)


def test_a_loader_that_fails_fails_its_joiners_and_leaves_nothing(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here, fails=True)
        tale.read(here)
        tale.read(there)

    tell(tale, story, 140)


def test_a_load_longer_than_its_lease_is_overtaken_and_refused() -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here, seconds=1.0)
        tale.read(there)
        tale.invalidate(here)

    tell(partial(Tale, lease=0.05), story, 210)


# Invalidations


@pytest.mark.deep
def test_an_invalidation_parts_the_readers_before_it_from_those_after() -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.read(here)
        tale.read(here)
        tale.invalidate(here)

    tell(Tale, story, 5900)


def test_an_invalidation_reaches_readers_in_another_process(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(there)
        tale.read(there)
        tale.invalidate(here)

    tell(tale, story, 160)


@pytest.mark.deep
def test_a_load_there_is_invalidated_here_whoever_waits_for_it() -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(there)
        tale.read(here)
        tale.invalidate(here)

    tell(partial(Tale, naps=1), story, 1900)


def test_two_invalidations_from_two_processes_both_count(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.invalidate(here)
        tale.invalidate(there)

    tell(tale, story, 340)


def test_clearing_during_a_load_counts_like_an_invalidation(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.read(here)
        tale.clear(there)

    tell(tale, story, 390)


def test_clearing_ones_own_process_lets_go_of_its_flights(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.stored()
        tale.read(here)
        tale.clear(here)

    tell(tale, story, 8)


@pytest.mark.parametrize(
    ("own", "readers", "orders"),
    [(True, 1, 14), pytest.param(True, 2, 1500, marks=pytest.mark.deep), (False, 2, 130)],
    ids=["own", "own, two readers", "foreign"],
)
def test_an_invalidated_tag_reaches_loads_that_carry_it(
    tale: Callable[..., Tale], own: bool, readers: int, orders: int
) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        for _ in range(readers):
            tale.read(here)
        tale.invalidate_tag(here if own else there)

    tell(partial(tale, tagged=True), story, orders)


def test_an_invalidated_tag_reaches_what_is_stored(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        tale.stored()
        here, there = tale.process(), tale.process()
        tale.read(there)
        tale.read(here)
        tale.invalidate_tag(here)

    tell(partial(tale, tagged=True), story, 160)


@pytest.mark.parametrize("own", [pytest.param(True, marks=pytest.mark.deep), False], ids=["own", "foreign"])
def test_a_refresh_loses_to_an_invalidation(own: bool) -> None:
    def story(tale: Tale) -> None:
        tale.stored()
        here, there = tale.process(), tale.process()
        tale.refresh(here)
        tale.invalidate(here if own else there)
        tale.read(here)

    tell(Tale, story, 900)


def test_a_refresh_loses_to_an_invalidation_of_its_tag(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        tale.stored()
        here, there = tale.process(), tale.process()
        tale.refresh(here)
        tale.invalidate_tag(there)
        tale.get(there)

    tell(partial(tale, tagged=True), story, 41)


# Stale values


def test_a_stale_value_is_not_served_after_an_invalidation(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        tale.stored(stale=True)
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.invalidate(there)
        tale.read(there)

    tell(partial(tale, terms=RENEWED), story, 460)


@pytest.mark.parametrize(("readers", "orders"), [(1, 23), pytest.param(2, 2300, marks=pytest.mark.deep)])
def test_a_renewal_behind_a_caller_loses_to_an_invalidation(readers: int, orders: int) -> None:
    def story(tale: Tale) -> None:
        tale.stored(stale=True)
        here = tale.process()
        for _ in range(readers):
            tale.read(here)
        tale.invalidate(here)

    tell(partial(Tale, terms=RENEWED), story, orders)


@pytest.mark.parametrize(("readers", "orders"), [(1, 7), pytest.param(2, 1350, marks=pytest.mark.deep)])
def test_a_value_kept_for_failures_is_not_served_after_an_invalidation(readers: int, orders: int) -> None:
    def story(tale: Tale) -> None:
        tale.stored(stale=True)
        here, there = tale.process(), tale.process()
        for process in (here, there)[:readers]:
            tale.read(process, fails=True)
        tale.invalidate(there)

    tell(partial(Tale, terms=KEPT), story, orders)


def test_renewals_of_two_processes_behind_their_callers_run_one_loader(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        tale.stored(stale=True)
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.read(here)
        tale.read(there)

    tell(partial(tale, terms=RENEWED), story, 45)


# Documents


def test_a_written_value_is_never_overwritten_by_an_older_load(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.read(here)
        tale.read(here)
        tale.set(there)
        tale.get(there)

    tell(tale, story, 400)


def test_of_two_changes_none_is_lost() -> None:
    assert {held for _, held in tell(Tale, two_changes, 4).outcomes} == {"ab", "ba"}


def test_a_change_does_not_bring_an_invalidated_value_back(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        tale.stored()
        here, there = tale.process(), tale.process()
        tale.mutate(here, lambda old: old)
        tale.mutate(there, lambda old: old)
        tale.invalidate_tag(here)
        tale.get(there)

    tell(partial(tale, tagged=True), story, 55)


# Cancellations and outages


def test_cancelling_the_caller_who_began_a_load_starves_nobody(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.cancel(tale.read(here))
        tale.read(here)

    tell(tale, story, 60)


@pytest.mark.parametrize(("others", "orders"), [(0, 270), pytest.param(1, 3700, marks=pytest.mark.deep)])
def test_cancelling_two_callers_starves_nobody(others: int, orders: int) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.cancel(tale.read(here))
        tale.cancel(tale.read(here))
        for _ in range(others):
            tale.read(here)

    tell(Tale, story, orders)


def test_cancelling_a_caller_during_an_invalidation_breaks_nothing() -> None:
    def story(tale: Tale) -> None:
        here, there = tale.process(), tale.process()
        tale.cancel(tale.read(here))
        tale.read(here)
        tale.invalidate(there)

    tell(Tale, story, 790)


def test_an_invalidating_function_invalidates_even_if_its_caller_is_cancelled() -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.cancel(tale.change(here))
        tale.read(here)

    tell(Tale, story, 90)


@pytest.mark.parametrize("tagged", [False, pytest.param(True, marks=pytest.mark.deep)], ids=["plain", "tagged"])
def test_a_store_that_goes_away_at_any_moment_fails_no_reader(tale: Callable[..., Tale], tagged: bool) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.read(here)
        tale.read(here)
        tale.outage(here)

    tell(partial(tale, tagged=tagged), story, 780)


def test_an_invalidation_that_returned_counts_in_spite_of_an_outage(tale: Callable[..., Tale]) -> None:
    def story(tale: Tale) -> None:
        here = tale.process()
        tale.read(here)
        tale.outage(here)
        tale.invalidate(here)

    tell(tale, story, 520)
