"""A herd: two hundred callers in four processes of four event models want one cold key. And what if its leader dies.

Times are the monotonic clock's, which all processes of a machine share.
"""

import signal
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import pytest
from leaders import LEADERS, leading
from programs import said

from caches import Cache, bare
from flavours import FLAVOURS
from peer import Peer, Task
from servers import STORES, observer
from unicache.server import Server
from wires import wait_until

CALLERS = 50
LINE_UP = ("threads", "asyncio", "gevent", "twisted")
LEASE = 1.0
PATIENT = "timeout=20s&connect_timeout=20s"
"""For machines that are busy."""


class Crowd(NamedTuple):
    """What the callers of one process were given, and when the loader was run there."""

    values: list[Any]
    runs: list[float]


async def crowd(cache: Cache, flavour: str, place: int, crowds: int) -> Crowd:
    """All callers of one process. A load is not over before so many crowds wait for it as are to come."""
    io = bare(cache)._engine.core.io
    runs: list[float] = []

    async def load() -> int:
        runs.append(monotonic())
        while len(await cache.get_many(_places(crowds))) < crowds:
            await io.sleep(0.01)
        return place

    async def report() -> None:
        while cache.stats()["waits"] < CALLERS - 1:
            await io.sleep(0.005)
        await cache.set(f"waiting:{place}", value=True)

    driver = next(driver for driver in FLAVOURS if driver.name == flavour)
    *values, _ = await driver.together([*[partial(cache.get_or_set, "k", load)] * CALLERS, report])
    return Crowd(values, runs)


def _places(crowds: int) -> list[str]:
    return [f"waiting:{place}" for place in range(crowds)]


@pytest.fixture(scope="module")
def crew(peers: list[Peer]) -> list[Peer]:
    """Four processes, which are ready to begin at once."""
    crew = peers[: len(LINE_UP)]
    for peer in crew:
        peer.begin(Task("threads", "memory://", "", ready, ()))
    assert [peer.result() for peer in crew] == ["ready"] * len(crew)
    return crew


async def ready(cache: Cache) -> str:
    return "ready"


@pytest.fixture(params=[fixture for fixture in STORES.values() if fixture])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


def gather(crew: list[Peer], flavours: Sequence[str], url: str, namespace: str, *, crowds: int) -> None:
    for place, (peer, flavour) in enumerate(zip(crew, flavours, strict=True)):
        peer.begin(Task(flavour, url, namespace, crowd, (flavour, place, crowds)))


@pytest.mark.parametrize("flavours", [LINE_UP, ("threads", "trio", "gevent", "twisted")], ids="-".join)
def test_the_loader_runs_once_for_two_hundred_callers_in_four_processes(
    crew: list[Peer], server: Server, namespace: str, flavours: Sequence[str]
) -> None:
    url = f"{server.url}?{PATIENT}&lease=60s&max_connections=1"  # who waits must not hold it: the loader needs it
    gather(crew, flavours, url, namespace, crowds=len(crew))
    crowds = [peer.result() for peer in crew]
    assert sum(len(one.runs) for one in crowds) == 1
    [leader] = [place for place, one in enumerate(crowds) if one.runs]
    assert [one.values for one in crowds] == [[leader] * CALLERS] * len(crew)


@pytest.mark.parametrize("leader", LEADERS)
def test_a_killed_leader_is_succeeded_within_its_lease_and_half_a_second(
    crew: list[Peer], valkey_server: Server, namespace: str, leader: str
) -> None:
    url = f"{valkey_server.url}?{PATIENT}&lease={LEASE}s"
    with leading(leader, url, namespace) as program:
        gather(crew, LINE_UP, url, namespace, crowds=0)
        with observer(valkey_server) as client:
            wait_until(lambda: client.exists(*[f"{namespace}:{place}" for place in _places(len(crew))]) == len(crew))
        killed = monotonic()
        program.kill()
    crowds = [peer.result() for peer in crew]
    runs = sorted(moment for one in crowds for moment in one.runs)
    print("seconds after the kill:", [round(moment - killed, 3) for moment in runs])
    assert runs[0] - killed <= LEASE + 0.5
    assert {value for one in crowds for value in one.values} <= {place for place, one in enumerate(crowds) if one.runs}


@pytest.mark.parametrize("leader", LEADERS)
def test_a_leader_that_is_told_to_end_releases_its_lease(server: Server, namespace: str, leader: str) -> None:
    program = leading(leader, f"{server.url}?{PATIENT}", namespace)
    with observer(server) as client:
        assert client.pttl(f"{namespace}:k") > 0
        program.send_signal(signal.SIGTERM)
        assert said(program) == ""
        assert not client.exists(f"{namespace}:k")
