"""The bookkeeping of loads under way: who leads, who joins, who comes too late, and who is let go."""

import threading

import pytest
from memory_kit import run

from unicache._blocking import BlockingIo
from unicache._core.loads.flight import Failed, Flights, Loaded, Role

ONE, OTHER = b":one", b":other"


@pytest.fixture
def flights() -> Flights:
    return Flights(BlockingIo())


def test_the_first_leads_and_the_others_join_the_same_flight(flights: Flights) -> None:
    flight, role = flights.enter(ONE)
    assert role is Role.LEADER
    assert flights.enter(ONE) == (flight, Role.JOINER)
    assert flights.enter(ONE) == (flight, Role.JOINER)


def test_flights_of_different_names_have_nothing_to_do_with_each_other(flights: Flights) -> None:
    flight, _ = flights.enter(ONE)
    other, role = flights.enter(OTHER)
    assert role is Role.LEADER
    assert other is not flight


def test_who_comes_after_the_doors_are_closed_is_late(flights: Flights) -> None:
    flight, _ = flights.enter(ONE)
    flights.close_doors(flight)
    assert flights.enter(ONE) == (flight, Role.LATE)


def test_a_landing_wakes_all_and_makes_room_for_the_next(flights: Flights) -> None:
    flight, _ = flights.enter(ONE)
    landing = Loaded("value", None)
    flights.land(flight, landing)
    assert run(flight.event.wait(0.0))
    assert flight.landing is landing
    assert flights.enter(ONE)[1] is Role.LEADER


def test_a_detached_flight_is_joined_by_nobody_and_still_lands(flights: Flights) -> None:
    flight, _ = flights.enter(ONE)
    kept, _ = flights.enter(OTHER)
    flights.detach([ONE])
    following, role = flights.enter(ONE)
    assert role is Role.LEADER
    assert flights.enter(OTHER) == (kept, Role.JOINER)
    flights.land(flight, Loaded("old", None))
    assert run(flight.event.wait(0.0))
    assert flights.enter(ONE) == (following, Role.JOINER)


def test_detaching_by_prefix_lets_go_of_what_begins_with_it_only(flights: Flights) -> None:
    flights.enter(b"shop:one")
    flights.enter(b"shop/carts:one")
    flights.detach_all(b"shop:")
    assert flights.enter(b"shop:one")[1] is Role.LEADER
    assert flights.enter(b"shop/carts:one")[1] is Role.JOINER


def test_detaching_what_is_not_under_way_is_fine(flights: Flights) -> None:
    flights.detach([ONE])
    flights.detach_all(b"")


def test_a_failure_keeps_the_traceback_that_it_came_with() -> None:
    with pytest.raises(ValueError, match="no") as caught:
        int("no")
    assert Failed(caught.value).traceback is caught.value.__traceback__


def test_of_many_threads_exactly_one_leads(flights: Flights) -> None:
    start, roles = threading.Barrier(8), list[Role]()

    def enter() -> None:
        start.wait()
        roles.append(flights.enter(ONE)[1])

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(role.value for role in roles) == ["joiner"] * 7 + ["leader"]


def test_a_forked_child_begins_without_flights(flights: Flights) -> None:
    flights.enter(ONE)
    flights.forget()
    assert flights.enter(ONE)[1] is Role.LEADER
