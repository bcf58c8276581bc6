"""When to try a node again: exponential back-off with full jitter. Pure.

After Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import random

__all__ = ["Backoff"]

BASE = 0.02
CAP = 1.0


class Backoff:
    """Counts failures to connect; ``next_try`` is the earliest time of the next attempt, by the given clock."""

    __slots__ = ("failures", "next_try")

    def __init__(self) -> None:
        self.failures = 0
        self.next_try = 0.0

    def failed(self, now: float) -> None:
        """An attempt failed: the next may come after a random part of a span that doubles with every failure."""
        span = min(CAP, BASE * 2.0 ** min(self.failures, 16))
        self.failures += 1
        self.next_try = now + random.uniform(0.0, span)  # noqa: S311  spreads load, guards nothing

    def succeeded(self) -> None:
        """A link is open."""
        self.failures = 0
        self.next_try = 0.0

    def delay(self, now: float) -> float:
        """Seconds to wait before the next attempt."""
        return max(0.0, self.next_try - now)
