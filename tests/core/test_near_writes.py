"""Every call of the store that may change a key tells the near cache so, before it is sent and when it is over (R5)."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from memory_kit import record, run

from unicache._core.setup.node import NearOptions
from unicache._core.stores.near_store import NearStore
from unicache._core.stores.scripts import TEXTS
from unicache._core.stores.store import Claim, Count, Fill, Removal, Rule, Store, Write
from unicache._core.wire.near import Near
from unicache.errors import StoreUnavailable

NAME = b"ns:k"
TOKEN = b"t" * 16

READING = {"changed", "close", "connect", "find", "find_many", "ping", "read", "read_many", "scan", "versions"}

CHANGES: dict[str, Callable[[Store], Coroutine[Any, Any, Any]]] = {
    "claim": lambda store: store.claim(NAME, TOKEN, 1.0),
    "claim over": lambda store: store.claim(NAME, TOKEN, 1.0, over=1),
    "claim_many": lambda store: store.claim_many([Claim(NAME, TOKEN)], 1.0),
    "count": lambda store: store.count(Count(NAME, 1, 1, None, record(b""))),
    "count_many": lambda store: store.count_many([Count(NAME, 1, 1, None, record(b""))]),
    "drop": lambda store: store.drop([NAME]),
    "expire": lambda store: store.expire(NAME, 1.0),
    "expire_many": lambda store: store.expire_many([(NAME, 1.0)]),
    "fill": lambda store: store.fill(NAME, TOKEN, record(b""), None),
    "fill_many": lambda store: store.fill_many([Fill(NAME, TOKEN, record(b""), None)]),
    "find_and_expire": lambda store: store.find_and_expire(NAME, 1.0),
    "lock": lambda store: store.lock(NAME, 1.0, 1),
    "make_versions": lambda store: store.make_versions([NAME], TOKEN, 1.0),
    "release": lambda store: store.release(NAME, TOKEN),
    "remove": lambda store: store.remove(Removal(NAME)),
    "remove_many": lambda store: store.remove_many([Removal(NAME)]),
    "renew": lambda store: store.renew(NAME, TOKEN, 1.0),
    "unlock": lambda store: store.unlock(NAME, 1),
    "write": lambda store: store.write(Write(NAME, record(b""), None)),
    "write by a rule": lambda store: store.write(Write(NAME, record(b""), 1.0, Rule.ABSENT)),
    "write_many": lambda store: store.write_many([Write(NAME, record(b""), None)]),
}


class Told(Near):
    """Writes down what it is told of."""

    def __init__(self) -> None:
        self.told: list[bytes] = []
        super().__init__(NearOptions(10_000, 10, 1.0), lambda: 0.0)

    def changed(self, names: Any) -> None:
        self.told += names or ()


class Silent:
    """Links to a node that does not answer; what had been told when they were asked."""

    features = None

    def __init__(self, near: Told) -> None:
        self._near = near
        self.before: list[bytes] = []

    async def request(self, *_: Any, **__: Any) -> Any:
        self.before += self._near.told
        raise StoreUnavailable("nobody there")


def test_every_call_of_the_store_is_known_to_read_or_to_change() -> None:
    calls = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert calls - {"peek"} == READING | {name.partition(" ")[0] for name in CHANGES}


@pytest.mark.parametrize("taught", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_told_before_it_is_sent_and_after(
    change: Callable[[Store], Coroutine[Any, Any, Any]], taught: bool
) -> None:
    near = Told()
    links: Any = Silent(near)
    store = NearStore(links, near)
    if taught:
        store._known.update(TEXTS)
    with pytest.raises(StoreUnavailable):
        run(change(store))
    assert links.before == [NAME] * len(links.before) != []
    assert near.told.count(NAME) > len(links.before)
