"""The table of freshness, row by row and at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.loads.freshness import NO_WINDOWS, State, Windows, lifetimes, state_of
from unicache._core.records.record import Record

SOFT = 1000.0
BOTH = Windows(revalidate=10.0, if_error=60.0)


def stored(soft: float = SOFT, cost: float = 0.0) -> Record:
    return Record(b"", 1, 1, 900.0, soft=soft, cost=cost)


@pytest.mark.parametrize(
    ("now", "windows", "state"),
    [
        (999.999, BOTH, State.FRESH),
        (1000.0, BOTH, State.REVALIDATE),
        (1009.999, BOTH, State.REVALIDATE),
        (1010.0, BOTH, State.IF_ERROR),
        (1059.999, BOTH, State.IF_ERROR),
        (1060.0, BOTH, State.DEAD),
        (1000.0, Windows(if_error=1.0), State.IF_ERROR),
        (1000.0, Windows(revalidate=1.0), State.REVALIDATE),
        (1001.0, Windows(revalidate=1.0), State.DEAD),
        (1000.0, NO_WINDOWS, State.DEAD),
        (999.0, NO_WINDOWS, State.FRESH),
        (1030.0, Windows(revalidate=60.0, if_error=10.0), State.REVALIDATE),
    ],
)
def test_the_state_follows_the_table(now: float, windows: Windows, state: State) -> None:
    assert state_of(stored(), now, windows) is state


def test_a_record_without_a_soft_expiry_is_fresh_whatever_the_clock_says() -> None:
    assert state_of(stored(soft=0.0), 1e12, BOTH) is State.FRESH


def test_what_each_state_means() -> None:
    assert [state for state in State if state.served] == [State.FRESH, State.EARLY, State.REVALIDATE]
    assert [state for state in State if state.renewed] == [State.EARLY, State.REVALIDATE]


def test_early_refresh_comes_sooner_for_dear_loads_and_unlucky_draws() -> None:
    windows = Windows(early=1.0)
    half = 0.5  # -log(0.5) is 0.693
    assert state_of(stored(cost=10.0), 993.0, windows, half) is State.FRESH
    assert state_of(stored(cost=10.0), 993.1, windows, half) is State.EARLY
    assert state_of(stored(cost=1.0), 993.1, windows, half) is State.FRESH
    assert state_of(stored(cost=10.0), 993.1, windows, 1.0) is State.FRESH
    assert state_of(stored(cost=10.0), 993.1, Windows(), half) is State.FRESH


@given(
    now=st.floats(0.0, 2000.0),
    revalidate=st.floats(0.0, 100.0),
    if_error=st.floats(0.0, 100.0),
    draw=st.floats(1e-9, 1.0),
)
def test_nothing_is_served_outside_its_window(now: float, revalidate: float, if_error: float, draw: float) -> None:
    state = state_of(stored(cost=1.0), now, Windows(revalidate, if_error, early=1.0), draw)
    late = now - SOFT
    assert state.served == (late < 0.0 or late < revalidate)
    assert (state is State.DEAD) == (late >= 0.0 and late >= max(revalidate, if_error))


def test_a_record_is_kept_for_its_longest_window_and_softly_expires_after_its_ttl() -> None:
    assert lifetimes(30.0, BOTH, 100.0) == (90.0, 130.0)
    assert lifetimes(30.0, BOTH, 100.0, stretch=1.1) == (pytest.approx(93.0), pytest.approx(133.0))


def test_without_windows_the_server_ends_it_and_no_clock_is_compared() -> None:
    assert lifetimes(30.0, NO_WINDOWS, 100.0) == (30.0, 0.0)
    assert lifetimes(None, NO_WINDOWS, 100.0) == (None, 0.0)
    assert lifetimes(30.0, Windows(early=1.0), 100.0) == (30.0, 130.0)
