"""What goes on around one key, in one or several processes: who reads, loads, writes, invalidates and is cancelled.

A ``Tale`` is a world with its verbs, and keeps the history. What must not live here: the order in which things happen
(``exploring``), and which histories are good (``histories``).
"""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from memory_kit import run
from stepped import Cancelled, SteppedIo, World
from stepped_state import SteppedBreaker, SteppedFlights, SteppedStore, WatchedStore

from histories import Broken, History, Invalidation, Load, LoaderFailed, Read
from unicache._core.core import Core
from unicache._core.engine import Engine
from unicache._core.functions.invalidating import InvalidatingFunction
from unicache._core.invalidation.tags import current
from unicache._core.keys.names import Keyspace
from unicache._core.loads.plan import Plan
from unicache._core.loads.terms import Terms
from unicache._core.records.codec import decode
from unicache._core.records.record import Lease, Record
from unicache._core.setup.settings import Settings
from unicache._core.stores.store import Outcome, Store, Write
from unicache.errors import InvalidationUncertain, KeyNotFound
from unicache.typing import DEFAULT, Result

__all__ = ["KEY", "TAG", "Cancelled", "Process", "Tale"]

KEY, TAG = "key", "tag"
PLAIN = Terms(ttl=None)

Work = Callable[[], Coroutine[Any, Any, Any]]


class _WitnessedStore(WatchedStore):
    """The store that all processes share, which tells the history what it took."""

    def __init__(self, world: World, history: History) -> None:
        super().__init__(world)
        self._history = history

    async def fill(self, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
        taken = await super().fill(name, token, record, ttl)
        self._note(record, taken=taken)
        return taken

    async def write(self, write: Write) -> Outcome:
        outcome = await super().write(write)
        self._note(write.record, taken=outcome is Outcome.DONE)
        return outcome

    def _note(self, record: Record, *, taken: bool) -> None:
        value = decode(record.codec, record.payload)
        (self._history.accepted if taken else self._history.refused).append(value)


class Process:
    """An engine of its own in front of the store that all share."""

    def __init__(self, world: World, name: str, shared: WatchedStore, *, lease: float, threads: bool) -> None:
        self.name = name
        self.store = SteppedStore(world, shared, name)
        self.core = Core(SteppedIo(world, exclusive=threads), cast("Store", self.store), Settings(lease=lease))
        self.flights = self.core.flights = SteppedFlights(world, name)
        self.core.breaker = SteppedBreaker(world, name)
        self.engine = Engine(self.core, Keyspace(""))


class Tale:
    """One world, one key, one history.

    ``terms``    of all reads               ``tagged``  values carry a tag
    ``lease``    seconds that a lease lasts
    ``naps``     sleepers that may wake before their time, as a slow machine would have it
    ``threads``  callers lead their loads themselves, as in an exclusive event model
    """

    def __init__(
        self,
        *,
        terms: Terms = PLAIN,
        tagged: bool = False,
        lease: float = 10.0,
        naps: int = 0,
        threads: bool = False,
    ) -> None:
        self.world = World(naps)
        self._terms = terms
        self._threads = threads
        self.history = History()
        self._tags = (TAG,) if tagged else ()
        self._lease = lease
        self._shared = _WitnessedStore(self.world, self.history)
        self._plain = Engine(Core(SteppedIo(self.world), self._shared, Settings()), Keyspace(""))
        self._processes: list[Process] = []
        self._tasks = 0
        self._moment = 0
        self._troubled = False
        self._counts = True

    # -- who is there, and what was before

    def process(self) -> Process:
        """One more process."""
        name = ("here", "there", "elsewhere")[len(self._processes)]
        self._processes.append(Process(self.world, name, self._shared, lease=self._lease, threads=self._threads))
        return self._processes[-1]

    def stored(self, value: str = "stored", *, stale: bool = False) -> None:
        """A value that was loaded before, long ago if it is ``stale``."""
        self.history.loads.append(Load(value, "somebody", "elsewhere", 0, 0, 0))
        versions = run(self._plain.tags.snapshot(self._tags, None))
        name, soft = self._plain.names.entry(KEY), self.world.now - 1.0 if stale else 0.0
        record = self._plain.core.values.record(name, value, versions, soft=soft)
        run(self._shared.write(Write(name, record, None)))

    # -- what they do; each verb starts a task, and gives its name

    def read(self, process: Process, *, fails: bool = False, seconds: float = 0.0) -> str:
        """Read through the cache. The loader takes ``seconds``, and then fails if it is to."""
        return self._reader("reader", process, process.engine.loads.through, fails=fails, seconds=seconds)

    def refresh(self, process: Process) -> str:
        """Load anew, whatever is there."""
        return self._reader("refresher", process, process.engine.loads.renewed)

    def get(self, process: Process) -> str:
        """Read as a document."""
        return self._reader("getter", process, lambda _: process.engine.documents.get(KEY))

    def invalidate(self, process: Process) -> str:
        return self._invalidator("invalidator", process, lambda: process.engine.invalidation.keys([KEY]))

    def invalidate_tag(self, process: Process) -> str:
        return self._invalidator("invalidator", process, lambda: process.engine.invalidation.tags([TAG]))

    def clear(self, process: Process) -> str:
        return self._invalidator("clearer", process, process.engine.invalidation.everything)

    def set(self, process: Process, value: str = "written") -> str:
        """Write as a document."""
        documents = process.engine.documents
        return self._invalidator(
            "writer", process, lambda: documents.set(KEY, value, ttl=DEFAULT, tags=self._tags, cas=None, keep_ttl=False)
        )

    def mutate(self, process: Process, change: Callable[[str], str]) -> str:
        """Change as a document; that it is not there is fine."""

        async def work(_: str) -> None:
            try:
                await process.engine.documents.mutate(KEY, change, DEFAULT, 10)
            except KeyNotFound:
                return

        return self._start("mutator", process, work)

    def change(self, process: Process) -> str:
        """Call a function that invalidates the key when it has run."""

        async def function() -> None:
            self.history.invalidations.append(Invalidation(self._now("invalidation and load", alone=True)))

        core = InvalidatingFunction(process.engine, function, keys=KEY, tags=(), functions=(), when="after")
        return self._start("changer", process, lambda _: core.call((), {}))

    def cancel(self, target: str) -> None:
        """Throw into a task at some moment, if it is not over by then."""
        self._counts = (
            not self._threads
        )  # a thread that leads a load and is interrupted cannot count what it did not see
        self.world.start(f"end of {target}", self._throw(target))

    async def _throw(self, target: str) -> None:
        self.world.throw(target, Cancelled())

    def outage(self, process: Process) -> None:
        """Cut the process off from the store at some moment, and mend that at a later one."""
        self._troubled = True
        self.world.start(f"outage {process.name}", self._cut(process))

    async def _cut(self, process: Process) -> None:
        process.store.cut()
        await self.world.pause()
        process.store.mend()

    # -- how the history is kept

    def _now(self, thing: str, *, alone: bool) -> int:
        """The next moment. Its order to those of the same ``thing`` is a part of the history, no other."""
        self.world.touch(thing, alone=alone)
        self._moment += 1
        return self._moment

    def _start(self, kind: str, process: Process, work: Callable[[str], Coroutine[Any, Any, None]]) -> str:
        self._tasks += 1
        name = f"{kind} {self._tasks} {process.name}"
        self.world.start(name, _unless_cancelled(work, name))
        return name

    def _reader(
        self,
        kind: str,
        process: Process,
        way: Callable[[Plan], Coroutine[Any, Any, Any]],
        *,
        fails: bool = False,
        seconds: float = 0.0,
    ) -> str:
        async def work(name: str) -> None:
            read = Read(name, process.name, self._now("invalidated and read", alone=False), kind)
            try:
                got = await way(self._plan(read, process, fails, seconds))
                read.value = got.value if isinstance(got, Result) else got
            except Exception as error:  # noqa: BLE001  the history is judged later
                read.error = error
            self.history.reads.append(read)

        return self._start(kind, process, work)

    def _plan(self, read: Read, process: Process, fails: bool, seconds: float) -> Plan:
        async def load() -> str:
            number = 1 + sum(each.caller == read.caller for each in self.history.loads)
            value = f"{read.caller}, load {number}"
            began = self._now("invalidation and load", alone=False)
            mine = Load(
                value, read.caller, process.name, read.began, began, failed=fails, forced=read.kind == "refresher"
            )
            self.history.loads.append(mine)
            self.world.touch("loads", alone=True)
            try:
                await (process.core.io.sleep(seconds) if seconds else self.world.pause())
            finally:
                mine.ended = self._now("loads", alone=True)
            if fails:
                raise LoaderFailed
            return mine.value

        return Plan(KEY, process.engine.names.entry(KEY), load, self._terms, self._tags)

    def _invalidator(self, kind: str, process: Process, way: Work) -> str:
        async def work(_: str) -> None:
            mine = Invalidation(self._now("invalidation and load", alone=True))
            self.history.invalidations.append(mine)
            try:
                await way()
            except InvalidationUncertain:
                self.history.invalidations.remove(mine)
            else:
                mine.ended = self._now("invalidated and read", alone=True)

        return self._start(kind, process, work)

    # -- what came of it

    def held(self) -> str | None:
        """The value that a read would find; "a lease" for one."""
        held = run(self._shared.read(self._plain.names.entry(KEY)))
        if isinstance(held, Lease):
            return "a lease"
        return decode(held.codec, held.payload) if held is not None and self._is_current(held) else None

    def _is_current(self, record: Record) -> bool:
        names = [self._plain.names.tag(tag.tag) for tag in record.tags]
        return current(record.tags, run(self._shared.versions(names)))

    def outcome(self) -> object:
        """Who got what, and what is left."""
        reads = ((read.caller, read.value, type(read.error).__name__) for read in self.history.reads)
        return frozenset(reads), self.held()

    def check(self) -> None:
        """Raise Broken if a promise does not hold."""
        self.history.check_reads()
        if any(process.flights.under_way for process in self._processes):
            raise Broken("a flight is left in the table")
        if self._troubled:
            return
        held = self.held()
        if held == "a lease":
            raise Broken("R1: a lease is left in the store")
        self.history.check_left(held)
        if self._lease > 1.0:
            self.history.check_runs()
        for process in self._processes if self._counts else ():
            self._check_counts(process)

    def _check_counts(self, process: Process) -> None:
        loads = [load for load in self.history.loads if load.process == process.name]
        callers = {load.value for load in loads}
        wanted = {
            "loads": len(loads),
            "misses": len(loads),
            "errors": sum(load.failed for load in loads),
            "refused": sum(value in callers for value in self.history.refused),
            "hits": self.history.hits(process.name),
        }
        counted = {name: count for name, count in process.core.counts.as_dict().items() if name in wanted}
        if counted != wanted:
            raise Broken(f"the counters say {counted}, and what happened is {wanted}")


async def _unless_cancelled(work: Callable[[str], Coroutine[Any, Any, None]], name: str) -> None:
    try:
        await work(name)
    except Cancelled:
        return
