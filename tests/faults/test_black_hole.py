"""Black holes: one takes connections and never says a word, one does not even take them.

How long a call takes to fail is a figure of the benchmarks. Here no clock is read: what is looked at is how it fails,
and what deadline its event model was given.
"""

import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage, bare
from flavours import Flavour
from unicache.errors import InvalidationUncertain, OperationTimeout, StoreUnavailable

Call = Callable[[], Coroutine[Any, Any, Any]]


@contextmanager
def silent() -> Iterator[socket.socket]:
    """The kernel takes the connections, and that is all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@contextmanager
def full() -> Iterator[socket.socket]:
    """Its queue is full, so that the kernel leaves new connections unanswered."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003  the standard library's own signature
            waiting.connect_ex(listening.getsockname())
        yield listening


def documents(cache: Cache) -> list[Call]:
    return [
        partial(cache.get, "k"),
        partial(cache.set, "k", 1),
        partial(cache.insert, "k", 1),
        partial(cache.delete, "k"),
        partial(cache.get_many, ["k"]),
        partial(cache.mutate, "k", str),
        cache.ping,
        cache.connect,
    ]


def invalidations(cache: Cache) -> list[Call]:
    return [partial(cache.invalidate, "k"), partial(cache.invalidate_tags, "t"), cache.clear]


@pytest.mark.parametrize("hole", [silent, full])
def test_every_call_fails_in_its_own_way_and_says_that_nothing_was_sent(
    flavour: Flavour, namespace: str, hole: Any
) -> None:
    with hole() as listening:
        address = "{}:{}".format(*listening.getsockname())
        stage = Stage(flavour, f"valkey://{address}", namespace)
        cache = stage.open(timeout=0.1, connect_timeout=0.1)
        calls = [*documents(cache), *invalidations(cache), partial(cache.get_or_set, "k", seven)]
        *outcomes, answer = stage.run(partial(stage.together, calls))
    assert answer == 7
    assert [type(outcome) for outcome in outcomes[-3:]] == [InvalidationUncertain] * 3
    for outcome in outcomes[:-3]:
        assert isinstance(outcome, StoreUnavailable | OperationTimeout), outcome
        assert (outcome.ambiguous, address in str(outcome)) == (False, True), outcome


async def seven() -> int:
    return 7


def test_a_call_is_given_its_own_time_and_not_that_of_connecting(flavour: Flavour, namespace: str) -> None:
    with silent() as listening:
        stage = Stage(flavour, "valkey://{}:{}".format(*listening.getsockname()), namespace)
        cache = stage.open(timeout=20.0, connect_timeout=60.0)
        alarms = spied(cache)

        async def body() -> None:
            call = stage.begin(partial(cache.get, "k"))
            await stage.until(lambda: alarms)
            await stage.until(partial(hung_up, listening))
            with pytest.raises(StoreUnavailable):
                await call.result()

        stage.run(body)
    assert 16.0 < min(alarms) <= 20.0


def spied(cache: Cache) -> list[float]:
    """The seconds after which the event model is asked to ring, as far as it is asked from now on."""
    io, seconds = bare(cache)._engine.core.io, []
    alarm = io.alarm

    def noted(after: float, ring: Callable[[], None]) -> Any:
        seconds.append(after)
        return alarm(after, ring)

    io.alarm = noted
    return seconds


def hung_up(listening: socket.socket) -> bool:
    """Take one connection after all, if it is there by now, and end it; and take no more."""
    listening.setblocking(False)  # noqa: FBT003  the standard library's own signature
    try:
        taken, _ = listening.accept()
    except BlockingIOError:
        return False
    taken.close()
    listening.close()
    return True
