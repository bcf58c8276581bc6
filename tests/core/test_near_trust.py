"""How long what was read may be served without a word from the server, on a clock that stands still (R7, R8).

The clock of a near cache goes on while the machine sleeps: to wake up is to find that much time has gone by.
"""

import weakref
from collections.abc import Callable
from typing import Any

import pytest
from memory_kit import record, run

from unicache._core.records.envelope import pack, pack_lease
from unicache._core.records.record import ABSENT, Known
from unicache._core.setup.node import NearOptions
from unicache._core.stores.near_store import NearStore
from unicache._core.wire.near import Near, SignOfLife, Trust
from unicache._core.wire.resp import ReplyError

NAME = b"ns:k"
RECORD = record(b"v")
VALUE = pack(NAME, RECORD)
LEASE = pack_lease(b"t" * 16)
MAX_STALENESS = 8.0


class Node:
    """Links to a node that holds one value, for so many milliseconds; ``travel`` is how long a reply takes."""

    features = None

    def __init__(self) -> None:
        self.now = 0.0
        self.near = Near(NearOptions(100_000, 10, MAX_STALENESS), lambda: self.now)
        self.near.links = weakref.ref(self)
        self.store = NearStore(self, self.near)  # type: ignore[arg-type]  # what it asks of links is below
        self.trust = Trust(weakref.ref(self))
        self.held: tuple[bytes | None, int] = (VALUE, -1)
        self.travel = 0.0
        self.signs: list[SignOfLife] = []

    async def request(self, *_: Any, reading: Any, **__: Any) -> Any:
        self.now += self.travel
        reading.arrived(list(self.held), self.trust)
        return list(self.held)

    def renew(self, link: Any, name: bytes) -> None:
        self.signs.append(SignOfLife(self.near))

    def served(self, at: float) -> Known:
        """What a hit would give then."""
        self.now = at
        return self.near.peek(NAME)


@pytest.fixture
def node() -> Node:
    return Node()


def read(node: Node) -> None:
    run(node.store.read(NAME))


def test_it_is_served_until_the_link_has_said_nothing_for_max_staleness(node: Node) -> None:
    node.travel = 3.0
    read(node)
    assert node.served(at=MAX_STALENESS - 0.1) == RECORD
    assert node.served(at=MAX_STALENESS) is None


def test_who_wakes_up_after_a_long_sleep_serves_nothing(node: Node) -> None:
    read(node)
    assert node.served(at=36_000.0) is None


def test_a_sign_of_life_is_asked_for_once_and_counts_from_then(node: Node) -> None:
    read(node)
    assert node.served(at=MAX_STALENESS / 2 - 0.1) == RECORD
    assert node.signs == []
    assert [node.served(at=5.0), node.served(at=6.0)] == [RECORD, RECORD]
    [sign] = node.signs
    sign.arrived(1, node.trust)
    assert node.served(at=5.0 + MAX_STALENESS - 0.1) == RECORD
    assert node.served(at=5.0 + MAX_STALENESS) is None


def refused(node: Node) -> None:
    node.signs.pop().arrived(ReplyError("NOPERM"), node.trust)


def lost(node: Node) -> None:
    node.trust.end()
    node.signs.pop().arrived(1, node.trust)


@pytest.mark.parametrize(("happens", "until"), [(refused, MAX_STALENESS), (lost, 5.0)])
def test_what_is_no_sign_of_life_makes_nothing_last(node: Node, happens: Callable[[Node], None], until: float) -> None:
    read(node)
    assert node.served(at=5.0) == RECORD
    happens(node)
    assert node.served(at=until) is None


def test_a_time_to_live_counts_from_when_it_was_asked_for(node: Node) -> None:
    node.held, node.travel = (VALUE, 2000), 1.5
    read(node)
    assert node.served(at=1.9) == RECORD
    assert node.served(at=2.0) is None


def test_a_name_that_held_nothing_is_remembered_for_a_second(node: Node) -> None:
    node.held = (None, -2)
    read(node)
    assert node.served(at=0.9) is ABSENT
    assert node.served(at=1.0) is None


@pytest.mark.parametrize(
    "held", [(VALUE, -2), (VALUE, 0), (pack_lease(b"t" * 16), 5000)], ids=["gone", "over", "lease"]
)
def test_what_is_about_to_be_something_else_is_not_kept(node: Node, held: tuple[bytes, int]) -> None:
    node.held = held
    read(node)
    assert node.served(at=0.0) is None
