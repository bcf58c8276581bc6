"""Near caches of every flavour while another process writes: how old is what they serve, in peace and not (R8, P3).

In every run: nobody is given an older value than before, nobody misses a write of its own, and nothing that is served
had been replaced for longer than ``max_staleness``. What ages there were is printed.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import coherence
import pytest
from coherence import Board, Post, Seen
from scene import CREW

from servers import calls, observer
from unicache.server import Server, find_binary
from wires import Proxy

IN_PEACE = 60_000
"""Reads, at least."""

TORMENTED = 6_000
"""Reads between two evils."""

MAX_STALENESS = 0.25
PATIENT = 20.0
FAREWELL = 60.0


class Holding(Proxy):
    """What stands before the server, and can keep everything to itself for a while."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._open = True

    def hold(self, seconds: float) -> None:
        """Be silent for so long."""
        self._open = False
        time.sleep(seconds)
        self._open = True

    def _asked(self) -> None:
        self._wait()

    def _answered(self) -> None:
        self._wait()

    def _wait(self) -> None:
        while not self._open:
            time.sleep(0.001)


ON_REDIS = pytest.mark.parametrize("server", ["redis", pytest.param("valkey", marks=pytest.mark.deep)], indirect=True)
ON_VALKEY = pytest.mark.parametrize("server", ["valkey", pytest.param("redis", marks=pytest.mark.deep)], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One of its own, because it will be stopped."""
    with Server(find_binary(request.param)) as started:
        yield started


class Run:
    """The processes, and the board they share."""

    def __init__(self, urls: tuple[str, str], directory: Path, timeout: float) -> None:
        self.board = Board(directory / "board")
        self._directory = directory
        writer, readers = urls
        path = str(directory / "board")
        posts = [Post(os.getpid(), "threads", 0, writer, "near", path, MAX_STALENESS, PATIENT)]
        for row, flavour in enumerate(CREW, 1):
            posts.append(Post(os.getpid(), flavour, row, readers, "near", path, MAX_STALENESS, timeout))
        self._processes = [self._started(post) for post in posts]

    def _started(self, post: Post) -> "subprocess.Popen[str]":
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-W", "error", "-P", coherence.__file__, json.dumps(post)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)

    def until(self, reads: int) -> None:
        """Return when each reader has made its part of so many more reads."""
        goal = [before + reads // len(CREW) for before in self.board.counts[1 : 1 + len(CREW)]]
        while any(now < then for now, then in zip(self.board.counts[1:], goal, strict=False)):
            assert all(process.poll() is None for process in self._processes), self.end()
            time.sleep(0.005)

    def seen(self) -> dict[str, Seen]:
        """What each reader saw, when all have come to their end."""
        self.board.stop()
        found = [process.communicate(timeout=FAREWELL) for process in self._processes]
        assert [complaints for _, complaints in found] == [""] * len(found)
        return {flavour: Seen(*json.loads(output)) for flavour, (output, _) in zip(CREW, found[1:], strict=True)}

    def end(self) -> list[str]:
        """Leave nothing behind; what they complained of."""
        for process in self._processes:
            process.kill()
        return [process.communicate()[1] for process in self._processes if not process.stderr.closed]  # type: ignore[union-attr]


@contextmanager
def running(writer: str, readers: str, directory: Path, timeout: float) -> Iterator[Run]:
    """One writer, and a reader of each flavour; all ended when the block is."""
    run = Run((writer, readers), directory, timeout)
    with run.board:
        try:
            yield run
        finally:
            run.end()


def judge(seen: dict[str, Seen]) -> None:
    """Raise if a promise was broken, and say what there was."""
    for flavour, each in seen.items():
        share, oldest = each.stale / each.reads, f"{each.oldest * 1e3:.1f} ms"
        print(f"{flavour}: {each.reads} reads, {share:.3%} stale, oldest {oldest}, {each.refused} refused")
    ages = Counter[int]()
    for each in seen.values():
        ages.update({int(power): number for power, number in each.ages.items()})
    print("ages below:", {f"{(1 << power) / 1000:g} ms": number for power, number in sorted(ages.items())})
    assert {flavour: (each.backwards, each.unseen) for flavour, each in seen.items()} == dict.fromkeys(seen, (0, 0))
    assert {flavour: each.oldest for flavour, each in seen.items() if each.oldest > MAX_STALENESS} == {}


@ON_REDIS
def test_in_peace_a_value_is_as_old_as_the_word_of_it_takes(server: Server, tmp_path: Path) -> None:
    with running(server.url, server.url, tmp_path, PATIENT) as run, observer(server) as client:
        run.until(IN_PEACE)
        seen, written = run.seen(), run.board.counts[0]
        asked = calls(client)["get"]
    print(f"{written} writes, {asked} of the reads asked the server")
    judge(seen)
    assert asked < sum(each.reads for each in seen.values()) / 2


@ON_VALKEY
def test_when_all_goes_wrong_it_is_no_older_than_max_staleness(server: Server, tmp_path: Path) -> None:
    """The server stands still, its words are held up, connections are cut, everything is thrown away."""
    with (
        Holding(server) as between,
        running(server.url, between.url, tmp_path, MAX_STALENESS) as run,
        observer(server) as client,
    ):
        evils: list[Callable[[], object]] = [
            partial(between.hold, 3 * MAX_STALENESS),
            partial(stand_still, server),
            partial(client.client_kill_filter, _type="normal", skipme=True),
            client.flushall,
            partial(client.config_set, "tracking-table-max-keys", 1),
            partial(between.hold, MAX_STALENESS / 3),
        ]
        for evil in evils:
            run.until(TORMENTED)
            evil()
        run.until(TORMENTED)
        judge(run.seen())


def stand_still(server: Server) -> None:
    server.pause()
    time.sleep(2 * MAX_STALENESS)
    server.resume()
