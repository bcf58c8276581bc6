"""Many threads, and processes forked from one that uses the cache already: all go on, and no reply is crossed."""

import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from programs import said, started

import unicache
from servers import STORES
from unicache.server import Server

THREADS = 16
CALLS = 2000
SEED = 20_250


def _turned(turn: int, value: list[object]) -> list[object]:
    return [value[0], turn]


def _mixed(cache: unicache.Cache, number: int) -> int:
    """Calls of all kinds on own keys, whose values are known, and on shared ones, whose values name their keys."""
    moments = random.Random(SEED + number)  # noqa: S311  any moment will do
    own: dict[str, list[object]] = {}
    for turn in range(CALLS):
        key, shared = f"{number}:{moments.randrange(5)}", f"shared:{moments.randrange(5)}"
        match moments.randrange(6):
            case 0:
                assert cache.get(key) == own.get(key)
            case 1:
                own[key] = [key, turn]
                cache.set(key, own[key])
                cache.set(shared, [shared, number])
            case 2:
                found = cache.get_many([*own, shared])
                assert {name: value for name, value in found.items() if name != shared} == own
                assert found.get(shared, [shared])[0] == shared
            case 3 if key in own:
                cache.mutate(key, partial(_turned, turn))
                own[key] = [key, turn]
            case 4:
                assert cache.delete(key) is (own.pop(key, None) is not None)
            case _:
                assert cache.get(shared, [shared])[0] == shared
    return number


@pytest.fixture(params=[fixture for fixture in STORES.values() if fixture])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def cache(valkey_server: Server, namespace: str) -> Iterator[unicache.Cache]:
    with unicache.Cache(valkey_server.url, namespace=namespace, timeout=20) as opened:
        yield opened


def test_sixteen_threads_with_two_thousand_mixed_calls_each_read_what_they_wrote(cache: unicache.Cache) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(lambda number: _mixed(cache, number), range(THREADS))) == list(range(THREADS))
    assert cache.stats()["corrupt"] == 0


# A process with threads is forked here on purpose, at a moment at which they use the cache.
FORK_IN_THREADS = ("-W", "ignore:This process:DeprecationWarning")

FORKS = """
    import multiprocessing, os, sys, threading
    from unicache import Cache

    cache = Cache(sys.argv[1], namespace=sys.argv[2], timeout=20)

    def work(who, turns):
        for turn in range(turns):
            cache.set(who, [who, turn])
            assert cache.get(who) == [who, turn]
            assert cache.get("shared") == "everybody's"

    def child(who):
        threads = [threading.Thread(target=work, args=(f"{who}:{n}", 50)) for n in range(2)]
        for thread in threads: thread.start()
        work(who, 100)
        for thread in threads: thread.join()
        cache.close()

    def forked(who):
        pid = os.fork()
        if not pid:
            try:
                child(who)
                os._exit(0)
            finally:
                os._exit(1)
        return pid

    cache.set("shared", "everybody's")
    if sys.argv[3] == "live":
        going = True
        def busy(who):
            while going: work(who, 10)
        threads = [threading.Thread(target=busy, args=(f"parent:{n}",)) for n in range(4)]
        for thread in threads: thread.start()
    pids = [forked(f"fork:{n}") for n in range(4)]
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=child, args=(f"process:{n}",)) for n in range(4)]
    for process in processes: process.start()
    print([os.waitpid(pid, 0)[1] for pid in pids], end=" ")
    for process in processes: process.join()
    print([process.exitcode for process in processes], end=" ")
    if sys.argv[3] == "live":
        going = False
        for thread in threads: thread.join()
    work("parent", 50)
    print(cache.get("process:3"), cache.stats()["corrupt"])
    cache.close()
"""


@pytest.mark.parametrize("parent", ["live", "idle"])
def test_parent_and_children_of_a_fork_go_on(server: Server, namespace: str, parent: str) -> None:
    program = started(FORKS, server.url, namespace, parent, options=FORK_IN_THREADS)
    assert said(program) == "[0, 0, 0, 0] [0, 0, 0, 0] ['process:3', 99] 0"


def _serve(cache: unicache.Cache, number: int) -> None:
    assert _mixed(cache, number) == number
    assert cache.stats()["corrupt"] == 0
    cache.close()


def test_a_cache_made_before_the_workers_are_forked_serves_each_of_them(server: Server, namespace: str) -> None:
    cache = unicache.Cache(server.url, namespace=namespace, timeout=20)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_serve, args=(cache, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    cache.close()


ENDS = {
    "a memory cache that is never closed": """
        import sys
        from unicache import Cache
        cache = Cache("memory://")
        cache.set("k", 1)
        print(cache.get("k"))
    """,
    "a server cache that is closed": """
        import sys
        from unicache import Cache
        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        cache.set("k", 1)
        print(cache.get("k"))
        cache.close()
    """,
    "a server cache that is never closed": """
        import sys
        from unicache import Cache
        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        cache.set("k", 1)
        print(cache.get("k"))
    """,
    "threads that use a cache to the end": """
        import sys, threading
        from unicache import Cache
        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        cache.set("k", 1)
        def for_ever():
            while True: cache.get("k")
        for _ in range(4): threading.Thread(target=for_ever, daemon=True).start()
        print(cache.get("k"))
    """,
}


@pytest.mark.parametrize("end", ENDS)
def test_an_interpreter_ends_without_a_word(server: Server, namespace: str, end: str) -> None:
    assert said(started(ENDS[end], server.url, namespace)) == "1"
