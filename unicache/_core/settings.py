"""The settings of one cache, checked and complete. Pure values; where they come from is ``url``'s business."""

import msgspec

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True):
    """All times in seconds.

    ``ttl``    of entries that name none; None for no expiry
    ``lease``  how long a load's lease lives without renewal (R1), and how long another process waits for its value
    ``replay_invalidations``  how many invalidations that failed are kept to be repeated
    ``origin_limit``  how many loads may run at a time while the store cannot coordinate them
    """

    ttl: float | None = None
    lease: float = 10.0
    origin_limit: int = 64
    replay_invalidations: int = 0
