"""Which link carries a request, what is repeated, and when a node is tried again."""

import random

import pytest
from wire_kit import GREETING, HandIo, HandTransport, Running

from unicache._blocking import BlockingIo
from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials, NodeOptions
from unicache._core.tools.backoff import BASE, CAP, Backoff
from unicache._core.wire.link import Link
from unicache._core.wire.links import SharedLinks
from unicache._core.wire.pool import LinkPool, links_for
from unicache.errors import CacheClosed, OperationTimeout, StoreUnavailable

PING = b"*1\r\n$4\r\nPING\r\n"


def _links(io: HandIo) -> SharedLinks:
    return SharedLinks(io, NodeOptions(Endpoint("server", 6379), Credentials()))


def _greet(io: HandIo) -> HandTransport:
    """The latest connection is greeted, and what waited for it is sent."""
    transport = io.transports[-1]
    transport.end_of_tick()
    transport.receiver.received(GREETING)
    io.running[-1].go()
    transport.end_of_tick()
    return transport


def test_an_exclusive_model_gets_a_pool_and_any_other_a_shared_link() -> None:
    options = NodeOptions(Endpoint(), Credentials())
    assert isinstance(links_for(BlockingIo(), options), LinkPool)
    assert isinstance(links_for(HandIo(), options), SharedLinks)


def test_all_callers_share_one_link() -> None:
    io = HandIo()
    links = _links(io)
    calls = [Running(links.request(PING, again=False)) for _ in range(5)]
    _greet(io).receiver.received(b"+PONG\r\n" * 5)
    assert [call.go().result for call in calls] == [b"PONG"] * 5
    assert len(io.transports) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_lost_request_is_repeated_only_if_it_may_be(again: bool) -> None:
    io = HandIo()
    call = Running(_links(io).request(PING, again=again))
    _greet(io).receiver.lost(None)
    call.go()
    assert (len(io.transports), call.done) == ((2, False) if again else (1, True))


def test_a_turn_that_comes_too_late_is_no_attempt_and_no_failure() -> None:
    io = HandIo()
    links, link = _links(io), Link(io, Endpoint("server", 6379), Credentials())
    opening = Running(links._open(link, io.now()))
    assert isinstance(opening.result, StoreUnavailable)
    assert (link.dead, links.available, io.transports) == (True, True, [])


def test_a_request_is_repeated_no_more_than_once() -> None:
    io = HandIo()
    call = Running(_links(io).request(PING, again=True))
    for _ in range(2):
        _greet(io).receiver.lost(None)
        call.go()
    assert isinstance(call.result, StoreUnavailable)
    assert len(io.transports) == 2


def test_a_request_that_was_not_sent_is_repeated_in_any_case() -> None:
    io = HandIo()
    links = _links(io)
    first = Running(links.request(PING, again=False))
    transport = _greet(io)
    second = Running(links.request(PING, again=False))
    transport.receiver.lost(None)
    first.go()
    second.go()
    assert isinstance(first.result, StoreUnavailable)
    assert not second.done
    _greet(io).receiver.received(b"+PONG\r\n")
    assert second.go().result == b"PONG"


def test_a_failed_repetition_does_not_make_the_first_attempt_certain() -> None:
    io = HandIo()
    call = Running(_links(io).request(PING, again=True))
    transport = _greet(io)
    io.unreachable = True
    transport.receiver.lost(None)
    call.go()
    assert isinstance(call.go().result, StoreUnavailable)
    assert call.result.ambiguous


def test_a_node_that_cannot_be_reached_is_tried_once_for_a_call() -> None:
    io = HandIo()
    io.unreachable = True
    call = Running(_links(io).request(PING, again=True))
    assert isinstance(call.go().result, StoreUnavailable)
    assert len(io.running) == 1


def test_an_attempt_is_scored_before_those_who_wait_hear_that_it_failed() -> None:
    io = HandIo()
    links = _links(io)
    call = Running(links.request(PING, again=True))
    io.transports[-1].receiver.lost(None)
    assert not call.go().done
    io.running[-1].go()
    assert isinstance(call.go().result, StoreUnavailable)
    assert len(io.transports) == 1


def test_a_node_is_not_available_until_its_next_attempt_is_due() -> None:
    io = HandIo()
    links = _links(io)
    assert links.available
    links._backoff.failures, links._backoff.next_try = 1, 5.0
    assert not links.available
    io.time = 5.0
    assert links.available


def test_an_attempt_waits_until_it_is_due() -> None:
    io = HandIo()
    links = _links(io)
    links._backoff.failures, links._backoff.next_try = 1, 5.0
    Running(links.request(PING, again=True))
    assert io.time == 5.0
    _greet(io)
    assert links._backoff.failures == 0


def test_a_call_that_ran_out_of_time_is_not_repeated() -> None:
    io = HandIo()
    call = Running(_links(io).request(PING, again=True))
    io.pass_time(1.0)
    assert isinstance(call.go().result, StoreUnavailable | OperationTimeout)
    assert not call.result.ambiguous
    assert len(io.transports) == 1


def test_closed_links_open_no_more() -> None:
    io = HandIo()
    links = _links(io)
    links.close()
    assert isinstance(Running(links.request(PING, again=True)).result, CacheClosed)
    assert not io.transports


def test_the_time_between_attempts_is_random_and_grows_to_a_bound() -> None:
    backoff = Backoff()
    random.seed(1)
    for failures in range(100):
        backoff.failed(10.0)
        assert 0.0 <= backoff.delay(10.0) <= min(CAP, BASE * 2**failures)
    delays = set()
    for _ in range(50):
        backoff.failed(10.0)
        delays.add(backoff.delay(10.0))
    assert len(delays) == 50
    assert max(delays) > CAP / 2


def test_a_success_ends_the_back_off() -> None:
    backoff = Backoff()
    backoff.failed(10.0)
    backoff.succeeded()
    assert (backoff.failures, backoff.delay(10.0)) == (0, 0.0)


# -- beside the link that all share


SMALL, LARGE = b"*1\r\n$5\r\nSMALL\r\n", b"*1\r\n$5\r\nLARGE\r\n"


def _written(io: HandIo) -> list[bytes]:
    """What was sent on each link after its greeting."""
    for transport in io.transports:
        transport.end_of_tick()
    return [b"".join(transport.written[1:]) for transport in io.transports]


def test_what_is_large_goes_by_a_link_of_its_own() -> None:
    io = HandIo()
    links = _links(io)
    large = Running(links.request(LARGE, again=False, aside=True))
    _greet(io)
    small = Running(links.request(SMALL, again=False))
    _greet(io)
    assert _written(io) == [LARGE, SMALL]
    io.transports[1].receiver.received(b"+SMALL\r\n")
    assert (small.go().result, large.go().done) == (b"SMALL", False)


def test_what_is_large_overtakes_nothing_that_was_asked_before() -> None:
    io = HandIo()
    links = _links(io)
    small = Running(links.request(SMALL, again=False))
    main = _greet(io)
    calls = [Running(links.request(each, again=False, aside=True)) for each in (b"first ", b"second ")]
    assert _written(io) == [SMALL + PING * 2]
    main.receiver.received(b"+SMALL\r\n+PONG\r\n+PONG\r\n")
    calls.append(Running(links.request(b"third ", again=False, aside=True)))  # before the others have gone on
    main.end_of_tick()
    main.receiver.received(b"+PONG\r\n")
    assert small.go().done
    for call in calls:
        call.go()
    _greet(io)
    assert _written(io) == [SMALL + PING * 3, b"first second third "]


def test_what_waited_in_vain_to_go_aside_was_not_sent() -> None:
    io = HandIo()
    links = _links(io)
    small = Running(links.request(SMALL, again=False))
    _greet(io)
    call = Running(links.request(LARGE, again=False, aside=True))
    io.time = 1.0
    io.alarms[-1].ring()
    assert [type(each.go().result) for each in (small, call)] == [OperationTimeout] * 2
    assert [small.result.ambiguous, call.result.ambiguous] == [True, False]


def test_both_links_are_lost_and_closed_together() -> None:
    io = HandIo()
    links = _links(io)
    calls = [Running(links.request(LARGE, again=False, aside=aside)) for aside in (True, False)]
    links.close()
    assert [type(call.go().result) for call in calls] == [CacheClosed] * 2
    assert all(transport.closed for transport in io.transports)
