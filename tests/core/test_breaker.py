"""The circuit breaker: when it opens, who may try, and what closes it."""

from hypothesis import given
from hypothesis import strategies as st

from unicache._core.tools.breaker import FIRST_PAUSE, LONGEST_PAUSE, PROOFS, THRESHOLD, Breaker


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker.failed(at)
    return breaker


def test_a_new_one_lets_everybody_through() -> None:
    breaker = Breaker()
    assert [breaker.allows(0.0) for _ in range(5)] == [True] * 5
    assert not breaker.is_open


def test_it_opens_after_so_many_troubles_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker.failed(0.0)
    assert breaker.is_open
    assert not breaker.allows(0.0)


def test_a_success_in_between_starts_the_row_again() -> None:
    breaker = Breaker()
    for _ in range(10):
        for _ in range(THRESHOLD - 1):
            breaker.failed(0.0)
        breaker.succeeded()
    assert not breaker.is_open


def test_after_its_pause_it_lets_one_trial_through() -> None:
    breaker = opened()
    assert not breaker.allows(FIRST_PAUSE - 0.001)
    assert [breaker.allows(FIRST_PAUSE) for _ in range(3)] == [True, False, False]


def test_a_trial_that_is_never_heard_of_again_is_followed_by_another() -> None:
    breaker = opened()
    assert breaker.allows(FIRST_PAUSE)
    assert not breaker.allows(FIRST_PAUSE * 2 - 0.001)
    assert breaker.allows(FIRST_PAUSE * 2)


def test_a_trial_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now, pause = opened(), 0.0, FIRST_PAUSE
    for _ in range(10):
        assert not breaker.allows(now + pause - 0.001)
        now += pause
        assert breaker.allows(now)
        breaker.failed(now)
        pause = min(LONGEST_PAUSE, pause * 2.0)
    assert pause == LONGEST_PAUSE


def test_it_closes_after_so_many_proofs() -> None:
    breaker = opened()
    for _ in range(PROOFS):
        assert breaker.is_open
        assert breaker.allows(FIRST_PAUSE)
        breaker.succeeded()
    assert not breaker.is_open
    assert [breaker.allows(FIRST_PAUSE) for _ in range(3)] == [True] * 3


def test_a_failure_between_the_proofs_takes_them_back() -> None:
    breaker = opened()
    breaker.succeeded()
    breaker.failed(FIRST_PAUSE)
    for _ in range(PROOFS - 1):
        breaker.succeeded()
    assert breaker.is_open


def test_calls_that_fail_after_it_opened_say_nothing_new() -> None:
    breaker = opened()
    for _ in range(100):
        breaker.failed(0.01)
    assert breaker.allows(FIRST_PAUSE)


def test_once_closed_it_opens_with_the_first_pause_again() -> None:
    breaker = opened()
    breaker.failed(FIRST_PAUSE)
    for _ in range(PROOFS):
        breaker.succeeded()
    for _ in range(THRESHOLD):
        breaker.failed(100.0)
    assert not breaker.allows(100.0 + FIRST_PAUSE - 0.001)
    assert breaker.allows(100.0 + FIRST_PAUSE)


@given(st.lists(st.tuples(st.sampled_from(["failed", "succeeded"]), st.floats(0.0, 5.0)), max_size=60))
def test_whatever_happens_somebody_may_try_after_the_longest_pause(happenings: list[tuple[str, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for what, later in happenings:
        now += later
        if breaker.allows(now):
            breaker.failed(now) if what == "failed" else breaker.succeeded()
    assert breaker.allows(now + LONGEST_PAUSE)
