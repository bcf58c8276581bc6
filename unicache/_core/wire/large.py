"""Which names hold large values: requests about them go by a link of their own, so that none waits behind them."""

from collections.abc import Iterable

__all__ = ["LARGE", "LargeNames"]

LARGE = 256 * 1024
"""Bytes of a value, or of a request, from which on they are large: a network carries them in about a millisecond."""

MOST = 4096
"""Names that are remembered; beyond it the oldest is forgotten, and seen again with its next large value."""


class LargeNames(dict[bytes, None]):
    """The names under which large values were seen last. A dict, because every read asks it."""

    def any(self, names: Iterable[bytes]) -> bool:
        """Whether one of them is large."""
        return bool(self) and not self.keys().isdisjoint(names)

    def add(self, names: Iterable[bytes]) -> None:
        """Remember them."""
        for name in names:
            self.pop(name, None)
            self[name] = None
        while len(self) > MOST:
            del self[next(iter(self))]
