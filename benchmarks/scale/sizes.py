"""Sweeps over what is stored: bytes of a value, number of keys, tags of an entry."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from time import perf_counter

from benchmarks.scale.points import Point, Sweep
from unicache import Cache, Near

__all__ = ["keys", "sizes", "tags"]

_SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000, 8_000_000)
_KEYS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
_TAGS = (0, 1, 2, 5, 10, 20)
_CALLS = 2000
_AT_ONCE = 10_000
_PATIENCE = 30
_MANY = 2 * 10**6
_MUCH = 2**30
_VALUE = b"x" * 100


def _figures(call: Callable[[str], object], arguments: Sequence[str], rounds: int) -> list[float]:
    """Microseconds of a call, over all arguments in each round, after one round that is not looked at."""
    return [_mean(call, arguments) for _ in range(rounds + 1)][1:]


def _mean(call: Callable[[str], object], arguments: Sequence[str]) -> float:
    start = perf_counter()
    for argument in arguments:
        call(argument)
    return (perf_counter() - start) / len(arguments) * 1e6


@contextmanager
def _caches(url: str) -> Iterator[dict[str, Cache]]:
    """One cache of each kind, by its name."""
    near = Near(max_entries=_MANY, max_bytes=_MUCH)
    with (
        Cache(url, namespace="scale", timeout=_PATIENCE) as server,
        Cache(url, namespace="near", near=near, timeout=_PATIENCE) as beside,
        Cache("memory://", namespace="scale", max_entries=_MANY, max_bytes=_MUCH) as memory,
    ):
        yield {"from the server": server, "in the near cache": beside, "memory://": memory}


def sizes(url: str, rounds: int) -> Sweep:
    """Reading and writing one value of so many bytes."""
    values = {f"size:{size}": bytes(size) for size in _SIZES}
    with Cache(url, namespace="scale", timeout=_PATIENCE) as cache:
        calls: dict[str, Callable[[str], object]] = {"set": lambda key: cache.set(key, values[key]), "get": cache.get}
        points = [
            Point(name, len(value), _figures(call, [key] * (3 + _MANY // (len(value) + _AT_ONCE)), rounds))
            for name, call in calls.items()
            for key, value in values.items()
        ]
    return Sweep("sizes", "bytes of the value", "µs per call", points)


def keys(url: str, rounds: int, most: int) -> Sweep:
    """Reading at random among so many keys."""
    random = Random(1)  # noqa: S311 - nothing secret
    points = []
    with _caches(url) as caches:
        filled = 0
        for count in _KEYS[: _KEYS.index(most) + 1]:
            names = [f"key:{random.randrange(count)}" for _ in range(_CALLS)]
            for name, cache in caches.items():
                _fill(cache, filled, count)
                points.append(Point(name, count, _figures(cache.get, names, rounds)))
            filled = count
    return Sweep("keys", "keys", "µs per get", points)


def _fill(cache: Cache, start: int, stop: int) -> None:
    for at in range(start, stop, _AT_ONCE):
        cache.set_many({f"key:{number}": _VALUE for number in range(at, min(at + _AT_ONCE, stop))})


def tags(url: str, rounds: int) -> Sweep:
    """Reading an entry with so many tags."""
    points = []
    with _caches(url) as caches:
        for count in _TAGS:
            for name, cache in caches.items():
                key = f"tagged:{count}"
                cache.set(key, _VALUE, tags=[f"tag:{number}" for number in range(count)])
                points.append(Point(name, count, _figures(cache.get, [key] * _CALLS, rounds)))
    return Sweep("tags", "tags of the entry", "µs per get", points)
