"""The settings of one cache, checked and complete. Pure values; where they come from is ``url``'s business."""

import msgspec

from unicache._core.records import compression
from unicache._core.records.codec import MAX_VALUE, Format
from unicache._core.records.seal import Seal
from unicache._core.records.wrapping import Wrapping
from unicache.errors import ConfigurationError

__all__ = ["COMPRESS_ABOVE", "Settings"]

COMPRESS_ABOVE = 1024


class Settings(msgspec.Struct, frozen=True):
    """All times in seconds, all sizes in bytes.

    ``ttl``    of entries that name none; None for no expiry
    ``lease``  how long a load's lease lives without renewal (R1), and how long another process waits for its value
    ``replay_invalidations``  how many invalidations that failed are kept to be repeated
    ``origin_limit``  how many loads may run at a time while the store cannot coordinate them
    ``codec``  what values are written and read with
    ``compression``  whether those above ``compression_threshold`` are compressed
    ``signing encryption``  what values are sealed with; at most one of them
    ``max_value_bytes``  the most bytes of one encoded value, written or read
    """

    ttl: float | None = None
    lease: float = 10.0
    origin_limit: int = 64
    replay_invalidations: int = 0
    codec: Format = Format()
    compression: bool = False
    compression_threshold: int = COMPRESS_ABOVE
    signing: Seal | None = None
    encryption: Seal | None = None
    max_value_bytes: int = MAX_VALUE

    def __post_init__(self) -> None:
        """Raises ConfigurationError for settings that contradict each other."""
        if self.signing is not None and self.encryption is not None:
            raise ConfigurationError("give signing or encryption, not both: what is encrypted needs no signature")
        if self.codec.trusting and self.wrapping.seal is None:
            raise ConfigurationError("the codec 'pickle' runs what it reads, so it needs signing or encryption")
        if self.compression and not compression.available():
            raise ConfigurationError("compression needs pip install 'unicache-kit[compression]'")

    @property
    def wrapping(self) -> Wrapping:
        """What is done to values after they were encoded."""
        above = self.compression_threshold if self.compression else None
        return Wrapping(self.max_value_bytes, above, self.encryption or self.signing)
