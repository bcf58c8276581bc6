"""Counters: numbers that the store adds to, so that any number of writers at once lose nothing and wait for nobody.

A counter is a record of a codec of its own, decimal digits. The store adds to a plain one. Any other integer, written
by ``set``, with tags, signed or encrypted, is read, changed and written by compare-and-set; then it is a counter too.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from unicache._core.core import Core
from unicache._core.documents.changing import Changes
from unicache._core.documents.options import caught_in, each_of, many, not_found, refused
from unicache._core.documents.parts import ABSENT
from unicache._core.keys.names import Keyspace
from unicache._core.stores.store import INT64, Count, Outcome
from unicache._core.tools.durations import optional_seconds
from unicache.errors import CasMismatch, CounterOverflow, InvalidArgument, NotANumber
from unicache.typing import Duration

__all__ = ["Counters", "check_number"]

T = TypeVar("T")

TRIES, RETRIES = 50, 20
"""How often the store is asked, and compare-and-set repeated in between, before others were quicker too often."""


class Counters:
    """The counters of one namespace."""

    def __init__(self, core: Core, names: Keyspace, changes: Changes) -> None:
        self._store = core.replicated
        self._values = core.values
        self._names = names
        self._changes = changes

    async def add(self, key: str, delta: int, initial: int | None, ttl: Duration | None) -> int:
        """The sum, or KeyNotFound; NotANumber, CounterOverflow, KeyLocked."""
        name = self._names.entry(key)
        return await self._added(key, self._count(name, delta, initial, ttl))

    async def subtract(self, key: str, delta: int, initial: int | None, ttl: Duration | None) -> int:
        """The same, the other way."""
        check_number(delta, "delta")
        return await self.add(key, -delta, initial, ttl)

    async def subtract_many(
        self,
        keys: Iterable[str],
        deltas: int | Mapping[str, int],
        initial: int | Mapping[str, int] | None,
        ttl: Duration | Mapping[str, Duration | None] | None,
        *,
        return_exceptions: bool,
    ) -> dict[str, int]:
        """The same for many."""
        for delta in deltas.values() if isinstance(deltas, Mapping) else (deltas,):
            check_number(delta, "delta")
        taken = {key: -delta for key, delta in deltas.items()} if isinstance(deltas, Mapping) else -deltas
        return await self.add_many(keys, taken, initial, ttl, otherwise=-1, return_exceptions=return_exceptions)

    async def add_many(
        self,
        keys: Iterable[str],
        deltas: int | Mapping[str, int],
        initial: int | Mapping[str, int] | None,
        ttl: Duration | Mapping[str, Duration | None] | None,
        *,
        otherwise: int = 1,
        return_exceptions: bool,
    ) -> dict[str, int]:
        """The sum of each."""
        names = self._names.entries(keys)
        given, begins = each_of(deltas, names, "delta", otherwise), each_of(initial, names, "initial", None)
        lives = each_of(ttl, names, "ttl", None)
        counts = {key: self._count(name, given[key], begins[key], lives[key]) for key, name in names.items()}
        sums: Sequence[object] = [Outcome.JUDGE] * len(counts)
        if not self._values.sealed:
            sums = await self._store.count_many(list(counts.values()))
        results: dict[str, Any] = {}
        for (key, count), number in zip(counts.items(), sums, strict=True):
            is_settled = isinstance(number, int | Exception)
            results[key] = number if is_settled else await caught_in(partial(self._added, key, count))
        return many(results, return_exceptions)

    def _count(self, name: bytes, delta: int, initial: int | None, ttl: Duration | None) -> Count:
        check_number(delta, "delta")
        if initial is not None:
            check_number(initial, "initial")
        return Count(name, delta, initial, optional_seconds(ttl, "ttl"), self._values.counter(name, None))

    async def _added(self, key: str, count: Count) -> int:
        """By the store, or by hand; and again by the store if it turned into a plain counter meanwhile."""
        for _ in range(TRIES):
            outcome = Outcome.JUDGE if self._values.sealed else await self._store.count(count)
            if isinstance(outcome, int):
                return outcome
            if outcome is not Outcome.JUDGE:
                raise refused(outcome, key)
            try:
                return await self._added_by_hand(key, count)
            except CasMismatch:
                continue
        raise CasMismatch(f"{key!r} was changed by others all the time", key=key)

    async def _added_by_hand(self, key: str, count: Count) -> int:
        async def change(old: Any) -> tuple[int, int]:
            if old is ABSENT and count.initial is None:
                raise not_found(key)
            number = count.initial if old is ABSENT else _sum(old, count.delta, key)
            assert number is not None
            return number, number

        made = await self._changes.make(
            key, change, retries=RETRIES, born=count.ttl, store="set", record=self._values.counter
        )
        return int(made.result)


def check_number(number: object, argument: str) -> None:
    """Raises InvalidArgument for what a counter cannot be."""
    if type(number) is not int or number not in INT64:
        raise InvalidArgument(f"{argument} must be an int of at most 64 bits", argument=argument)


def _sum(old: Any, delta: int, key: str) -> int:
    if type(old) is not int:
        raise NotANumber(f"{key!r} holds a {type(old).__name__}, not an int", key=key)
    if old + delta not in INT64:
        raise CounterOverflow(f"{key!r} would leave the range of 64 bits", key=key)
    return old + delta
