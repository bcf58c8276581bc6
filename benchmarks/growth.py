"""What grows with the number of entries behind a tag, and with the number of tags on an entry: time and commands.

One synchronous cache, one server of its own, one caller.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from rich.table import Table

from benchmarks import load
from benchmarks.contenders.address import Address
from benchmarks.referee import Referee
from unicache import Cache
from unicache.server import Server

__all__ = ["Growth", "growth", "growth_table"]

_AT_ONCE = 10_000
_FEW = 10
_TAGS = (0, 1, 2, 5, 10, 20)
_CALLS = 50


@dataclass(frozen=True, slots=True)
class Growth:
    """One kind of call at one size: median microseconds a call in each round, and the server's commands per call."""

    call: str
    size: int
    microseconds: Sequence[float]
    commands: float


def growth(entries: int, rounds: int, progress: Callable[[str], None]) -> list[Growth]:
    """Measure invalidation of a tag of few and of so many entries, and reading of entries with more and more tags."""
    progress(f"{entries:,} entries with one tag")
    with Server(unix=False, config={"maxmemory": "2gb"}) as server:
        assert not isinstance(server.address, str)
        with Cache(server.url, namespace="growth", timeout=30) as cache, Referee(Address(*server.address)) as referee:
            return _Look(cache, referee, entries).all(rounds)


class _Look:
    """A cache with its entries, and the calls to be timed."""

    def __init__(self, cache: Cache, referee: Referee, entries: int) -> None:
        self._cache = cache
        self._referee = referee
        self._sizes = {"few": _FEW, "many": entries}
        for tag, size in self._sizes.items():
            for start in range(0, size, _AT_ONCE):
                names = [f"{tag}:{number}" for number in range(start, min(start + _AT_ONCE, size))]
                cache.set_many(dict.fromkeys(names, load.VALUE), tags=[tag])
        for tags in _TAGS:
            cache.set(f"tagged:{tags}", load.VALUE, tags=[f"tag:{number}" for number in range(tags)])

    def all(self, rounds: int) -> list[Growth]:
        """Time them in turn, round after round."""
        calls = {("invalidate_tags", tag): size for tag, size in self._sizes.items()}
        calls |= {("get", str(tags)): tags for tags in _TAGS}
        spans: dict[tuple[str, str], list[float]] = {call: [] for call in calls}
        commands = {call: self._commands(*call) for call in calls}
        for _ in range(rounds):
            for call, into in spans.items():
                into.append(self._round(*call))
        return [Growth(call[0], size, spans[call], commands[call]) for call, size in calls.items()]

    def _prepare(self, call: str, what: str) -> Callable[[], object]:
        if call == "get":
            return lambda: self._cache.get(f"tagged:{what}")
        # The tag has a version again, as it has when it is in use.
        self._cache.set(f"{what}:0", load.VALUE, tags=[what])
        return lambda: self._cache.invalidate_tags(what)

    def _round(self, call: str, what: str) -> float:
        return median(self._time(self._prepare(call, what)) for _ in range(_CALLS)) * 1e6

    def _time(self, call: Callable[[], object]) -> float:
        start = perf_counter()
        call()
        return perf_counter() - start

    def _commands(self, call: str, what: str) -> float:
        ready = self._prepare(call, what)
        before = self._referee.commands()
        ready()
        return self._referee.commands() - before - 1


def growth_table(found: Sequence[Growth]) -> Table:
    """A row for each kind of call at each size."""
    table = Table(title="Growth: a tag's invalidation with its entries, a read with its entry's tags")
    for heading in ("call", "entries of the tag, tags of the entry", "µs/call", "over the rounds", "commands"):
        table.add_column(heading, justify="left" if heading == "call" else "right")
    for one in found:
        low, high = min(one.microseconds), max(one.microseconds)
        figures = (f"{median(one.microseconds):.1f}", f"{low:.1f} to {high:.1f}", f"{one.commands:.0f}")
        table.add_row(one.call, f"{one.size:,}", *figures)
    return table
