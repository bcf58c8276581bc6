"""One body per test, run for every flavour on every store.

A test is an ``async def`` that asks for ``cache`` or ``stage``; it runs under each flavour and on each store in turn;
on the servers alone when it asks for what only they have (``SERVER_ONLY``). ``test_manifest`` checks that none is left
out.
"""

import functools
import inspect
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from valkey import Valkey

from caches import SERVER_ONLY, Cache, Stage
from flavours import FLAVOURS, Flavour
from peer import Peer, Task
from servers import STORES, Replicated
from servers import observer as observer_of
from unicache.server import Server
from wires import Proxy


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" not in metafunc.fixturenames:
        return
    near = metafunc.config.getoption("near")
    servers_only = near or not SERVER_ONLY.isdisjoint(metafunc.fixturenames)
    places = [
        pytest.param((flavour, store), id=f"{flavour}-{store}")
        for flavour in FLAVOURS
        for store, fixture in STORES.items()
        if fixture or not servers_only
    ]
    metafunc.parametrize("place", places, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine under the flavour it was parametrised with."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    pyfuncitem.funcargs["stage"].run(partial(pyfuncitem.obj, **arguments))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip would leave a flavour or a store out, so it is a failure."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
    return report


@pytest.fixture(scope="module", autouse=True)
def _swept(valkey_server: Server, floor_server: Server) -> Iterator[None]:
    """Leave nothing of a file's tests on the shared servers, or every later search there would be longer."""
    yield
    for server in (valkey_server, floor_server):
        with observer_of(server) as client:
            client.flushall()


@pytest.fixture
def _server(place: tuple[Flavour, str], request: pytest.FixtureRequest) -> Server | None:
    fixture = STORES[place[1]]
    return request.getfixturevalue(fixture) if fixture else None


@pytest.fixture
def stage(place: tuple[Flavour, str], namespace: str, _server: Server | None, request: pytest.FixtureRequest) -> Stage:
    """The flavour, the store, and a namespace that no other test has."""
    near = bool(request.config.getoption("near"))
    return Stage(place[0], "memory://" if _server is None else _server.url, namespace, near=near)


@pytest.fixture
def cache(stage: Stage) -> Cache:
    """A cache that was not used yet."""
    return stage.open()


@pytest.fixture
def observer(_server: Server) -> Iterator[Valkey]:
    """A client of another make, to read the server's own truth."""
    with observer_of(_server) as client:
        yield client


@pytest.fixture
def own_server(_server: Server) -> Iterator[Server]:
    """A server like the one of the store, for this test alone, to be killed, paused and restarted."""
    with Server(_server.binary) as server:
        yield server


@pytest.fixture
def proxy(own_server: Server) -> Iterator[Proxy]:
    """What stands before that server, and can lose its replies."""
    with Proxy(own_server) as between:
        yield between


@pytest.fixture(scope="session")
def _groups() -> Iterator[Callable[[Path], Replicated]]:
    with ExitStack() as stack:
        yield functools.cache(lambda binary: stack.enter_context(Replicated(binary)))


@pytest.fixture
def replicated(_server: Server, _groups: Callable[[Path], Replicated]) -> Iterator[Replicated]:
    """A primary and a replica like the server of the store, shared by all tests, whole again after each."""
    group = _groups(_server.binary)
    yield group
    group.heal()


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    """The second process."""
    with Peer() as process:
        yield process


@pytest.fixture
def elsewhere(stage: Stage, peer: Peer) -> "Elsewhere":
    """Runs bodies in another process, under the next flavour, on the same store and namespace."""
    return Elsewhere(stage, peer)


class Elsewhere:
    """``elsewhere(body, *arguments)`` is what ``await body(cache, *arguments)`` gives over there."""

    def __init__(self, stage: Stage, peer: Peer, **options: Any) -> None:
        names = [flavour.name for flavour in FLAVOURS]
        self.flavour = names[names.index(stage.flavour.name) - 1]
        self._stage = stage
        self._peer = peer
        self._options = tuple(options.items())

    def opened(self, **options: Any) -> "Elsewhere":
        """The same over there, with a cache that has these options."""
        return Elsewhere(self._stage, self._peer, **options)

    def begin(self, body: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> None:
        self._peer.begin(Task(self.flavour, self._stage.url, self._stage.namespace, body, arguments, self._options))

    def result(self) -> Any:
        return self._peer.result()

    def __call__(self, body: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        self.begin(body, *arguments)
        return self.result()
