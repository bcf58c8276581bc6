"""Real processes, one of each flavour, on the same few keys: none of P0, P1, P2, P4 and P5 is broken.

Nothing here says which value a read should have given. Loads, reads and invalidations are written down with the moments
at which they began and ended, and ``histories`` looks for what cannot have been. That it would find it is shown by
processes in which one rule does not hold.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from math import inf
from pathlib import Path

import pytest
from crew import Crew, at_work
from nemesis import Nemesis
from scene import CREW, LIVES, LONE

from histories import Broken, History, Load
from unicache.server import Server, find_binary

IN_PEACE = 30_000
"""Reads, at least."""

TORMENTED, ENOUGH = 25_000, 200_000
"""Reads, at least, and those after which somebody must have taken over from one who was killed or stopped."""

BETWEEN_STRIKES = 2_500
LOOK, FOUND_OUT_BY = 4_000, 100_000

PATIENT = {"timeout": 20, "connect_timeout": 20}
LEASE = 0.3
IMPATIENT = {"timeout": 0.2, "connect_timeout": 0.2, "lease": LEASE}


ON_REDIS = pytest.mark.parametrize("server", ["redis", pytest.param("valkey", marks=pytest.mark.deep)], indirect=True)
ON_VALKEY = pytest.mark.parametrize("server", ["valkey", pytest.param("redis", marks=pytest.mark.deep)], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One of its own, because it will be stopped."""
    with Server(find_binary(request.param)) as started:
        yield started


def judge(history: History) -> None:
    """Raise Broken if a promise is."""
    history.check_values()
    history.check_reads()
    history.check_registers()
    history.check_windows(LIVES)


@ON_REDIS
def test_processes_of_five_flavours_break_no_promise(server: Server, namespace: str, tmp_path: Path) -> None:
    with at_work(server.url, tmp_path, namespace=namespace, **PATIENT) as crew:
        crew.until(IN_PEACE)
        crew.stop()
    history = crew.history(calm=True)
    print(told(history))
    judge(history)
    assert exchanged(history) >= set(product(CREW, CREW))


@ON_VALKEY
def test_nor_do_they_when_they_are_killed_and_stopped(server: Server, namespace: str, tmp_path: Path) -> None:
    with at_work(server.url, tmp_path, namespace=namespace, **IMPATIENT) as crew:
        torment(crew, Nemesis(crew, server))
        crew.stop()
    history = crew.history(calm=False)
    print(told(history), f"{len(takeovers(history))} takeovers", sep=", ")
    judge(history)
    assert takeovers(history)


@pytest.mark.parametrize(
    "rule", ["R3", pytest.param("R4", marks=pytest.mark.deep), pytest.param("R9", marks=pytest.mark.deep)]
)
def test_a_rule_that_does_not_hold_is_found_out(
    valkey_server: Server, namespace: str, tmp_path: Path, rule: str
) -> None:
    at_fault = at_work(valkey_server.url, tmp_path, rule, namespace=namespace, **PATIENT)
    with pytest.raises(Broken, match=r"^P[24]"), at_fault as crew:
        watch(crew)


def torment(crew: Crew, nemesis: Nemesis) -> None:
    """Strike until somebody has taken over: seen twice, since who is only slow to write down its end looks so once."""
    seen: set[str] = set()
    for reads in range(BETWEEN_STRIKES, ENOUGH, BETWEEN_STRIKES):
        crew.until(reads)
        if reads >= TORMENTED:
            before, seen = seen, {load.value for load in takeovers(crew.history(calm=False))}
            if seen & before:
                break
        nemesis.strike()
    print(dict(nemesis.struck))


def watch(crew: Crew) -> None:
    """Look at the reads again and again while they are made. No value is said to be refused, so R4 is not looked at."""
    for reads in range(LOOK, FOUND_OUT_BY, LOOK):
        crew.until(reads)
        crew.history(calm=False).check_reads()


def exchanged(history: History) -> set[tuple[str, str]]:
    """Which flavours were given what which flavours had loaded."""
    loads = {load.value: load for load in history.loads}
    shared = [read for read in history.reads if read.shared and read.value is not None]
    return {(read.process.split("-")[0], loads[read.value].process.split("-")[0]) for read in shared}


def takeovers(history: History) -> list[Load]:
    """Accepted loads of the lone key beside one whose process had been killed, or stopped for longer than its lease.

    No invalidation had removed that lease.
    """
    loads = sorted((load for load in history.loads if load.key == LONE), key=lambda load: load.began)
    invalidations = [each for each in history.invalidations if LONE in each.versions]
    return [
        later
        for one, later in pairwise(loads)
        if one.process != later.process and one.ended > one.began + LEASE * 1e9 and later.began < one.ended
        if later.stored < inf and not any(one.began < each.ended and each.began < later.began for each in invalidations)
    ]


def told(history: History) -> str:
    """How much happened."""
    sources = Counter(f"{read.source}{' (stale)' * read.stale}" for read in history.reads)
    kinds = Counter(each.promise if each.ended < inf else "unacknowledged" for each in history.invalidations)
    return f"{len(history.reads)} reads {dict(sources)}, {len(history.loads)} loads, invalidations {dict(kinds)}"
