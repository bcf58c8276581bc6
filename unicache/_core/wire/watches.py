"""Who waits for what a key holds to change: told by pushes of the server, and when its link is lost. No decisions."""

from collections.abc import Iterable

from unicache._core.io import Event

__all__ = ["Watches"]


class Watches:
    """The events of one link, by name."""

    def __init__(self) -> None:
        self._events: dict[bytes, list[Event]] = {}

    def add(self, name: bytes, event: Event) -> None:
        """Have the event set at the next change."""
        self._events.setdefault(name, []).append(event)

    def remove(self, name: bytes, event: Event) -> None:
        """Nobody waits for the event any more."""
        events = self._events.get(name, [])
        if event in events:
            events.remove(event)
            if not events:
                del self._events[name]

    def tell(self, names: Iterable[bytes] | None) -> None:
        """These names may hold something else now; None for all of them."""
        for name in list(self._events) if names is None else names:
            for event in self._events.pop(name, ()):
                event.set()
