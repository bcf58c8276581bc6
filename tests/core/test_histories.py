"""Histories written by hand: the checker accepts the good ones, and says of each bad one what is wrong with it."""

import pytest

from histories import Broken, History, Invalidation, Life, Load, LoaderFailed, Read

KEY = "k"
LIVES = {KEY: Life(100.0), "other": Life(100.0), "swr": Life(100.0, window=50.0), "rough": Life(100.0, slack=2.0)}


def load(value: str, began: float, ended: float, stored: float | None = None, **details: object) -> Load:
    """A load by a caller of its own, accepted at ``stored`` if that is known."""
    found = Load(value, f"caller of {value}", "here", int(began), int(began), ended, key=KEY)
    if stored is not None:
        found.stored = stored
    for name, detail in details.items():
        setattr(found, name, detail)
    return found


def read(value: str | None, began: float, ended: float, **details: object) -> Read:
    """A hit by somebody else."""
    found = Read("reader", "there", int(began), "call", value, key=KEY, ended=ended, source="hit")
    for name, detail in details.items():
        setattr(found, name, detail)
    return found


def gone(began: float, ended: float, version: int = 0, promise: str = "P2") -> Invalidation:
    return Invalidation(int(began), ended, {KEY: version}, promise)


def history(*events: Load | Read | Invalidation) -> History:
    """All values are accepted."""
    found = History()
    for event in events:
        match event:
            case Load():
                found.loads.append(event)
                found.accepted.append(event.value)
            case Read():
                found.reads.append(event)
            case Invalidation():
                found.invalidations.append(event)
    return found


def check(told: History) -> None:
    told.check_values()
    told.check_reads()
    told.check_registers()
    told.check_windows(LIVES)


def written(value: str, began: int, stored: int) -> Load:
    """A load that takes a moment, and a write that takes from ``began`` to ``stored``."""
    return load(value, began - 1, began, stored)


GOOD: dict[str, History] = {
    "nothing": history(),
    "a value that is read while it is being stored": history(written("a", 10, 20), read("a", 5, 15)),
    "two values, one after the other": history(
        written("a", 10, 20), read("a", 21, 22), written("b", 30, 40), read("a", 31, 39), read("b", 32, 38)
    ),
    "two values whose order only the reads tell": history(
        written("a", 10, 90), written("b", 10, 90), read("b", 20, 30), read("a", 40, 50)
    ),
    "a value that nobody knows to be stored": history(load("a", 9, 10), read("a", 20, 30), read("a", 40, 50)),
    "a value that a killed process had not finished": history(load("a", 9, float("inf")), written("b", 20, 30)),
    "a load that began during the invalidation": history(gone(10, 30), load("a", 20, 25, 28), read("a", 31, 32)),
    "a read that began before the invalidation had ended": history(load("a", 5, 8, 9), gone(10, 30), read("a", 30, 40)),
    "an invalidation that was never acknowledged": history(
        load("a", 5, 8, 9), gone(10, float("inf"), version=7), read("a", 50, 60)
    ),
    "an invalidation of another key": history(
        load("a", 5, 8, 9), Invalidation(10, 20, {"other": 1}), read("a", 50, 60)
    ),
    "a loader that fails": history(load("a", 5, 8, failed=True), read(None, 4, 9, error=LoaderFailed(), source=None)),
    "a stale value in its window": history(load("a", 5, 8, 9, key="swr"), read("a", 120, 130, key="swr", stale=True)),
    "a value that is too old by no more than clocks tell": history(
        load("a", 5, 8, 9, key="rough"), read("a", 110, 111, key="rough")
    ),
    "a value that grows old while it is read": history(load("a", 5, 8, 9), read("a", 100, 300)),
}


@pytest.mark.parametrize("told", GOOD.values(), ids=GOOD)
def test_a_good_history_passes(told: History) -> None:
    check(told)


BAD: dict[str, tuple[str, History]] = {
    "a value that nobody loaded": ("P0", history(read("a", 1, 2))),
    "a value of another key": ("P0", history(load("a", 1, 2, 3, key="other"), read("a", 4, 5))),
    "a value before it was made": ("P0", history(load("a", 10, 20, 30), read("a", 12, 15))),
    "an old value after a new one": (
        "P1",
        history(written("a", 10, 20), written("b", 30, 40), read("b", 41, 42), read("a", 43, 44)),
    ),
    "an old value after a new one, read by nobody": (
        "P1",
        history(written("a", 10, 20), read("a", 21, 22), written("b", 30, 40), read("a", 43, 44)),
    ),
    "two values in turns": (
        "P1",
        history(
            written("a", 10, 90), written("b", 10, 90), *[read("ab"[n % 2], 20 + n * 5, 22 + n * 5) for n in range(4)]
        ),
    ),
    "a refused value that comes later": (
        "R4",
        History([load("a", 1, 5)], [read("a", 6, 7)], refused=["a"]),
    ),
    "a value that was invalidated": ("P2", history(load("a", 5, 8, 9), gone(10, 20), read("a", 21, 22))),
    "a value whose load had begun before the invalidation": (
        "P2",
        history(load("a", 9, 25, 28), gone(10, 20), read("a", 29, 30)),
    ),
    "a value that an earlier one of several invalidations took": (
        "P2",
        history(gone(2, 3), load("a", 5, 8, 9), gone(10, 12), gone(1, 15), read("a", 21, 22)),
    ),
    "a value whose tag was invalidated": (
        "P4",
        history(load("a", 5, 8, 9), gone(10, 20, promise="P4"), read("a", 21, 22)),
    ),
    "a value of a version of the source that is too old": (
        "P2",
        history(gone(10, 20, version=4), load("a", 21, 22, 23, version=3), read("a", 24, 25)),
    ),
    "an invalidated value that says it is stale": (
        "P2",
        history(load("a", 5, 8, 9), gone(10, 20), read("a", 121, 122, stale=True)),
    ),
    "a load of its own that began before the read": (
        "P2",
        history(load("a", 5, 30, 40, caller="reader"), read("a", 10, 41, source="loaded")),
    ),
    "somebody else's load that is taken for its own": (
        "P2",
        history(load("a", 15, 30, 40), read("a", 10, 41, source="loaded")),
    ),
    "a fresh value past its ttl": ("P5", history(load("a", 5, 8, 9), read("a", 110, 111))),
    "a value in its window that does not say so": (
        "P5",
        history(load("a", 5, 8, 9, key="swr"), read("a", 120, 121, key="swr")),
    ),
    "a stale value past its window": (
        "P5",
        history(load("a", 5, 8, 9, key="swr"), read("a", 160, 161, key="swr", stale=True)),
    ),
    "a stale value before its time": (
        "P5",
        history(load("a", 5, 8, 9, key="swr"), read("a", 50, 51, key="swr", stale=True)),
    ),
    "a stale value where there is no window": (
        "P5",
        history(load("a", 5, 8, 9), read("a", 107, 109, stale=True)),
    ),
    "a read that raised what no loader did": (
        "P7",
        history(read(None, 1, 2, error=LoaderFailed(), source=None)),
    ),
}


@pytest.mark.parametrize(("promise", "told"), BAD.values(), ids=BAD)
def test_a_bad_history_is_found(promise: str, told: History) -> None:
    with pytest.raises(Broken, match=f"^{promise}"):
        check(told)
