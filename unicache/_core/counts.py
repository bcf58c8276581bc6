"""What happened: counters, listeners, and the one warning of an outage. Decides nothing."""

from collections.abc import Callable
from typing import Any

from unicache._core.tools import log
from unicache.errors import CacheClosed, CacheError, ConfigurationError, ServerError

__all__ = ["EVENTS", "Counts", "Events"]

EVENTS = ("load", "load_error", "refused", "corrupt", "invalidate", "outage", "recovered")


class Counts:
    """Counters of one cache, or of one cached function, in this process.

    ``near``  hits that asked nobody, ``far`` those that asked the store; apart, because a near hit has time for one
    """

    __slots__ = (
        "corrupt",
        "errors",
        "far",
        "invalidations",
        "loads",
        "misses",
        "near",
        "refused",
        "stale",
        "uncached",
        "waits",
    )

    def __init__(self) -> None:
        self.near = 0
        self.far = 0
        self.misses = 0
        self.loads = 0
        self.errors = 0
        self.refused = 0
        self.stale = 0
        self.waits = 0
        self.uncached = 0
        self.corrupt = 0
        self.invalidations = 0

    @property
    def hits(self) -> int:
        """All hits."""
        return self.near + self.far

    def as_dict(self) -> dict[str, int]:
        """All counters by name, with ``hits`` in place of ``far``."""
        names = {*self.__slots__, "hits"} - {"far"}
        return {name: getattr(self, name) for name in sorted(names)}


class Events:
    """Tells listeners, and the log once, when the store goes and when it comes back.

    A listener gets keyword arguments (``key``, and ``error`` for failures); what it raises is logged, no more.
    """

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Callable[..., Any], ...]] = {}
        self.down = False
        self.refusing = False

    def on(self, event: str, callback: Callable[..., Any]) -> None:
        """Have ``callback`` called at every such event. Raises ConfigurationError for an unknown one."""
        if event not in EVENTS:
            raise ConfigurationError(f"there is no event {event!r}; there are {', '.join(EVENTS)}")
        self._listeners[event] = (*self._listeners.get(event, ()), callback)

    def tell(self, event: str, **details: Any) -> None:
        """Call the listeners."""
        for callback in self._listeners.get(event, ()):
            try:
                callback(**details)
            except Exception:  # noqa: BLE001  it is the listener's, and logged
                log.exception("a listener for %s failed", event)

    def lost(self, error: CacheError) -> None:
        """The store could not be used: one warning until it is back, and one until it takes again what it refused."""
        if isinstance(error, CacheClosed):
            return
        if isinstance(error, ServerError):
            if not self.refusing:
                self.refusing = True
                log.warning("the server refuses what functions return, and they run uncached: %s", error)
        elif not self.down:
            self.down = True
            log.warning("the cache is out of reach, and functions run uncached: %s", error)
            self.tell("outage", error=error)

    def stored(self) -> None:
        """The store took what a function returned."""
        self.refusing = False

    def back(self) -> None:
        """The store answered again."""
        self.down = False
        log.warning("the cache is back")
        self.tell("recovered")
