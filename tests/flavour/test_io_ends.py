"""Closing, and ends that nobody announced: of a loop, of a run, of a hub, of a process that forked."""

import subprocess
import sys
from functools import partial
from textwrap import dedent
from typing import Any

import pytest

from flavours import FLAVOURS, Flavour
from unicache._core.io import Io
from unicache._core.setup.node import Credentials
from unicache.errors import CacheClosed
from unicache.server import Server
from wires import clients, linked, links_to, say, wait_until

PRELUDE = """
import os, sys, threading
from unicache._core.wire import resp
from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials, NodeOptions
from unicache._core.wire.pool import links_for
from unicache._core.run import run

def links_to(io, **options):
    return links_for(io, NodeOptions(Endpoint(path=sys.argv[1]), Credentials(), **options))

async def echo(links, number):
    reply = await links.request(resp.pack("ECHO", number), again=False)
    assert int(reply) == number, (reply, number)
"""


def _script(server: Server, text: str) -> None:
    """Run a program of its own, in which every warning is an error and nothing may be said to stderr."""
    program = [sys.executable, "-W", "error", "-c", PRELUDE + dedent(text), str(server.address)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_close_fails_what_is_under_way(flavour: Flavour, namespace: str) -> None:
    async def body(io: Io) -> list[Any]:
        links = links_to(io, server, Credentials(client_name=namespace))
        await links.connect()
        server.pause()
        begun = io.event()

        async def call() -> None:
            begun.set()
            await say(links, "PING")

        async def close() -> None:
            assert await begun.wait(20.0)
            links.close()

        return await flavour.together([call, call, call, close])

    with Server() as server:
        *failures, closed = flavour.run(body)
        server.resume()
        wait_until(lambda: clients(server, namespace) == 0)
    assert [type(failure) for failure in failures] == [CacheClosed] * 3
    assert closed is None


def test_after_close_every_call_is_refused(flavour: Flavour, valkey_server: Server) -> None:
    async def body(io: Io) -> None:
        async with linked(io, valkey_server) as links:
            pass
        links.close()
        with pytest.raises(CacheClosed):
            await say(links, "PING")
        with pytest.raises(CacheClosed):
            await links.connect()

    flavour.run(body)


def test_close_before_the_link_is_open_leaves_nothing_behind(flavour: Flavour, namespace: str) -> None:
    async def body(io: Io) -> list[Any]:
        links = links_to(io, server, Credentials(client_name=namespace))
        begun = io.event()

        async def call() -> None:
            begun.set()
            await say(links, "PING")

        async def close() -> None:
            assert await begun.wait(20.0)
            links.close()

        return await flavour.together([call, close])

    with Server() as server:
        server.pause()
        failure, closed = flavour.run(body)
        server.resume()
        wait_until(lambda: clients(server, namespace) == 0)
    assert (type(failure), closed) == (CacheClosed, None)


@pytest.mark.parametrize("looped", [each for each in FLAVOURS if each.name in {"asyncio", "uvloop", "trio"}], ids=str)
def test_links_live_through_several_loops_and_end_with_each(
    looped: Flavour, valkey_server: Server, namespace: str
) -> None:
    links = links_to(looped.io(), valkey_server, Credentials(client_name=namespace))

    async def body(_: Io) -> Any:
        return await say(links, "ECHO", "hello")

    for _ in range(3):
        assert looped.run(body) == b"hello"
        wait_until(lambda: clients(valkey_server, namespace) == 0)


def test_one_cache_serves_asyncio_and_trio_in_turn(valkey_server: Server) -> None:
    both = [each for each in FLAVOURS if each.name in {"asyncio", "trio"}]
    links = links_to(both[0].io(), valkey_server)
    for looped in both * 2:
        assert looped.run(lambda _: say(links, "ECHO", "hello")) == b"hello"


def test_outside_of_a_loop_an_asynchronous_cache_says_what_to_do(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        from unicache_asyncio._io import AnyIo
        try:
            run(echo(links_to(AnyIo()), 1))
        except RuntimeError as error:
            assert "call it from a coroutine" in str(error)
        else:
            raise AssertionError
        """,
    )


def test_a_fork_leaves_parent_and_child_with_links_of_their_own(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        from unicache._blocking import BlockingIo
        links = links_to(BlockingIo(), timeout=20.0)
        run(echo(links, 1))
        child = os.fork()
        first = 100_000 if child else 200_000
        for number in range(first, first + 2000):
            run(echo(links, number))
        if not child:
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        run(echo(links, 2))
        links.close()
        """,
    )


def test_a_fork_before_a_new_loop_leaves_parent_and_child_with_links_of_their_own(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        import asyncio
        from unicache_asyncio._io import AnyIo
        links = links_to(AnyIo(), timeout=20.0)

        async def parent():
            await echo(links, 1)
            child = os.fork()
            if not child:
                worked = threading.Thread(target=in_the_child)  # a thread, because here a loop is running already
                worked.start()
                worked.join()
                os._exit(0 if done else 1)
            for number in range(1000):
                await echo(links, number)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

        async def many():
            for number in range(5000, 6000):
                await echo(links, number)
            done.append(True)

        def in_the_child():
            asyncio.run(many())

        done = []
        asyncio.run(parent())
        """,
    )


def test_a_fork_of_a_hub_leaves_parent_and_child_with_links_of_their_own(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        import gevent, gevent.os
        from unicache_gevent._io import GeventIo
        links = links_to(GeventIo(), timeout=20.0)
        run(echo(links, 1))
        child = gevent.os.fork()
        first = 100_000 if child else 200_000
        for number in range(first, first + 2000):
            run(echo(links, number))
        if not child:
            os._exit(0)
        assert os.waitstatus_to_exitcode(gevent.os.waitpid(child, 0)[1]) == 0
        run(echo(links, 2))
        links.close()
        """,
    )


def test_an_idle_link_does_not_keep_a_hub_alive(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        import gevent
        from unicache_gevent._io import GeventIo
        links = links_to(GeventIo(), timeout=1000.0, connect_timeout=1000.0)
        run(echo(links, 1))
        worker = gevent.spawn(lambda: run(echo(links, 2)))
        gevent.wait()
        assert worker.successful()
        links.close()
        """,
    )


@pytest.mark.parametrize("patching", ["", "gevent.monkey.patch_all()"], ids=["unpatched", "patched"])
def test_gevent_waits_for_the_server_while_other_greenlets_run(valkey_server: Server, patching: str) -> None:
    _script(
        valkey_server,
        f"""
        import gevent.monkey
        {patching}
        import gevent
        from unicache_gevent._io import GeventIo
        links = links_to(GeventIo(), timeout=20.0)
        ticks = []

        def tick():
            while True:
                ticks.append(1)
                gevent.sleep(0)

        ticker = gevent.spawn(tick)
        gevent.joinall([gevent.spawn(run, echo(links, number)) for number in range(200)], raise_error=True)
        for number in range(100):
            run(echo(links, number))
        assert len(ticks) > 10
        ticker.kill()
        links.close()
        """,
    )


def test_importing_the_twisted_model_installs_no_reactor(valkey_server: Server) -> None:
    _script(
        valkey_server,
        """
        from unicache_twisted._io import TwistedIo
        links_to(TwistedIo())
        assert "twisted.internet.reactor" not in sys.modules
        """,
    )


REACTORS = {
    "select": "from twisted.internet import selectreactor as chosen",
    "poll": "from twisted.internet import pollreactor as chosen",
    "epoll": "from twisted.internet import epollreactor as chosen",
    "asyncio": "from twisted.internet import asyncioreactor as chosen",
}


@pytest.mark.parametrize("reactor", REACTORS)
def test_every_reactor_will_do(valkey_server: Server, reactor: str) -> None:
    _script(
        valkey_server,
        f"""
        {REACTORS[reactor]}
        chosen.install()
        from twisted.internet import reactor
        from twisted.internet.defer import gatherResults
        from unicache_twisted._driving import Driven
        from unicache_twisted._io import TwistedIo
        links = links_to(TwistedIo(), timeout=20.0)
        outcome = []
        calls = gatherResults([Driven(echo(links, number)) for number in range(200)])
        calls.addBoth(outcome.append)
        calls.addBoth(lambda _: links.close())
        calls.addBoth(lambda _: reactor.callLater(0, reactor.stop))
        reactor.run()
        assert outcome == [[None] * 200], outcome
        """,
    )


def test_closing_leaves_no_timer_in_the_reactor(valkey_server: Server) -> None:
    (twisted,) = [each for each in FLAVOURS if each.name == "twisted"]

    async def body(io: Any) -> list[Any]:
        before = io._reactor.getDelayedCalls()
        async with linked(io, valkey_server) as links:
            await twisted.together([partial(say, links, "PING")] * 10)
        return [
            call for call in io._reactor.getDelayedCalls() if call not in before and "abort" not in str(call).lower()
        ]

    left = twisted.run(body)
    assert not [call for call in left if call.active()]
