"""Processes that read the same few keys through near caches while another writes them: how old is what they read?

    python coherence.py POST     one process, told in JSON who it is; what it saw is printed as JSON when it ends

Every value is a number, one more than the value before. The board, in shared memory, says since when each number has
been confirmed to the writer: whoever is given a smaller one after that moment was given a stale value, that old. What
must not live here: how old is too old (``test_near_coherence``).
"""

import json
import sys
from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic_ns
from typing import Any, NamedTuple

from cells import Cells

from caches import Cache, open_cache
from flavours import FLAVOURS
from unicache._core.io import Io
from unicache.errors import OperationTimeout, StoreUnavailable
from unicache.typing import Near

__all__ = ["KEYS", "Board", "Post", "Seen"]

KEYS = [f"k{number}" for number in range(4)]
MOST = 400_000
"""Numbers that a key can have had."""

BREATH = 25
"""Reads after which a reader lets others run: in one that never does, nobody can hear what the server says."""

_READS = 1
_ROWS = 8
_HEAD = 1 + _ROWS


class Post(NamedTuple):
    """Who a process is; ``row`` is where it counts. A row of 0 writes."""

    parent: int
    flavour: str
    row: int
    url: str
    namespace: str
    board: str
    max_staleness: float
    timeout: float


class Seen(NamedTuple):
    """What a reader saw. ``ages`` counts stale values by the power of two of their age in microseconds."""

    reads: int
    stale: int
    oldest: float
    backwards: int
    unseen: int
    refused: int
    ages: dict[str, int]


class Board(Cells):
    """What all of them see: how much was read, and since when each number has been there."""

    def __init__(self, path: Path, parent: int = 0) -> None:
        super().__init__(path, _HEAD + len(KEYS) * MOST, parent)

    @property
    def counts(self) -> list[int]:
        """How much each has read, and, first, how much was written."""
        return self.cells[1:_HEAD].tolist()

    def since(self, key: int, number: int) -> int:
        """The moment at which this number was confirmed, or 0."""
        return self.cells[_HEAD + key * MOST + number]

    def confirm(self, key: int, number: int) -> None:
        """The number is there from now on."""
        self.cells[_HEAD + key * MOST + number] = monotonic_ns()


async def write(io: Io, cache: Cache, board: Board) -> None:
    """Go through the keys, and on to the next number."""
    for number in count(1):
        for key, name in enumerate(KEYS):
            if not board.going or number >= MOST:
                return
            await _until_done(board, partial(cache.set, name, number))
            board.confirm(key, number)
            board.cells[1] += 1
            await io.sleep(0.0002)


async def _until_done(board: Board, call: Any) -> None:
    while board.going:
        try:
            await call()
        except (OperationTimeout, StoreUnavailable):
            continue  # whether it was done or not: the same again changes nothing
        return


class Reader:
    """One that reads until it is stopped, and writes a key of its own now and then."""

    def __init__(self, io: Io, cache: Cache, board: Board, row: int) -> None:
        self._io = io
        self._cache = cache
        self._board = board
        self._row = 1 + row
        self._last = dict.fromkeys(KEYS, 0)
        self._reads = self._backwards = self._unseen = self._refused = self._oldest = 0
        self._ages: Counter[int] = Counter()

    async def read(self) -> Seen:
        """All of it."""
        for turn in count():
            if turn % BREATH == 0:
                await self._io.sleep(0)
                self._board.cells[self._row] = self._reads
                if not self._board.going:
                    break
            try:
                await (self._own(turn) if turn % 1000 == 999 else self._look(turn % len(KEYS)))
            except (OperationTimeout, StoreUnavailable):
                self._refused += 1
        ages = {str(power): number for power, number in sorted(self._ages.items())}
        stale = sum(self._ages.values())
        return Seen(self._reads, stale, self._oldest / 1e9, self._backwards, self._unseen, self._refused, ages)

    async def _look(self, key: int) -> None:
        began, name = monotonic_ns(), KEYS[key]
        number = await self._cache.get(name)
        self._reads += 1
        if number is None:
            return
        self._backwards += number < self._last[name]
        self._last[name] = number
        since = self._board.since(key, number + 1)
        if 0 < since < began:
            self._ages[((began - since) // 1000).bit_length()] += 1
            self._oldest = max(self._oldest, began - since)

    async def _own(self, turn: int) -> None:
        name = f"own-{self._row}"
        await self._cache.get(name)
        await self._cache.set(name, turn)
        self._unseen += await self._cache.get(name) not in (turn, None)  # it may be flushed, but not forgotten


async def _work(flavour: Any, post: Post, board: Board, io: Io) -> Any:
    near = Near(max_staleness=post.max_staleness) if post.row else False
    cache = open_cache(flavour, post.url, namespace=post.namespace, near=near, timeout=post.timeout)
    try:
        return await (Reader(io, cache, board, post.row).read() if post.row else write(io, cache, board))
    finally:
        await cache.close()


def main(text: str) -> None:
    """Do what the post asks for."""
    post = Post(*json.loads(text))
    flavour = next(flavour for flavour in FLAVOURS if flavour.name == post.flavour)
    with Board(Path(post.board), post.parent) as board:
        print(json.dumps(flavour.run(partial(_work, flavour, post, board))))


if __name__ == "__main__":
    main(sys.argv[1])
