"""A waiting call holds nobody up: a hundred requests are outstanding at once, under every model and reactor.

No clock proves it. The requests are held at a proxy until all of them are there, which calls made one after another
would never be, and who sees to it is another task of the same loop, hub or reactor.
"""

from collections.abc import Iterator
from functools import partial

import gevent.monkey
import pytest
from programs import said, started
from slow import Holding

import unicache
from caches import Stage
from flavours import Flavour
from unicache.server import Server
from wires import wait_until

CALLS = 100


@pytest.fixture
def proxy(valkey_server: Server) -> Iterator[Holding]:
    with Holding(valkey_server) as between:
        yield between


def test_a_hundred_calls_wait_at_once_and_the_loop_goes_on(flavour: Flavour, proxy: Holding, namespace: str) -> None:
    stage = Stage(flavour, proxy.url, namespace)
    cache = stage.open(timeout=20, connect_timeout=20, max_connections=CALLS)

    async def body() -> None:
        await cache.set_many({str(number): number for number in range(CALLS)})
        proxy.hold()
        calls = [stage.begin(partial(cache.get, str(number))) for number in range(CALLS)]
        await stage.until(lambda: proxy.held == CALLS)
        proxy.let_go()
        assert [await call.result() for call in calls] == list(range(CALLS))
        assert flavour.name == "threads" or proxy.connections == 1

    stage.run(body)


def test_a_hundred_loads_run_at_once_and_hold_no_connection(
    flavour: Flavour, valkey_server: Server, namespace: str
) -> None:
    stage = Stage(flavour, valkey_server.url, namespace)
    cache = stage.open(timeout=20, max_connections=1)

    async def body() -> None:
        inside: list[int] = []
        go = stage.event()

        async def load(number: int) -> int:
            inside.append(number)
            await stage.passed(go)
            return number

        calls = [stage.begin(partial(cache.get_or_set, str(n), partial(load, n))) for n in range(CALLS)]
        try:
            await stage.until(lambda: len(inside) == CALLS)
            assert await cache.get("another") is None
        finally:
            go.set()
        assert [await call.result() for call in calls] == list(range(CALLS))

    stage.run(body)


def test_nothing_of_this_process_was_patched_for_gevent() -> None:
    assert not gevent.monkey.is_module_patched("socket")


GREENLETS = """
    import sys
    {first}
    import gevent, gevent.monkey
    from unicache_gevent import Cache

    cache = Cache(sys.argv[1], namespace=sys.argv[2], timeout=20)
    greenlets = [gevent.spawn(cache.get, "k") for _ in range(100)]
    gevent.joinall(greenlets, raise_error=True)
    print(sum(greenlet.value for greenlet in greenlets), gevent.monkey.is_module_patched("socket"))
    cache.close()
"""


@pytest.mark.parametrize(
    ("first", "patched"), [("", False), ("from gevent.monkey import patch_all; patch_all()", True)], ids=str
)
def test_a_hundred_greenlets_wait_at_once_patched_or_not(
    proxy: Holding, namespace: str, first: str, patched: bool
) -> None:
    assert _held(proxy, GREENLETS.format(first=first), namespace) == f"100 {patched}"


REACTOR = """
    import sys
    from unicache_twisted import Cache

    assert "twisted.internet.reactor" not in sys.modules
    from twisted.internet import {reactor}reactor
    {reactor}reactor.install()
    from twisted.internet import reactor
    from twisted.internet.defer import gatherResults, inlineCallbacks

    @inlineCallbacks
    def main():
        cache = Cache(sys.argv[1], namespace=sys.argv[2], timeout=20)
        print(sum((yield gatherResults([cache.get("k") for _ in range(100)]))), type(reactor).__name__)
        yield cache.close()
        reactor.callLater(0, reactor.stop)

    reactor.callWhenRunning(main)
    reactor.run()
"""


@pytest.mark.parametrize(
    ("reactor", "name"),
    [("select", "SelectReactor"), ("epoll", "EPollReactor"), ("asyncio", "AsyncioSelectorReactor")],
)
def test_a_hundred_deferreds_wait_at_once_on_each_reactor(
    proxy: Holding, namespace: str, reactor: str, name: str
) -> None:
    assert _held(proxy, REACTOR.format(reactor=reactor), namespace) == f"100 {name}"


def _held(proxy: Holding, text: str, namespace: str) -> str:
    """Run the program, hold its requests until there are a hundred; what it says in the end."""
    with unicache.Cache(proxy.url, namespace=namespace) as cache:
        cache.set("k", 1)
    proxy.hold()
    with started(text, proxy.url, namespace) as program:
        wait_until(lambda: proxy.held == CALLS or program.poll() is not None)
        proxy.let_go()
        return said(program)
