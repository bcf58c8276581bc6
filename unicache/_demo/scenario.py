"""What the demo plays: six steps, the same for every flavour of a group that shares one cache.

The steps are driven from here, one order at a time, so that what happens before what is certain; only the herd is let
loose on all at once. What must not live here: whether the outcome is right (``verdict``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from unicache._demo.crew import Worker
from unicache._demo.database import Orders
from unicache._demo.shop import FLAVOURS
from unicache._demo.verdict import Outcome, Step
from unicache._demo.worker import document
from unicache.errors import CacheError

__all__ = ["CUSTOMERS", "STEPS", "play", "prepare"]

CUSTOMERS = len(FLAVOURS) + 1
"""One for each flavour, and one for the herd."""

STEPS = 6
HITS = 25
HERD = 50
AMOUNT = 47.11


def prepare(group: Sequence[Worker], url: str, namespace: str, orders: Orders) -> None:
    """Tell the workers where everything is, and have them connect. Raises CacheError when one cannot."""
    for worker in group:
        worker.tell(url=url, namespace=namespace, orders=str(orders.path))
        worker.ask("connect")
    for worker in group:
        (seen,) = worker.answer()["seen"]
        if seen != repr(None):
            raise CacheError(f"the {worker.name} worker cannot connect: {seen}")


def play(group: Sequence[Worker], orders: Orders, customers: Sequence[str]) -> Iterator[Step]:
    """Play the steps, with ``CUSTOMERS`` customers: one is the herd's, each flavour has one of its own."""
    herd, *others = customers
    scene = _Scene(group, orders, dict(zip(FLAVOURS, others, strict=True)))
    yield scene.cold()
    yield scene.warm()
    yield scene.shared()
    yield scene.fresh()
    yield scene.herd(herd)
    yield scene.documents()


class _Scene:
    def __init__(self, group: Sequence[Worker], orders: Orders, customers: Mapping[str, str]) -> None:
        self._group = group
        self._several = len(group) > 1
        self._orders = orders
        self._customers = customers
        self._truth = {worker.name: repr(orders.count(customers[worker.name])) for worker in group}

    def cold(self) -> Step:
        outcomes = {each.name: self._counted([each], each.name) for each in self._group}
        return Step("a first call: one query", "miss", 1, outcomes)

    def warm(self) -> Step:
        outcomes = {each.name: self._counted([each], each.name, HITS) for each in self._group}
        return Step("the next calls: hits", "hit", 0, outcomes)

    def shared(self) -> Step:
        outcomes = {each.name: self._counted(self._others(each.name), each.name) for each in self._group}
        return Step("the others' calls: hits" if self._several else "calls later on: hits", "hit", 0, outcomes)

    def fresh(self) -> Step:
        outcomes = {each.name: self._added(each) for each in self._group}
        return Step("a new order, seen by all" if self._several else "a new order, and seen", "add", 1, outcomes)

    def herd(self, customer: str) -> Step:
        expected = repr(self._orders.spending(customer))
        replies = _asked(self._group, "herd", customer=customer, times=HERD)
        outcomes = {each.name: _outcome([reply], expected) for each, reply in zip(self._group, replies, strict=True)}
        title = f"{HERD * len(self._group)} callers, one query"
        return Step(title, "wait", 1, outcomes, joint=self._several)

    def documents(self) -> Step:
        _asked(self._group, "write")
        outcomes = {each.name: self._read(each.name) for each in self._group}
        return Step("document, read by others" if self._several else "document, read back", "read", 0, outcomes)

    def _others(self, name: str) -> Sequence[Worker]:
        """Who shares the cache with it; a worker that is alone has only itself."""
        return [worker for worker in self._group if worker.name != name] or self._group

    def _counted(self, readers: Iterable[Worker], owner: str, times: int = 1) -> Outcome:
        replies = [_asked([reader], "count", customer=self._customers[owner], times=times)[0] for reader in readers]
        return _outcome(replies, self._truth[owner])

    def _added(self, one: Worker) -> Outcome:
        customer = self._customers[one.name]
        (added,) = _asked([one], "add", customer=customer, amount=AMOUNT)
        self._truth[one.name] = repr(self._orders.count(customer))
        read = self._counted(self._others(one.name), one.name)
        failed = [seen for seen in added["seen"] if seen != repr(None)]
        return Outcome([*failed, *read.seen], read.expected, read.runs, added["seconds"])

    def _read(self, author: str) -> Outcome:
        return _outcome(_asked(self._others(author), "read", author=author), repr(document(author)))


def _asked(workers: Sequence[Worker], do: str, **details: Any) -> list[dict[str, Any]]:
    """Ask them all, and then hear them all."""
    for worker in workers:
        worker.ask(do, **details)
    return [worker.answer() for worker in workers]


def _outcome(replies: Sequence[Mapping[str, Any]], expected: str) -> Outcome:
    return Outcome(
        seen=[value for reply in replies for value in reply["seen"]],
        expected=expected,
        runs=sum(reply["runs"] for reply in replies),
        seconds=median(reply["seconds"] for reply in replies),
    )
