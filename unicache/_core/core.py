"""What all parts of one cache share: the event model, the store, the settings, what is under way, what happened."""

from contextvars import ContextVar

from unicache._core.breaker import Breaker
from unicache._core.counts import Counts, Events
from unicache._core.flight import Flights
from unicache._core.io import Io
from unicache._core.keeper import Keeper
from unicache._core.limit import Limit
from unicache._core.settings import Settings
from unicache._core.store import Store

__all__ = ["Core"]

_disabled: ContextVar[frozenset[int]] = ContextVar("unicache_disabled", default=frozenset())


class Core:
    """One connection's worth of state; views of other namespaces share it."""

    def __init__(self, io: Io, store: Store, settings: Settings) -> None:
        self.io = io
        self.store = store
        self.settings = settings
        self.flights = Flights(io)
        self.keeper = Keeper(io, store, settings.lease)
        self.breaker = Breaker()
        self.origin = Limit(io, settings.origin_limit)
        self.counts = Counts()
        self.events = Events()
        self.switched_on = True

    @property
    def enabled(self) -> bool:
        """Whether load-through uses the cache: the switch, and no ``disabled()`` around the caller."""
        return self.switched_on and id(self) not in _disabled.get()

    def disable_here(self) -> "Disabled":
        """A context in which load-through runs its loaders and stores nothing."""
        return Disabled(id(self))


class Disabled:
    """The context manager behind ``cache.disabled()``; it follows the task, greenlet or thread that entered it."""

    def __init__(self, core: int) -> None:
        self._core = core

    def __enter__(self) -> None:
        self._token = _disabled.set(_disabled.get() | {self._core})

    def __exit__(self, *exc: object) -> None:
        _disabled.reset(self._token)
