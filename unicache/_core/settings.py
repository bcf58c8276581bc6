"""The settings of one cache, checked and complete. Pure values; where they come from is ``url``'s business."""

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """All times in seconds.

    ``ttl``    of entries that name none; None for no expiry
    ``lease``  how long a load may take before another process may start it again (R1), and how long one waits for it
    """

    ttl: float | None = None
    lease: float = 10.0
