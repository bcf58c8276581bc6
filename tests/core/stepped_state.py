"""What tasks of a stepped world share, and how it says who touched it: flights, a store, and each process's way to it.

A store's command is carried out at one step, and its reply is there at a later one: that opens the window between the
store's acceptance and the news of it. What must not live here: the scheduler (``stepped``).
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from stepped import SteppedIo, World

from unicache._core.loads.flight import Flight, Flights, Landing, Role
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import BATCH, Write
from unicache._core.tools.breaker import Breaker
from unicache.errors import StoreUnavailable

__all__ = ["SteppedBreaker", "SteppedFlights", "SteppedStore", "WatchedStore"]


class SteppedFlights(Flights):
    """Flights that say which of them a step touched."""

    def __init__(self, world: World, process: str) -> None:
        super().__init__(SteppedIo(world))
        self._world = world
        self._process = process

    def enter(self, name: bytes) -> tuple[Flight, Role]:
        with self._watched(name):
            return super().enter(name)

    def close_doors(self, flight: Flight) -> None:
        self._world.touch((self._process, flight.place[1]), alone=True)
        super().close_doors(flight)

    def land(self, flight: Flight, landing: Landing) -> None:
        with self._watched(flight.place[1]):
            super().land(flight, landing)

    def detach(self, names: Iterable[bytes]) -> None:
        unwanted = list(names)
        with ExitStack() as watches:
            for name in unwanted:
                watches.enter_context(self._watched(name))
            super().detach(unwanted)

    def detach_all(self, prefix: bytes) -> None:
        self._world.touch((self._process, "flights"), alone=True)
        super().detach_all(prefix)

    @contextmanager
    def _watched(self, name: bytes) -> Iterator[None]:
        """Touch the name, alone if what is done here changes which flight it has."""
        before = self._flights.get(("here", name))
        yield
        changed = self._flights.get(("here", name)) is not before
        self._world.touch((self._process, name), alone=changed)
        self._world.touch((self._process, "flights"), alone=False)

    @property
    def under_way(self) -> int:
        """How many flights have not landed, or were left behind."""
        return len(self._flights)


class SteppedBreaker(Breaker):
    """A breaker that says when a step depends on it, or changes it."""

    def __init__(self, world: World, process: str) -> None:
        super().__init__()
        self._world = world
        self._name = (process, "breaker")

    def allows(self, now: float) -> bool:
        self._world.touch(self._name, alone=self.is_open)
        return super().allows(now)

    def failed(self, now: float) -> None:
        self._world.touch(self._name, alone=True)
        super().failed(now)

    def succeeded(self) -> None:
        self._world.touch(self._name, alone=self._troubles > 0 or self.is_open)
        super().succeeded()


class WatchedStore(MemoryStore):
    """The store itself, which tells what a name holds without counting that as a use."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: world.now)
        self._world = world

    def look(self, name: bytes) -> object:
        """Something that is equal as long as the name holds the same."""
        slot = self._table.get(name, self._world.now)
        return None if slot is None else (slot.value, slot.deadline)


class SteppedStore:
    """One process's way to a store: the command is carried out at one step, its reply is there at a later one.

    While ``down``, commands fail before they are carried out, and replies under way are lost.
    """

    available = True
    near = False

    def __init__(self, world: World, shared: WatchedStore, process: str) -> None:
        self._world = world
        self._shared = shared
        self._link = (process, "link")
        self._breaks = 0
        self.down = False

    def cut(self) -> None:
        """Lose the connection."""
        self._world.touch(self._link, alone=True)
        self.down = True
        self._breaks += 1

    def mend(self) -> None:
        """Have it back."""
        self._world.touch(self._link, alone=True)
        self.down = False

    def __getattr__(self, call: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        inner = getattr(self._shared, call)

        async def stepped(first: Any, *rest: Any) -> Any:
            await self._world.pause()
            breaks = self._reach()
            with self._watched(_names_in(first)):
                result = await inner(first, *rest)
            await self._world.pause()
            self._arrive(breaks)
            return result

        return stepped

    async def changed(self, name: bytes, seconds: float) -> bool:
        """Nobody tells in this world, so that waiting takes no steps of its own."""
        return False

    async def scan(self, prefix: bytes, batch: int = BATCH) -> AsyncIterator[list[bytes]]:
        await self._world.pause()
        self._world.touch("names", alone=True)
        async for names in self._shared.scan(prefix, batch):
            await self._world.pause()
            yield names
            await self._world.pause()
            self._world.touch("names", alone=True)

    def _reach(self) -> int:
        """The command goes out."""
        self._world.touch(self._link, alone=False)
        if self.down:
            raise StoreUnavailable("the link is cut")
        return self._breaks

    def _arrive(self, breaks: int) -> None:
        """The reply comes in, if the link was not cut since."""
        self._world.touch(self._link, alone=False)
        if self._breaks != breaks:
            raise StoreUnavailable("the link was cut", ambiguous=True)

    @contextmanager
    def _watched(self, names: Sequence[bytes]) -> Iterator[None]:
        """Touch the names, alone those whose content changes. A scan looks at all names: no change commutes with it."""
        before = [self._shared.look(name) for name in names]
        yield
        for name, held in zip(names, before, strict=True):
            changed = self._shared.look(name) != held
            self._world.touch(name, alone=changed)
            if changed:
                self._world.touch("names", alone=False)


def _names_in(argument: Any) -> Sequence[bytes]:
    """The names that a command is about, from its first argument."""
    if isinstance(argument, Write):
        return [argument.name]
    return [argument] if isinstance(argument, bytes) else list(argument)
