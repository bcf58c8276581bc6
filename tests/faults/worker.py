"""One process of a real run: callers that read, and that change the source and invalidate, until they are told to stop.

Started by ``crew`` with its post in JSON. The same body for every flavour. What must not live here: anything that is
asserted; it all goes into the journal.
"""

import json
import logging
import random
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic_ns
from typing import Any, NamedTuple

from journal import Journal
from scene import HOT, KEYS, LONE, TAGGED, TERMS, TTL, Board, carriers, kind_of, tags_of

from broken_rules import BROKEN_RULES
from caches import Cache, open_cache
from flavours import FLAVOURS, Flavour
from histories import LoaderFailed
from unicache._core.io import Io
from unicache.errors import InvalidationUncertain, OperationTimeout, StoreUnavailable

__all__ = ["Post"]

Call = Callable[..., Coroutine[Any, Any, Any]]

CALLERS = 8
LOADING = 0.003
"""Seconds that a loader takes at most."""

WAYS = (80, 10, 6, 4)
"""How often a caller asks for a value, looks whether it is there, asks for several, and writes."""

FAILING = 0.02
"""How many loaders fail."""

MANY = ["plain-0", "plain-1"]
"""Keys that are also read together. They have no window, which those who load many do not know of."""


class Post(NamedTuple):
    """Who a process is and where it works. ``broken`` is a rule that does not hold there."""

    parent: int
    name: str
    flavour: str
    row: int
    url: str
    options: dict[str, Any]
    board: str
    journal: str
    broken: str | None


class Worker:
    """All that goes on in the process."""

    def __init__(self, io: Io, post: Post, cache: Cache, board: Board, journal: Journal) -> None:
        self._io = io
        self._cache = cache
        self._board = board
        self._journal = journal
        self._name = post.name
        self._numbers = count()
        self._chance = random.Random(post.name)  # noqa: S311  what happens is not repeatable anyway
        loaders = {LONE: self._load_lone}
        self._handles = {
            kind: cache.cached(key=str, **terms)(loaders.get(kind, self._load)) for kind, terms in TERMS.items()
        }

    def calls(self) -> list[Call]:
        """What goes on side by side."""
        return [partial(self._go_on, work) for work in [*[self._act] * CALLERS, self._watch]]

    async def _go_on(self, work: Call) -> None:
        while self._board.going:
            await work()

    # -- the source

    async def _load(self, key: str) -> str:
        value = self._begun(key)
        await self._ended([value])
        return value

    async def _load_lone(self, key: str) -> str:
        self._board.lead(begins=True)
        try:
            return await self._load(key)
        finally:
            self._board.lead(begins=False)

    async def _load_many(self, made: set[str], keys: list[str]) -> dict[str, str]:
        values = {key: self._begun(key) for key in keys}
        await self._ended(values.values())
        made.update(values.values())
        return values

    def _begun(self, key: str) -> str:
        """Look at the source; the value says what there was to see, and there is no other like it."""
        began = monotonic_ns()
        version = self._board.version(key)
        value = f"{key} version {version} load {self._name}.{next(self._numbers)}"
        self._journal.load(value, began, version)
        return value

    async def _ended(self, values: Iterable[str]) -> None:
        await self._io.sleep(self._chance.uniform(0.0, LOADING))
        failed = self._chance.random() < FAILING
        for value in values:
            self._journal.loaded(value, failed=failed)
        if failed:
            raise LoaderFailed

    # -- reading

    async def _act(self) -> None:
        [way] = self._chance.choices([self._call, self._peek, self._call_many, None], WAYS)
        await (self._write() if way is None else self._told(way, self._chance.choice(HOT)))

    async def _watch(self) -> None:
        await self._io.sleep(self._chance.uniform(0.0, LOADING))  # it would be most of all reads otherwise
        await self._told(self._call, LONE)

    async def _told(self, way: Call, key: str) -> None:
        began = monotonic_ns()
        try:
            await way(key, began)
        except Exception as error:  # noqa: BLE001  the history is judged later
            self._journal.failed(key, began, error)
        self._board.count()

    async def _call(self, key: str, began: int) -> None:
        result = await self._handles[kind_of(key)].result(key)
        self._journal.read(key, began, result.value, result.source, stale=result.stale)

    async def _peek(self, key: str, began: int) -> None:
        with suppress(StoreUnavailable, OperationTimeout):  # it says so when the store is out of reach
            self._journal.read(key, began, await self._handles[kind_of(key)].get(key))

    async def _call_many(self, _: str, began: int) -> None:
        made: set[str] = set()
        found = await self._cache.get_or_set_many(MANY, partial(self._load_many, made), ttl=TTL)
        for key, value in found.items():
            self._journal.read(key, began, value, "own" if value in made else "hit")

    # -- writing

    async def _write(self) -> None:
        promise, keys, invalidate = self._target()
        versions = self._board.change(keys)
        while self._board.going and not await self._invalidated(promise, versions, invalidate):
            await self._io.sleep(0.005)

    def _target(self) -> tuple[str, list[str], Call]:
        """Which promise is about to be put to the test, on which keys, by what."""
        draw = self._chance.random()
        if draw < 0.5:
            keys = self._chance.sample(HOT, self._chance.randint(1, 2))
            return "P2", keys, partial(self._cache.invalidate, *keys)
        if draw < 0.995:
            tag = self._chance.choice(tags_of(self._chance.choice(TAGGED)))
            return "P4", carriers(tag), partial(self._cache.invalidate_tags, tag)
        return "P2", KEYS, self._cache.clear

    async def _invalidated(self, promise: str, versions: dict[str, int], invalidate: Call) -> bool:
        began = monotonic_ns()
        try:
            await invalidate()
        except InvalidationUncertain:
            self._journal.uncertain(began)
            return False
        self._journal.invalidation(promise, began, versions)
        return True


async def _work(flavour: Flavour, post: Post, board: Board, journal: Journal, io: Io) -> None:
    cache = open_cache(flavour, post.url, **post.options)
    try:
        outcomes = await flavour.together(Worker(io, post, cache, board, journal).calls())
    finally:
        await cache.close()
    for error in filter(None, outcomes):
        raise error


def main(text: str) -> None:
    """Do what the post asks for."""
    post = Post(**json.loads(text))
    if post.broken is not None:
        setattr(*BROKEN_RULES[post.broken])
    logging.disable()  # outages are told, and there are many
    flavour = next(flavour for flavour in FLAVOURS if flavour.name == post.flavour)
    with Board(Path(post.board), post.row, post.parent) as board, closing(Journal(Path(post.journal))) as journal:
        flavour.run(partial(_work, flavour, post, board, journal))


if __name__ == "__main__":
    main(sys.argv[1])
