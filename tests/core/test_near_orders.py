"""The near cache in every state that readers, writers, replies and pushes can lead it to, in whatever order they come.

A server that holds one name tells each link that read it when it changes, in the order of the bytes on that link (R7).
In every state, what is kept must not be older than what a reader of this process was given, nor older than a write of
this process that was answered (P3); when nothing is under way, it is what the server holds.
"""

import weakref
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from math import inf
from typing import Any

import pytest

from unicache._core.setup.node import NearOptions
from unicache._core.wire.near import Kept, Near, Trust

NAME = b"name"
OPTIONS = NearOptions(max_bytes=10_000, max_entries=10, max_staleness=1.0)
Deed = Iterator[Callable[[], bool]]
"""What somebody does, step by step; between two steps it tells whether the next can be taken."""


def at_once() -> bool:
    return True


class Wire:
    """A link: what the server has sent on it, in order, and whether the server would tell it of a change."""

    def __init__(self) -> None:
        self.trust = Trust(weakref.ref(self))
        self.sent: deque[tuple[Hashable, Callable[[], None]]] = deque()
        self.told = False

    def parse(self) -> None:
        """The next bytes arrive."""
        self.sent.popleft()[1]()


class Actor:
    """Somebody who does something."""

    def __init__(self, deed: Deed) -> None:
        self._deed = deed
        self._taken = 0
        self.ready = at_once

    def step(self) -> None:
        self._taken += 1
        self.ready = next(self._deed, lambda: False)

    def state(self) -> Hashable:
        return self._taken, self.ready()


class Reading:
    """What the store makes of a reader's request; see ``near_store``."""

    def __init__(self, stage: "Stage", link: Wire, number: int) -> None:
        self._stage = stage
        self._link = link
        self.number = number
        self.answered = False
        stage.near.asks(self, [NAME])

    def arrived(self, reply: Any, trust: Trust) -> None:
        content = b"%d" % reply
        self._stage.near.lives(trust, 0.0)
        self._stage.near.keep(self, NAME, Kept(content, content, trust), inf)

    def arrives(self, version: int) -> None:
        self.arrived(version, self._link.trust)
        self._stage.given = max(self._stage.given, version)
        self.answered = True


class Stage:
    """The server, the links, and the near cache of the process that holds them. Versions grow with every write."""

    def __init__(self, links: int) -> None:
        self.near = Near(OPTIONS, lambda: 0.0)
        self.links = [Wire() for _ in range(links)]
        self.version = 1
        self.given = 0  # the newest version that this process was given, or has written
        self.actors: list[Actor] = []
        self._readings = 0

    # -- what can be done

    def read(self, at: int) -> Deed:
        """A caller reads by a link."""
        link = self.links[at]
        self._readings += 1
        reading = Reading(self, link, self._readings)
        yield at_once
        version, link.told = self.version, True
        link.sent.append(((reading.number, version), lambda: reading.arrives(version)))
        yield lambda: reading.answered
        self.near.gone(reading, [NAME])

    def find(self, at: int) -> Deed:
        """A caller asks by a link for more than can be kept."""
        found: list[int] = []
        yield at_once
        version, link = self.version, self.links[at]
        link.told = True
        link.sent.append((("found", version), lambda: found.append(version)))
        yield lambda: bool(found)
        self.near.seen(NAME, b"%d" % version)
        self.given = max(self.given, version)

    def write(self, at: int) -> Deed:
        """A caller writes by a link."""
        answered: list[int] = []
        with self.near.writing([NAME]):
            yield at_once
            self.change()
            version = self.version
            self.links[at].sent.append((("written", version), lambda: answered.append(version)))
            yield lambda: bool(answered)
        self.given = max(self.given, version)

    def elsewhere(self, change: Callable[[], None]) -> Deed:
        """Another process changes something."""
        change()
        yield lambda: False

    def change(self) -> None:
        """The server takes a write, and tells who read before."""
        self.version += 1
        for link in self.links:
            if link.told:
                link.told = False
                link.sent.append(("changed", lambda: self.near.changed([NAME])))

    def flush(self) -> None:
        """The server is emptied, and tells everybody."""
        self.version += 1
        for link in self.links:
            link.told = False
            link.sent.append(("flushed", lambda: self.near.changed(None)))

    # -- telling it

    def possible(self) -> list[Callable[[], None]]:
        """What could happen next: somebody goes on, or a link's next bytes are parsed."""
        going = [actor.step for actor in self.actors if actor.ready()]
        return going + [link.parse for link in self.links if link.sent]

    def kept(self) -> int | None:
        """The version that is kept."""
        slot = self.near._table.get(NAME, -inf)
        return None if slot is None else int(slot.value.content)

    def state(self) -> Hashable:
        """All that decides what can happen from here."""
        first = self.near._asked.get(NAME)
        wires = [(link.told, tuple(name for name, _ in link.sent)) for link in self.links]
        seen = self.near._others.get(NAME)
        asked = (
            first.number if isinstance(first, Reading) else None,
            seen if isinstance(seen, bytes | None) else "many",
        )
        return (self.version, self.given, self.kept(), *wires, asked, *(actor.state() for actor in self.actors))


Begin = Callable[[Stage], list[Deed]]


def states_of(links: int, begin: Begin) -> int:
    """Go through all states, by doing again what led to each; how many there are."""
    seen: set[Hashable] = set()
    ways: list[tuple[int, ...]] = [()]
    while ways:
        way = ways.pop()
        stage = Stage(links)
        stage.actors = [Actor(deed) for deed in begin(stage)]
        for choice in way:
            stage.possible()[choice]()
        if (state := stage.state()) in seen:
            continue
        seen.add(state)
        check(stage)
        ways += [(*way, choice) for choice in range(len(stage.possible()))]
    return len(seen)


def check(stage: Stage) -> None:
    kept = stage.kept()
    assert kept is None or kept >= stage.given, f"{kept} is kept, and {stage.given} was known"
    assert stage.possible() or kept in (None, stage.version), "something is kept for good that is not there"


STORIES: dict[str, tuple[int, int, Begin]] = {
    "a reader, and a change elsewhere": (1, 15, lambda s: [s.read(0), s.elsewhere(s.change)]),
    "readers of one link, and a change elsewhere": (1, 150, lambda s: [s.read(0), s.read(0), s.elsewhere(s.change)]),
    "readers of two links, and changes elsewhere": (
        2,
        650,
        lambda s: [s.read(0), s.read(1), s.elsewhere(s.change), s.elsewhere(s.change)],
    ),
    "three readers of two links, and a change elsewhere": (
        2,
        2_500,
        lambda s: [s.read(0), s.read(1), s.read(0), s.elsewhere(s.change)],
    ),
    "a reader, one that asks for more, and a change elsewhere": (
        2,
        140,
        lambda s: [s.read(0), s.find(1), s.elsewhere(s.change)],
    ),
    "a reader and a writer of one link": (1, 45, lambda s: [s.read(0), s.write(0)]),
    "two readers and a writer of two links": (2, 750, lambda s: [s.read(0), s.read(1), s.write(1)]),
    "a reader, a writer and a change elsewhere": (2, 190, lambda s: [s.read(0), s.write(1), s.elsewhere(s.change)]),
    "a reader and two writers of two links": (2, 430, lambda s: [s.read(0), s.write(0), s.write(1)]),
    "readers of two links, and a flush": (2, 450, lambda s: [s.read(0), s.read(1), s.elsewhere(s.flush)]),
}


@pytest.mark.parametrize(("links", "least", "begin"), STORIES.values(), ids=STORIES)
def test_what_is_kept_is_never_older_than_what_was_known(links: int, least: int, begin: Begin) -> None:
    assert states_of(links, begin) >= least
