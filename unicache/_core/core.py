"""What all parts of one cache share: the event model, the store, the settings, what is under way, what happened."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from unicache._core.counts import Counts, Events
from unicache._core.invalidation.missed import Missed
from unicache._core.io import Io
from unicache._core.loads.flight import Flights
from unicache._core.loads.keeper import Keeper
from unicache._core.setup.settings import Settings
from unicache._core.stores.store import Reader, Store
from unicache._core.tools.breaker import Breaker
from unicache._core.tools.limit import Limit
from unicache._core.tools.turns import Turns
from unicache._core.values import Values
from unicache.errors import OperationTimeout, ServerError, StoreUnavailable

__all__ = ["TROUBLE", "Core"]

T = TypeVar("T")
P = ParamSpec("P")

TROUBLE = (StoreUnavailable, OperationTimeout, ServerError)
"""What makes a load-through read answer without the store (P7)."""

_disabled: ContextVar[frozenset[int]] = ContextVar("unicache_disabled", default=frozenset())


class Core:
    """One connection's worth of state; views of other namespaces share it.

    ``replicated``  the store, but that a change is done when enough replicas have it
    ``reader``      where documents are looked at that are not about to be changed
    """

    def __init__(
        self,
        io: Io,
        store: Store,
        settings: Settings,
        *,
        replicated: Store | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.io = io
        self.store = store
        self.replicated: Store = replicated or store
        self.reader: Reader = reader or store
        self.settings = settings
        self.values = Values(io, settings.codec, settings.wrapping)
        self.flights = Flights(io)
        self.keeper = Keeper(io, store, settings.lease)
        self.breaker = Breaker()
        self.origin = Limit(io, settings.origin_limit)
        self.turns = Turns(io)
        self.counts = Counts()
        self.events = Events()
        self.missed = Missed(io, store, settings.replay_invalidations)
        self.doubtful = False  # whether ``enabled`` may say no: for those who have no time to ask
        self._switched_on = True
        self._troubled = False  # since the store did not answer, until it is certain that it does again

    @property
    def enabled(self) -> bool:
        """Whether load-through uses the cache: the switch, and no ``disabled()`` around the caller."""
        return not self.doubtful or (self._switched_on and id(self) not in _disabled.get())

    def switch(self, *, on: bool) -> None:
        """Have load-through use the cache, or not, in all of the process."""
        self.doubtful |= not on
        self._switched_on = on

    async def ask(self, question: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read for load-through: not while the store is known to be out of reach, and its troubles are counted (P7)."""
        if self._troubled or self.missed.waiting or not self.store.available:
            await self._try_again()
        try:
            answer = await question(*args, **kwargs)
        except TROUBLE:
            self._troubled = True
            self.breaker.failed(self.io.now())
            raise
        if self._troubled or self.events.down:
            self._serves()
        return answer

    async def _try_again(self) -> None:
        """Whether to ask at all, after trouble; if so, first repeat what has been missed."""
        if not self.store.available or not self.breaker.allows(self.io.now()):
            raise StoreUnavailable("the store is out of reach; it is not time for another attempt")
        if self.missed.waiting:
            await self._replay()

    async def _replay(self) -> None:
        try:
            await self.missed.replay()
        except TROUBLE:
            self._troubled = True
            self.breaker.failed(self.io.now())
            raise

    def _serves(self) -> None:
        """The store has answered after trouble."""
        self.breaker.succeeded()
        if not self.breaker.is_open:
            self._troubled = False
            if self.events.down:
                self.events.back()

    async def close(self) -> None:
        """Let go of the store."""
        self.missed.stop()
        await self.keeper.release()
        await self.replicated.close()
        if self.reader is not self.store:
            await self.reader.close()

    def disable_here(self) -> "Disabled":
        """A context in which load-through runs its loaders and stores nothing."""
        self.doubtful = True
        return Disabled(id(self))


class Disabled:
    """The context manager behind ``cache.disabled()``; it follows the task, greenlet or thread that entered it."""

    def __init__(self, core: int) -> None:
        self._core = core

    def __enter__(self) -> None:
        self._token = _disabled.set(_disabled.get() | {self._core})

    def __exit__(self, *exc: object) -> None:
        _disabled.reset(self._token)
