"""One connection: replies go to their requests, however the bytes are cut and whatever becomes of the callers."""

from typing import Any

import pytest
from hiredis import ReplyError
from wire_kit import GREETING, HandIo, Running, open_link

from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials
from unicache._core.wire import link as link_module
from unicache._core.wire import resp
from unicache._core.wire.link import COMPANY, GRACE, Link
from unicache._core.wire.watches import Watches
from unicache.errors import CacheClosed, ConfigurationError, OperationTimeout, StoreUnavailable

PING = resp.pack("PING")
REPLIES = b"$5\r\na\r\n-b\r\n-ERR no\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n*2\r\n:1\r\n_\r\n+one\r\n+two\r\n"


def _ask(link: Link, want: int = 1, deadline: float = 10.0) -> Running:
    return Running(link.request(PING, want, deadline))


@pytest.mark.parametrize("cut", range(len(REPLIES) + 1))
def test_replies_cut_at_any_byte_reach_their_requests(cut: int) -> None:
    link, _ = open_link(HandIo())
    calls = [_ask(link), _ask(link), _ask(link), _ask(link, want=2)]
    link.received(REPLIES[:cut])
    link.received(REPLIES[cut:])
    text, error, pair, two = [call.go().result for call in calls]
    assert (text, pair, two) == (b"a\r\n-b", [1, None], [b"one", b"two"])
    assert isinstance(error, ReplyError)


@pytest.mark.parametrize("cut", range(len(GREETING) + 1))
def test_a_greeting_cut_at_any_byte_opens_the_link(cut: int) -> None:
    io = HandIo()
    link = Link(io, Endpoint(), Credentials())
    opening = Running(link.open(1.0))
    link.received(GREETING[:cut])
    link.received(GREETING[cut:])
    assert opening.go().result.version == (9, 1, 2)


def test_requests_of_one_tick_leave_in_one_write() -> None:
    link, transport = open_link(HandIo())
    for _ in range(3):
        _ask(link)
    transport.end_of_tick()
    assert b"".join(transport.written) == PING * 3
    link.received(b"+PONG\r\n" * 3)
    transport.written.clear()
    for _ in range(3):
        _ask(link)
    assert transport.written == []
    transport.end_of_tick()
    assert transport.written == [PING * 3]


def test_a_caller_that_is_alone_does_not_wait_for_the_end_of_the_tick() -> None:
    link, transport = open_link(HandIo())
    _ask(link)
    transport.end_of_tick()
    link.received(b"+PONG\r\n")
    for number in range(2, 5):
        _ask(link)
        assert len(transport.written) == number
        link.received(b"+PONG\r\n")


def test_a_server_that_has_nothing_to_do_gets_the_first_of_many_before_the_tick_ends() -> None:
    link, transport = open_link(HandIo())
    transport.written.clear()
    for _ in range(3 * COMPANY):
        _ask(link)
    assert transport.written == [PING * COMPANY]
    transport.end_of_tick()
    assert transport.written == [PING * COMPANY, PING * 2 * COMPANY]


def test_what_is_asked_before_the_link_is_open_leaves_in_order_after_the_greeting() -> None:
    io = HandIo()
    link = Link(io, Endpoint(), Credentials())
    calls = [Running(link.request(resp.pack("ECHO", n), 1, 10.0)) for n in range(3)]
    opening = Running(link.open(1.0))
    io.transports[0].end_of_tick()
    assert b"ECHO" not in b"".join(io.transports[0].written)
    link.received(GREETING)
    opening.go()
    io.transports[0].end_of_tick()
    assert io.transports[0].written[-1] == b"".join(resp.pack("ECHO", n) for n in range(3))
    link.received(b"$1\r\n0\r\n$1\r\n1\r\n$1\r\n2\r\n")
    assert [call.go().result for call in calls] == [b"0", b"1", b"2"]


def test_the_place_of_a_caller_that_has_gone_is_kept() -> None:
    link, _ = open_link(HandIo())
    gone, stays = _ask(link), _ask(link)
    gone.cancel()
    link.received(b"+hers\r\n+mine\r\n")
    assert stays.go().result == b"mine"
    assert link.ready
    assert not link.busy


def test_a_push_is_told_to_those_who_wait_for_its_names_and_is_no_reply() -> None:
    io = HandIo()
    link, _ = open_link(io)
    hers, his = io.event(), io.event()
    link.watches.add(b"hers", hers)
    link.watches.add(b"his", his)
    call = _ask(link)
    link.received(b">2\r\n$10\r\ninvalidate\r\n*1\r\n$4\r\nhers\r\n+mine\r\n")
    assert (hers.is_set, his.is_set, call.go().result) == (True, False, b"mine")


@pytest.mark.parametrize("what", ["flush", "end"])
def test_a_flush_and_the_end_of_the_link_are_told_to_all_who_wait(what: str) -> None:
    io = HandIo()
    link, _ = open_link(io)
    event = io.event()
    link.watches.add(b"name", event)
    if what == "flush":
        link.received(b">2\r\n$10\r\ninvalidate\r\n_\r\n")
    else:
        link.lost(None)
    assert event.is_set


def test_an_event_that_is_not_waited_for_any_more_is_forgotten() -> None:
    watches, event = Watches(), HandIo().event()
    watches.add(b"name", event)
    watches.remove(b"name", event)
    watches.remove(b"name", event)
    watches.tell([b"name"])
    assert not event.is_set


def test_a_late_reply_is_dropped_and_the_link_kept() -> None:
    io = HandIo()
    link, _ = open_link(io)
    late = _ask(link, deadline=1.0)
    io.pass_time(1.0)
    assert isinstance(late.go().result, OperationTimeout)
    assert late.result.ambiguous
    call = _ask(link)
    link.received(b"+late\r\n+mine\r\n")
    assert call.go().result == b"mine"


def test_a_reply_that_never_comes_ends_the_link_after_a_time_of_grace() -> None:
    io = HandIo()
    link, transport = open_link(io)
    _ask(link, deadline=1.0)
    io.pass_time(1.0)
    assert link.ready
    call = _ask(link, deadline=100.0)
    transport.end_of_tick()
    io.pass_time(GRACE)
    assert transport.closed
    assert isinstance(call.go().result, StoreUnavailable)
    assert call.result.ambiguous


def test_a_reply_that_came_while_the_process_stood_still_is_in_time() -> None:
    io = HandIo()
    link, _ = open_link(io)
    call, lost = _ask(link, deadline=1.0), _ask(link, deadline=1.0)
    io.pass_time(3.0)
    assert not call.go().done
    link.received(b"+here\r\n")
    io.pass_time(0.0)
    assert call.go().result == b"here"
    assert isinstance(lost.go().result, OperationTimeout)


def test_only_what_was_sent_is_ambiguous_when_the_link_is_lost() -> None:
    link, transport = open_link(HandIo())
    sent = _ask(link)
    transport.end_of_tick()
    kept = _ask(link)
    link.lost(None)
    assert [sent.go().result.ambiguous, kept.go().result.ambiguous] == [True, False]


@pytest.mark.parametrize("noise", [b"HTTP/1.1 200 OK\r\n", b"+more\r\n+than\r\n+asked\r\n"])
def test_what_is_not_an_answer_ends_the_link(noise: bytes) -> None:
    link, transport = open_link(HandIo())
    call = _ask(link)
    link.received(noise)
    assert link.dead
    assert transport.closed
    assert call.go().done


def test_requests_beyond_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "MAX_IN_FLIGHT", 2)
    link, _ = open_link(HandIo())
    calls = [_ask(link) for _ in range(3)]
    assert [call.done for call in calls] == [False, False, True]
    assert isinstance(calls[2].result, StoreUnavailable)
    assert not calls[2].result.ambiguous
    assert link.ready


def test_an_interruption_while_sending_costs_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    link, transport = open_link(HandIo())

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transport, "wake", interrupted)
    monkeypatch.setattr(transport, "flush", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _ask(link)
    assert link.dead


def test_an_interruption_while_replies_are_matched_costs_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    link, _ = open_link(HandIo())
    _ask(link)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(link, "_resolve", interrupted)
    with pytest.raises(KeyboardInterrupt):
        link.received(b"+PONG\r\n")
    assert link.dead


def test_close_fails_everything_and_later_requests_too() -> None:
    link, transport = open_link(HandIo())
    call = _ask(link)
    link.close()
    assert transport.closed
    assert isinstance(call.go().result, CacheClosed)
    assert isinstance(_ask(link).result, CacheClosed)


def test_everyone_gets_an_error_of_the_own() -> None:
    link, _ = open_link(HandIo())
    first, second = _ask(link), _ask(link)
    link.lost(OSError("cut"))
    assert first.go().result is not second.go().result


def test_a_server_that_refuses_and_hangs_up_is_quoted() -> None:
    io = HandIo()
    link = Link(io, Endpoint("server", 6379), Credentials())
    opening = Running(link.open(1.0))
    link.received(b"-NOPROTO unsupported protocol version\r\n")
    link.lost(None)
    assert isinstance(opening.go().result, ConfigurationError)
    assert "server:6379 does not speak RESP3" in str(opening.result)
