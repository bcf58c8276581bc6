"""What is asked for, in which order: names, always the same for the same arguments. Nothing is measured here.

A trace of one's own is a text file with a key a line, or the CSV of libCacheSim, ``time, key, size, next``. The source
distribution of libcachesim on the package index has two in ``src/libCacheSim/data``: ``twitter_cluster52.csv``, reads
of an in-memory cache, and ``cloudPhysicsIO.txt``, reads of blocks.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate, chain, cycle, islice
from pathlib import Path
from random import Random

__all__ = ["WORKLOADS", "trace", "zipf"]

Workload = Callable[[int, int], list[int]]
"""Of a number of keys and a number of reads, the keys that are read."""

_SCAN = 10**9
"""Above this are keys of a scan, each read once."""


def zipf(exponent: float, keys: int, reads: int, seed: int = 1) -> list[int]:
    """The key of rank r is read as often as 1 / r ** exponent; which key has which rank depends on the seed."""
    random = Random(seed)  # noqa: S311 - nothing secret
    ranked = random.sample(range(keys), keys)
    weights = list(accumulate(1 / rank**exponent for rank in range(1, keys + 1)))
    return random.choices(ranked, cum_weights=weights, k=reads)


def _scanned(keys: int, reads: int) -> list[int]:
    """A third of the reads are scans, each as long as a tenth of the keys."""
    scan, fresh = keys // 10, iter(range(_SCAN, _SCAN + reads))
    return list(islice(chain.from_iterable(_between(zipf(0.99, keys, reads), 2 * scan, fresh, scan)), reads))


def _between(hot: list[int], every: int, fresh: Iterator[int], scan: int) -> Iterator[list[int]]:
    for start in range(0, len(hot), every):
        yield hot[start : start + every]
        yield list(islice(fresh, scan))


def _looped(keys: int, reads: int) -> list[int]:
    """Every third read is of a loop through a fifth of the keys, in addition to the others."""
    hot, loop = iter(zipf(0.99, keys, reads)), cycle(range(_SCAN, _SCAN + keys // 5))
    return [next(loop) if number % 3 == 2 else next(hot) for number in range(reads)]


def _loop(keys: int, reads: int) -> list[int]:
    """A loop through an eighth of the keys, which is more than there is room for."""
    return list(islice(cycle(range(keys // 8)), reads))


def _shifted(keys: int, reads: int) -> list[int]:
    """Twelve times, all at once, other keys become the popular ones."""
    return [key for part in range(12) for key in zipf(0.99, keys, reads // 12, seed=part)]


WORKLOADS: dict[str, Workload] = {
    "Zipf 0.8": lambda keys, reads: zipf(0.8, keys, reads),
    "Zipf 0.99": lambda keys, reads: zipf(0.99, keys, reads),
    "Zipf 1.2": lambda keys, reads: zipf(1.2, keys, reads),
    "Zipf 0.99 and scans": _scanned,
    "Zipf 0.99 and a loop": _looped,
    "a loop": _loop,
    "popularity that shifts": _shifted,
}


def trace(path: Path, reads: int) -> list[int]:
    """The first reads of a file, their keys as numbers."""
    with path.open() as lines:
        words = (line.split(",") for line in lines if not line.startswith("#"))
        keys = [(one[1] if len(one) > 1 else one[0]).strip() for one in islice(words, reads)]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return [numbers[key] for key in keys]
