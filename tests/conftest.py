"""What every test may ask for: event models, servers, one of each kind per test process, a namespace of its own.

Servers are shared, so a test that pauses, kills or reconfigures one starts its own with ``unicache.server.Server``.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from hypothesis import settings

from flavours import FLAVOURS, Flavour
from peer import Peer
from servers import STORES, certificates
from unicache.server import Server, find_binary

settings.register_profile("unicache", deadline=None)  # how long an example takes says more of the machine than of us
settings.load_profile("unicache")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--near", action="store_true", help="run the behaviour tests on caches that have a near cache")
    parser.addoption("--deep", action="store_true", help="run those tests that no everyday run needs, and no other")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``: two for each processor, because a third of the time is waited for servers and timers.

    Each has servers of its own, so there is an end to it.
    """
    return min(2 * len(os.sched_getaffinity(0)), 16)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for another kind of run."""
    near, deep = config.getoption("near"), config.getoption("deep")
    out = {
        item
        for item in items
        if bool(item.get_closest_marker("deep")) != deep or (near and item.get_closest_marker("far"))
    }
    config.hook.pytest_deselected(items=list(out))
    items[:] = [item for item in items if item not in out]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and tests stay: the collector need not look through them again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Server]:
    """Valkey 9, which needs no script for the lease protocol."""
    with Server(find_binary("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def floor_server() -> Iterator[Server]:
    """The oldest server supported, Redis 7.0; a machine without one fails, because a skip would hide the floor."""
    with Server(find_binary("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Redis behind TLS; ``server.tls.authority`` is what a client must trust."""
    files = certificates(tmp_path_factory.mktemp("tls"))
    with Server(find_binary("redis"), unix=False, tls=files) as server:
        yield server


@pytest.fixture(scope="session")
def peers() -> Iterator[list[Peer]]:
    """As many more processes as there are flavours."""
    with ExitStack() as stack:
        yield [stack.enter_context(Peer()) for _ in FLAVOURS]


@pytest.fixture(params=FLAVOURS, ids=str)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Each event model in turn."""
    chosen: Flavour = request.param
    return chosen


@pytest.fixture(params=[flavour for flavour in FLAVOURS if flavour.cancels], ids=str)
def cancelling(request: pytest.FixtureRequest) -> Flavour:
    """Each event model in which a call can be cancelled from outside."""
    chosen: Flavour = request.param
    return chosen


@pytest.fixture
def namespace() -> str:
    """A namespace no other test has, so that tests on one server do not meet."""
    return f"test-{uuid4().hex}"


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of each store in turn: a test that asks for it runs once on every one."""
    fixture = STORES[request.param]
    if fixture is None:
        return "memory://"
    server: Server = request.getfixturevalue(fixture)
    return server.url
