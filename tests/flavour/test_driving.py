"""Twisted: the Deferred that drives a coroutine of the engine."""

import asyncio
import gc
from contextvars import ContextVar
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogEvent, globalLogPublisher
from twisted.python.failure import Failure

from unicache_twisted._driving import Driven, Promised


def outcome(call: Deferred[Any]) -> list[Any]:
    """What came of it, once it is there; a failure as its error."""
    seen: list[Any] = []
    call.addBoth(lambda result: seen.append(result.value if isinstance(result, Failure) else result))
    return seen


async def given(awaited: Any) -> Any:
    return await awaited


def test_a_coroutine_that_waits_for_nothing_is_over_at_once() -> None:
    async def at_once() -> int:
        return 7

    assert outcome(Driven(at_once())) == [7]


def test_a_promise_is_waited_for_and_kept_once() -> None:
    promise = Promised()
    seen = outcome(Driven(given(promise)))
    assert seen == []
    promise.resolve(1)
    promise.resolve(2)
    assert seen == [1]


def test_a_promise_that_was_kept_before_is_not_waited_for() -> None:
    promise = Promised()
    promise.resolve(1)
    assert outcome(Driven(given(promise))) == [1]


@pytest.mark.parametrize("early", [True, False])
def test_deferreds_are_waited_for_with_their_failures(early: bool) -> None:
    good: Deferred[int] = Deferred()
    bad: Deferred[int] = Deferred()

    async def both() -> tuple[int, str]:
        value = await good
        try:
            await bad
        except LookupError as error:
            return value, str(error)
        raise AssertionError

    call = None if early else Driven(both())
    good.callback(3)
    bad.errback(Failure(LookupError("gone")))  # type: ignore[no-untyped-call]
    assert outcome(call or Driven(both())) == [(3, "gone")]


def test_what_a_coroutine_raises_is_the_failure() -> None:
    async def broken() -> None:
        raise LookupError("gone")

    [error] = outcome(Driven(broken()))
    assert isinstance(error, LookupError)


def test_what_another_loop_would_have_to_finish_is_refused() -> None:
    loop = asyncio.new_event_loop()
    [error] = outcome(Driven(given(loop.create_future())))
    loop.close()
    assert isinstance(error, RuntimeError)
    assert "another event loop" in str(error)


def test_a_promise_under_another_driver_is_refused() -> None:
    [error] = outcome(Deferred.fromCoroutine(given(Promised())))
    assert isinstance(error, RuntimeError)


def test_context_variables_are_those_of_the_caller_and_what_is_set_stays_inside() -> None:
    variable = ContextVar("variable", default=0)
    promise = Promised()

    async def look() -> list[int]:
        seen = [variable.get()]
        variable.set(2)
        await promise
        return [*seen, variable.get()]

    variable.set(1)
    seen = outcome(Driven(look()))
    variable.set(3)
    promise.resolve(None)
    assert seen == [[1, 2]]
    assert variable.get() == 3


@pytest.mark.parametrize("kind", [Promised, Deferred])
def test_a_call_that_is_cancelled_ends_when_its_tidying_up_does(kind: type) -> None:
    awaited, tidied = kind(), Promised()

    async def tidy() -> None:
        try:
            await awaited
        finally:
            await tidied

    call = Driven(tidy())
    seen = outcome(call)
    call.cancel()
    call.cancel()
    assert seen == []
    tidied.resolve(None)
    assert [type(error) for error in seen] == [CancelledError]


def test_a_call_that_lets_no_cancellation_stop_it_gives_what_it_gives() -> None:
    promise = Promised()

    async def stubborn() -> str:
        try:
            await Promised()
        except CancelledError:
            await promise
        return "done"

    call = Driven(stubborn())
    waiting = outcome(Driven(given(call)))
    call.cancel()
    assert waiting == []
    promise.resolve(None)
    assert waiting == ["done"]


def test_a_promise_kept_after_the_cancellation_goes_to_nobody() -> None:
    promise = Promised()
    call = Driven(given(promise))
    seen = outcome(call)
    call.cancel()
    promise.resolve(1)
    assert [type(error) for error in seen] == [CancelledError]


def test_a_failure_nobody_looks_at_is_logged() -> None:
    logged: list[LogEvent] = []

    async def broken() -> None:
        raise LookupError("gone")

    globalLogPublisher.addObserver(logged.append)
    try:
        Driven(broken())
        gc.collect()
    finally:
        globalLogPublisher.removeObserver(logged.append)
    assert any("gone" in str(event.get("log_failure")) for event in logged)
