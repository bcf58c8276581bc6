"""One figure of one store: how often it hits, what a hit and a put cost, what it takes of memory."""

import gc
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from random import Random
from resource import getpagesize
from time import perf_counter_ns

from benchmarks.bounded.stores import STORES, Store
from unicache._core.records.record import Record
from unicache._core.records.weights import weight

__all__ = ["LIMIT", "growth", "hit_rate", "ns_per_hit", "ns_per_hit_beside_threads", "ns_per_put"]

LIMIT = 64 * 2**20
"""Bytes that ``growth`` allows a store."""

_HOT = 1000
_THREADS = 8


def hit_rate(store: Store, names: Sequence[bytes]) -> float:
    """The share of reads that were hits, when each miss is followed by a put."""
    hits = 0
    for name in names:
        if store.get(name) is not None:
            hits += 1
        else:
            store.put(name, name, 1)
    return hits / len(names)


def _names(start: int, count: int) -> list[bytes]:
    return [b"shop:product:%d" % number for number in range(start, start + count)]


def ns_per_hit(store: Store, rounds: int) -> float:
    """Nanoseconds of one hit among a thousand names, the loop included: the fastest of the rounds."""
    names = _names(0, _HOT)
    for name in names:
        store.put(name, name, 1)
    return min(_time_hits(store, names) for _ in range(rounds))


def _time_hits(store: Store, names: Sequence[bytes]) -> float:
    get = store.get
    start = perf_counter_ns()
    for name in names:
        get(name)
    return (perf_counter_ns() - start) / len(names)


def ns_per_put(store: Store, room: int, rounds: int) -> float:
    """Nanoseconds of a put of a new name that pushes out another, of which every second one was used."""
    spans = []
    for number in range(rounds + 1):
        names = _names(number * room, room)
        start = perf_counter_ns()
        for name in names:
            store.put(name, name, 1)
        spans.append((perf_counter_ns() - start) / room)
        for name in names[::2]:
            store.get(name)
    return min(spans[1:])


def ns_per_hit_beside_threads(store: Store, rounds: int) -> float:
    """Nanoseconds of a hit, by the wall, while eight threads hit at once and a ninth puts now and then."""
    names, done = _names(0, _HOT), threading.Event()
    for name in names:
        store.put(name, name, 1)

    def write() -> None:
        while not done.wait(0.001):
            store.put(b"of the writer", b"", 1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return min(_time_crowd(store, names) for _ in range(rounds))
    finally:
        done.set()
        writer.join()


def _time_crowd(store: Store, names: Sequence[bytes]) -> float:
    threads = [threading.Thread(target=_time_hits, args=(store, [*names] * 20)) for _ in range(_THREADS)]
    start = perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (perf_counter_ns() - start) / (_THREADS * 20 * len(names))


def growth(name: str, count: int) -> dict[str, float]:
    """What the process grows by, in bytes, while so many records of 10 to 2,000 bytes go through LIMIT bytes.

    Needs a process of its own, and Linux.
    """
    random = Random(1)  # noqa: S311 - nothing secret
    store, kept, before = STORES[name](LIMIT), 0, _resident()
    for number in range(count):
        record = _record(random, number)
        label = b"shop:product:%d" % number
        store.put(label, record, weight(label, record))
    gc.collect()
    grown = _resident() - before
    kept = sum(store.get(b"shop:product:%d" % number) is not None for number in range(count))
    return {"grown": grown, "kept": kept, "of_limit": grown / LIMIT}


def _record(random: Random, number: int) -> Record:
    payload = bytes(int(10 * 200 ** random.random()))
    return Record(payload, 1, random.getrandbits(64), number + 0.5, number + 1.5, number + 0.25)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


if __name__ == "__main__":
    import json

    print(json.dumps(growth(sys.argv[1], int(sys.argv[2]))))
