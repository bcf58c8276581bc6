"""What only whole processes show: compare-and-set between two, fork, several loops, and calls before a reactor runs."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from flavours import FLAVOURS
from peer import Peer, Task
from servers import STORES
from unicache.server import Server


@pytest.fixture(params=[store for store, fixture in STORES.items() if fixture])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(STORES[request.param] or "")
    return found


@pytest.fixture
def stage(server: Server, namespace: str) -> Iterator[Stage]:
    """One flavour; the second process takes another."""
    gevent = next(flavour for flavour in FLAVOURS if flavour.name == "gevent")
    return Stage(gevent, server.url, namespace)


def plus_one(value: int) -> int:
    return value + 1


async def worker(cache: Cache, times: int) -> int:
    for _ in range(times):
        await cache.mutate("n", plus_one, retries=100_000)
    return times


async def four_workers(cache: Cache, times: int) -> list[Any]:
    import asyncio

    return list(await asyncio.gather(*[worker(cache, times) for _ in range(4)]))


def test_eight_workers_in_two_processes_lose_no_change(stage: Stage, peer: Peer) -> None:
    cache = stage.open()

    async def body() -> int:
        await cache.set("n", 0)
        peer.begin(Task("asyncio", stage.url, stage.namespace, four_workers, (500,)))
        assert await stage.together([partial(worker, cache, 500)] * 4) == [500] * 4
        assert peer.result() == [500] * 4
        return int(await cache.get("n"))

    assert stage.run(body) == 4000


STRICT = ("-W", "error", "-X", "dev")


def script(text: str, *arguments: str, options: tuple[str, ...] = STRICT) -> str:
    """Run a program of its own; what it prints. What it complains of fails the test."""
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(text), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_calls_made_before_the_reactor_runs_are_applied_in_order(server: Server, namespace: str) -> None:
    program = """
        import sys
        from unicache_twisted import Cache

        assert "twisted.internet.reactor" not in sys.modules
        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        from twisted.internet import reactor
        from twisted.internet.defer import gatherResults

        calls = [cache.set("k", number) for number in range(100)]
        calls.append(cache.get("k"))
        over = gatherResults(calls).addCallback(lambda results: print(results[-1]))
        over.addCallback(lambda _: cache.close()).addBoth(lambda _: reactor.stop())
        reactor.run()
    """
    assert script(program, server.url, namespace) == "99"


def test_one_cache_serves_several_loops_one_after_another(server: Server, namespace: str) -> None:
    program = """
        import asyncio, sys, trio
        from unicache_asyncio import Cache

        cache = Cache(sys.argv[1], namespace=sys.argv[2])

        async def main(value):
            old = await cache.get("k")
            await cache.set("k", value)
            print(old, end=" ")

        asyncio.run(main(1))
        trio.run(main, 2)
        asyncio.run(main(3))
        trio.run(main, 4)
        trio.run(cache.close)
    """
    assert script(program, server.url, namespace) == "None 1 2 3"


def test_a_forked_child_has_connections_of_its_own(server: Server, namespace: str) -> None:
    program = """
        import os, sys
        from unicache import Cache

        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        cache.set("k", "parent")
        square = cache.cached(key="square:{n}")(lambda n: n * n)
        square(1)
        children = []
        for number in range(4):
            child = os.fork()
            if not child:
                for turn in range(50):
                    cache.set(f"own:{number}", turn)
                    assert cache.get(f"own:{number}") == turn
                    assert cache.get("k") == "parent"
                assert square(1) == 1 and square.cache_info().loads == 1
                square(10 + number)
                os._exit(0)
            children.append(child)
        for turn in range(50):
            assert cache.get("k") == "parent"
        codes = [os.waitpid(child, 0)[1] for child in children]
        print(codes, cache.get_many([f"own:{number}" for number in range(4)]), square.get(13))
        cache.close()
    """
    expected = "[0, 0, 0, 0] {'own:0': 49, 'own:1': 49, 'own:2': 49, 'own:3': 49} 169"
    assert script(program, server.url, namespace) == expected


def test_a_program_that_ends_without_closing_says_nothing(server: Server, namespace: str) -> None:
    threads = """
        import sys
        from unicache import Cache
        Cache(sys.argv[1], namespace=sys.argv[2]).set("k", 1)
    """
    loop = """
        import asyncio, sys
        from unicache_asyncio import Cache
        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        asyncio.run(cache.set("k", 1))
    """
    for program in (threads, loop):
        assert script(program, server.url, namespace, options=()) == ""
