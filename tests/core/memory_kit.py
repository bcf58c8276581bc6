"""What the tests of the in-process store share: a clock, a runner, and short ways to make and store a record."""

from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import TypeVar

from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import Outcome, Write

__all__ = ["NEW", "OLD", "OURS", "THEIRS", "Clock", "batches", "put", "record", "run"]

T = TypeVar("T")

OURS, THEIRS = b"o" * 16, b"t" * 16
OLD, NEW = b"1" * 16, b"2" * 16


def run(call: Awaitable[T]) -> T:
    """Finish a coroutine that never suspends."""
    assert isinstance(call, Coroutine)
    try:
        call.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the store suspended its caller")


def batches(scan: AsyncIterator[list[bytes]]) -> list[list[bytes]]:
    """All that a scan gives."""

    async def collect() -> list[list[bytes]]:
        return [batch async for batch in scan]

    return run(collect())


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def record(payload: bytes = b"value", cas: int = 1, tags: tuple[TagVersion, ...] = ()) -> Record:
    """A record of which only this matters."""
    return Record(payload, 1, cas, 1.0, tags=tags)


def put(store: MemoryStore, name: bytes, kept: Record | None = None, ttl: float | None = None) -> Record:
    """Write a record, and give it back."""
    kept = kept or record()
    assert run(store.write(Write(name, kept, ttl))) is Outcome.DONE
    return kept
