"""Threads: the bounded pool, threads that close under each other, and signals that strike anywhere."""

import gc
import itertools
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servers import observer
from unicache._blocking import BlockingIo
from unicache._core.run import run
from unicache._core.setup.node import Credentials
from unicache._core.wire.links import Links
from unicache.errors import CacheClosed, CacheError, ConfigurationError, OperationTimeout
from unicache.server import Server
from wires import clients, links_to, say, wait_until


def _echoes(links: Links, numbers: range) -> bool:
    return all(int(run(say(links, "ECHO", number))) == number for number in numbers)


def test_sixteen_threads_cross_no_reply(valkey_server: Server) -> None:
    links = links_to(BlockingIo(), valkey_server)
    with ThreadPoolExecutor(16) as pool:
        shares = [range(first, first + 2000) for first in range(0, 160_000, 10_000)]
        assert all(pool.map(lambda share: _echoes(links, share), shares))
    links.close()


def test_more_threads_than_connections_take_turns(valkey_server: Server, namespace: str) -> None:
    links = links_to(BlockingIo(), valkey_server, Credentials(client_name=namespace), max_connections=2)
    with ThreadPoolExecutor(12) as pool:
        shares = [range(first, first + 200) for first in range(0, 120_000, 10_000)]
        assert all(pool.map(lambda share: _echoes(links, share), shares))
    assert clients(valkey_server, namespace) == 2
    links.close()


def test_no_turn_before_the_deadline_is_a_timeout_in_which_nothing_was_sent() -> None:
    with Server() as server, ThreadPoolExecutor(1) as pool:
        links = links_to(BlockingIo(), server, max_connections=1)
        run(links.connect())
        server.pause()
        first = pool.submit(run, say(links, "ECHO", "first"))
        wait_until(lambda: not links._idle)  # type: ignore[attr-defined]
        links._timeout = 0.1
        with pytest.raises(OperationTimeout, match="all 1 connections were busy") as caught:
            run(say(links, "ECHO", "second"))
        assert not caught.value.ambiguous
        server.resume()
        assert first.result() == b"first"
        links.close()


def test_deadlines_that_pass_in_a_crowd_cost_no_connection_and_cross_no_reply(namespace: str) -> None:
    def share(first: int) -> list[OperationTimeout]:
        late = []
        for number in range(first, first + 300):
            try:
                assert int(run(say(links, "ECHO", number))) == number
            except OperationTimeout as error:
                late.append(error)
        return late

    with Server() as server, ThreadPoolExecutor(64) as pool:
        before = _connections(server)
        links = links_to(BlockingIo(), server, Credentials(client_name=namespace), max_connections=2)
        assert all(pool.map(lambda share: _echoes(links, share), [range(10)] * 4))
        links._timeout = 0.01
        late = list(itertools.chain.from_iterable(pool.map(share, range(0, 640_000, 10_000))))
        assert _connections(server) <= before + 2 + 1  # the pool's, and the one that asks
        assert all(error.ambiguous is not ("were busy" in str(error)) for error in late)
        links.close()


def _connections(server: Server) -> int:
    with observer(server) as client:
        return int(client.info("stats")["total_connections_received"])


class Oversleeping(BlockingIo):
    """Whoever waits for a turn wakes up when the deadline is over, and has the turn."""

    late = 0.0

    def now(self) -> float:  # type: ignore[override]  # a function there, a method here
        return time.monotonic() + self.late

    def event(self) -> "Oversleeping.Event":
        return self.Event(self)

    class Event:
        def __init__(self, io: "Oversleeping") -> None:
            self._io = io
            self._event = threading.Event()
            self.set = self._event.set

        async def wait(self, seconds: float) -> bool:
            if not self._event.is_set():
                self._io.late += seconds
            return self._event.wait(20.0)


def test_a_turn_won_after_the_deadline_sends_nothing_and_leaves_the_connection_as_it_was() -> None:
    with Server() as server, ThreadPoolExecutor(1) as pool:
        links = links_to(Oversleeping(), server, max_connections=1)
        run(links.connect())
        connection = run(say(links, "CLIENT", "ID"))
        loan = links._idle.pop()  # type: ignore[attr-defined]
        asked = pool.submit(run, say(links, "SET", "late", "1"))
        wait_until(lambda: bool(links._waiting))  # type: ignore[attr-defined]
        links._give(loan)  # type: ignore[attr-defined]
        with pytest.raises(OperationTimeout) as caught:
            asked.result()
        assert not caught.value.ambiguous
        assert run(say(links, "GET", "late")) is None
        assert run(say(links, "CLIENT", "ID")) == connection
        links.close()


def test_close_wakes_those_who_read_and_those_who_wait_for_a_turn() -> None:
    with Server() as server:
        links = links_to(BlockingIo(), server, max_connections=2)
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda share: _echoes(links, share), [range(10)] * 4))
            server.pause()
            failures = [pool.submit(_until_closed, links) for _ in range(4)]
            wait_until(lambda: len(links._waiting) == 2)  # type: ignore[attr-defined]  # those who have no connection
            links.close()
            assert [type(failure.result()) for failure in failures] == [CacheClosed] * 4


def test_closing_under_busy_threads_never_leaves_one_hanging(valkey_server: Server) -> None:
    for _ in range(20):
        links = links_to(BlockingIo(), valkey_server, max_connections=3)
        with ThreadPoolExecutor(6) as pool:
            failures = [pool.submit(_until_closed, links) for _ in range(6)]
            links.close()
            assert [type(failure.result()) for failure in failures] == [CacheClosed] * 6


def _until_closed(links: Links) -> CacheError | None:
    for number in itertools.count():
        try:
            assert int(run(say(links, "ECHO", number))) == number
        except CacheError as error:
            return error
    return None


class Struck(Exception):
    """What the signal's handler raises, as a worker's time limit would."""


# A signal can strike a destructor, or between making a socket or a coroutine and using it; then Python itself warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_signals_that_raise_anywhere_cross_no_reply_and_lose_no_connection(
    valkey_server: Server, namespace: str, alarms: None
) -> None:
    before = _descriptors()
    links = links_to(BlockingIo(), valkey_server, Credentials(client_name=namespace), max_connections=2)
    run(links.connect())
    moments = random.Random(7)  # noqa: S311  any moment will do
    calls = (_struck(links, number, moments.uniform(1e-6, 6e-4)) for number in itertools.count())
    with uncollected():
        assert sum(itertools.islice(filter(None, calls), 1000)) == 1000
        assert _descriptors() <= before + 2
    with ThreadPoolExecutor(4) as pool:  # both places in the pool are there to be had
        assert all(pool.map(lambda share: _echoes(links, share), [range(100)] * 4))
    assert clients(valkey_server, namespace) <= 2
    links.close()
    gc.collect()


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is tidied up by the collector of cycles meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _struck(links: Links, number: int, moment: float) -> bool:
    """A call during which a signal strikes at the given moment, if it is not over by then."""
    try:
        signal.setitimer(signal.ITIMER_REAL, moment)
        assert int(run(say(links, "ECHO", number))) == number
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Struck:
        return True
    return False


def test_a_time_limit_of_the_callers_own_is_raised_as_it_is_and_the_reply_goes_to_nobody() -> None:
    def strike(_: int, __: Any) -> None:
        raise TimeoutError("enough")  # an OSError, like all that a socket raises

    with Server() as server:
        links = links_to(BlockingIo(), server)
        run(links.connect())
        server.pause()
        before = signal.signal(signal.SIGALRM, strike)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(TimeoutError, match="enough"):
                run(say(links, "ECHO", "hers"))
        finally:
            signal.signal(signal.SIGALRM, before)
        server.resume()
        assert run(say(links, "ECHO", "mine")) == b"mine"
        links.close()


@pytest.fixture
def alarms() -> Iterator[None]:
    """SIGALRM raises Struck in the main thread."""

    def strike(_: int, __: Any) -> None:
        raise Struck

    before = signal.signal(signal.SIGALRM, strike)
    yield
    signal.signal(signal.SIGALRM, before)


def test_a_coroutine_given_to_a_synchronous_cache_is_refused() -> None:
    async def load() -> None: ...

    with pytest.raises(ConfigurationError, match="unicache_asyncio"):
        run(BlockingIo().call(load))


def test_what_is_spawned_runs_beside_the_caller() -> None:
    seen = threading.Event()

    async def main() -> None:
        seen.set()

    BlockingIo().spawn(main)
    assert seen.wait(20.0)
