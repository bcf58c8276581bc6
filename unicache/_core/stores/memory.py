"""The store behind ``memory://``: what a server would do, done in this process.

Here lives what each call of the store protocol means for a record, a lease and a tag version. What must not live here:
which entry goes when there is no room (``bounded``), what a value or a tag means, and anything that waits.
"""

import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import wraps
from math import inf
from typing import Any, Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from unicache._core.records.record import ABSENT, COUNTER, LOCK_AS_LEASE, Held, Known, Lease, Lock, Record
from unicache._core.stores.entries import Entries, Locked
from unicache._core.stores.pages import Pages
from unicache._core.stores.rules import refusal
from unicache._core.stores.store import (
    BATCH,
    INT64,
    Claim,
    Count,
    Fill,
    Found,
    Given,
    KeepTtl,
    Outcome,
    Removal,
    Rule,
    Write,
)
from unicache._core.tools.bounded import MOST_USES
from unicache._core.tools.forks import forget_after_fork
from unicache.errors import CacheClosed, ServerError, ValueFormatError

__all__ = ["MemoryStore"]

P = ParamSpec("P")
T = TypeVar("T")


def _alone(
    body: Callable[Concatenate["MemoryStore", P], T],
) -> Callable[Concatenate["MemoryStore", P], Coroutine[Any, Any, T]]:
    """Make a coroutine function of a body that runs under the store's lock while the store is open.

    The body is a plain function, so it cannot wait with the lock in its hands.
    """

    @wraps(body)
    async def call(self: "MemoryStore", /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._lock:
            if self._closed:
                raise CacheClosed("the cache is closed")
            return body(self, *args, **kwargs)

    return call


async def _settled(call: Awaitable[T]) -> T | Exception:
    """The result of one call among many, or what befell it. A closed cache concerns them all."""
    try:
        return await call
    except (ServerError, ValueFormatError) as error:
        return error


def _until(ttl: float | None, now: float) -> float:
    return inf if ttl is None else now + ttl


class MemoryStore:
    """A bounded store in this process, with the semantics of a server in every call.

    ``clock``        monotonic seconds
    ``max_entries``  how many names may be held, leases and tag versions included
    ``max_bytes``    how many bytes they may take, names and overhead included

    A new entry pushes out those that were not used; one that could never fit is refused with ServerError, code
    ``OOM``, and leaves what was there. An evicted lease refuses its fill and an evicted tag version makes its entries
    misses, so that early eviction costs loads and nothing else. Records are frozen and hold encoded bytes: nobody can
    change what another one reads.

    Safe to use from many threads; not from a finalizer or a signal handler, which may interrupt a call that holds the
    lock and then wait for it for ever.
    """

    near = True

    def __init__(self, clock: Callable[[], float], *, max_entries: int = 100_000, max_bytes: int = 256 * 2**20) -> None:
        self._clock = clock
        self.forget()
        forget_after_fork(self)
        self._closed = False
        self._table = Entries(max_entries, max_bytes)
        self._find = self._table.find

    def forget(self) -> None:
        """In a forked child: a thread that held the lock is not there. The entries are, and stay."""
        self._lock = threading.Lock()

    def stats(self) -> tuple[int, int]:
        """How many entries are alive, and the bytes they are counted with."""
        with self._lock:
            self._table.sweep(self._clock())
            return len(self._table), self._table.size

    @property
    def available(self) -> bool:
        return True

    def peek(self, name: bytes) -> Known:
        find, clock = self._find, self._clock
        slot = find(name)
        if slot is None or slot.deadline <= clock():
            return None if self._closed else ABSENT
        if slot.uses < MOST_USES:
            slot.uses += 1
        kept = slot.value
        return kept.record if isinstance(kept, Locked) else kept

    @_alone
    def read(self, name: bytes) -> Held:
        return self._table.held(name, self._clock())

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        return [await _settled(self.read(name)) for name in names]

    @_alone
    def find(self, name: bytes) -> Found | None:
        return self._table.found(name, self._clock())

    @_alone
    def write(self, write: Write) -> Outcome:
        now = self._clock()
        seen, kept_deadline = self._table.seen(write.name, now)
        refused = refusal(seen, write.rule, write.cas)
        if refused is not None:
            return refused
        deadline = kept_deadline if isinstance(write.ttl, KeepTtl) else _until(write.ttl, now)
        self._table.keep(write.name, write.record, deadline, now)
        return Outcome.DONE

    async def write_many(self, writes: Sequence[Write]) -> list[Outcome | Exception]:
        return [await _settled(self.write(write)) for write in writes]

    @_alone
    def remove(self, removal: Removal) -> Outcome:
        refused = refusal(self._table.seen(removal.name, self._clock())[0], removal.rule, removal.cas)
        if refused is None or refused is Outcome.MISSING:
            self._table.pop(removal.name)
        return refused or Outcome.DONE

    async def remove_many(self, removals: Sequence[Removal]) -> list[Outcome | Exception]:
        return [await _settled(self.remove(removal)) for removal in removals]

    @_alone
    def expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Outcome:
        now = self._clock()
        refused = self._table.refused(name, cas, now)
        if refused is None:
            self._table.expire(name, _until(ttl, now))
        return refused or Outcome.DONE

    async def expire_many(self, lives: Sequence[tuple[bytes, float | None]]) -> list[Outcome | Exception]:
        return [await _settled(self.expire(name, ttl)) for name, ttl in lives]

    @_alone
    def find_and_expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Given:
        now = self._clock()
        refused = self._table.refused(name, cas, now)
        if refused is not None:
            return Given(refused)
        self._table.expire(name, _until(ttl, now))
        return Given(Outcome.DONE, self._table.found(name, now))

    @_alone
    def count(self, count: Count) -> int | Outcome:
        now = self._clock()
        seen, deadline = self._table.seen(count.name, now)
        refused = refusal(seen, Rule.PRESENT)
        if refused is Outcome.MISSING and count.initial is not None:
            number, deadline = count.initial, _until(count.ttl, now)
        elif refused is not None or seen.record is None:
            return refused or Outcome.MISSING
        elif seen.record.codec != COUNTER or seen.record.wrapping:
            return Outcome.JUDGE
        else:
            number = int(seen.record.payload) + count.delta
        if number not in INT64:
            return Outcome.OVERFLOW
        self._table.keep(count.name, replace(count.fresh, payload=b"%d" % number), deadline, now)
        return number

    async def count_many(self, counts: Sequence[Count]) -> list[int | Outcome | Exception]:
        return [await _settled(self.count(count)) for count in counts]

    @_alone
    def lock(self, name: bytes, seconds: float, lock: int, cas: int | None = None) -> Given:
        now = self._clock()
        refused = self._table.refused(name, cas, now)
        if refused is not None:
            return Given(refused)
        seen, deadline = self._table.seen(name, now)
        assert seen.record is not None
        self._table.keep(name, Locked(seen.record, Lock(lock, now + seconds)), deadline, now)
        return Given(Outcome.DONE, self._table.found(name, now))

    @_alone
    def unlock(self, name: bytes, lock: int) -> Outcome:
        now = self._clock()
        seen, deadline = self._table.seen(name, now)
        if seen.record is None:
            return Outcome.MISSING
        if not seen.locked or seen.lock is None or seen.lock.cas != lock:
            return Outcome.UNLOCKED
        self._table.keep(name, seen.record, deadline, now)
        return Outcome.DONE

    @_alone
    def claim(self, name: bytes, token: bytes, ttl: float, over: int | None = None) -> Held:
        now = self._clock()
        held, seen = self._table.held(name, now), self._table.seen(name, now)[0]
        if held is None or (isinstance(held, Record) and held.cas == over):
            if seen.locked:
                return LOCK_AS_LEASE
            self._table.keep(name, Lease(token), now + ttl, now)
            return None
        return held

    @_alone
    def fill(self, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
        now = self._clock()
        ours = self._table.held(name, now) == Lease(token)
        if ours:
            self._table.keep(name, record, _until(ttl, now), now)
        return ours

    async def find_many(self, names: Sequence[bytes]) -> list[Found | Exception | None]:
        return [await _settled(self.find(name)) for name in names]

    async def claim_many(self, claims: Sequence[Claim], ttl: float) -> list[Held | Exception]:
        return [await _settled(self.claim(name, token, ttl)) for name, token in claims]

    async def fill_many(self, fills: Sequence[Fill]) -> list[bool | Exception]:
        return [await _settled(self.fill(*fill)) for fill in fills]

    @_alone
    def renew(self, name: bytes, token: bytes, ttl: float) -> bool:
        now = self._clock()
        ours = self._table.held(name, now) == Lease(token)
        if ours:
            self._table.expire(name, now + ttl)
        return ours

    @_alone
    def release(self, name: bytes, token: bytes) -> None:
        if self._table.held(name, self._clock()) == Lease(token):
            self._table.pop(name)

    async def changed(self, name: bytes, seconds: float) -> bool:
        """Nobody tells: who waits here for a lease runs in another loop or hub than who holds it."""
        await self.ping()
        return False

    @_alone
    def drop(self, names: Sequence[bytes]) -> None:
        for name in names:
            self._table.pop(name)

    @_alone
    def versions(self, names: Sequence[bytes]) -> list[bytes | None]:
        now = self._clock()
        return [self._table.version(name, now)[0] for name in names]

    @_alone
    def make_versions(self, names: Sequence[bytes], fresh: bytes, ttl: float | None) -> list[bytes]:
        now = self._clock()
        return [self._table.make_version(name, fresh, _until(ttl, now), now) for name in names]

    def scan(self, prefix: bytes, batch: int = BATCH) -> Pages[int]:
        names: list[bytes] = []

        async def turn(start: int) -> tuple[int | None, list[bytes]]:
            if start == 0:
                names[:] = [name for name in await self._names() if name.startswith(prefix)]
            living = await self._living(names[start : start + batch])
            return (start + batch if start + batch < len(names) else None), living

        return Pages(turn, 0)

    @_alone
    def ping(self) -> None:
        pass

    async def connect(self) -> None:
        await self.ping()

    async def close(self) -> None:
        with self._lock:
            self._closed = True
            self._table.clear()

    @_alone
    def _names(self) -> list[bytes]:
        self._table.sweep(self._clock())
        return self._table.names()

    @_alone
    def _living(self, names: Sequence[bytes]) -> list[bytes]:
        return self._table.living(names, self._clock())
