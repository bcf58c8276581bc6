"""What one key holds, as values: a record, maybe locked, or a lease. Their bytes are ``envelope``'s business."""

from typing import NamedTuple

import msgspec

from unicache._core.tools.discreet import Discreet

__all__ = [
    "ABSENT",
    "COUNTER",
    "FAILURE",
    "LOCK_AS_LEASE",
    "Absent",
    "Held",
    "Known",
    "Lease",
    "Lock",
    "Record",
    "TagVersion",
]

FAILURE = 128
"""The codec id of a remembered failure: no value has it."""

COUNTER = 129
"""The codec id of a counter: its payload is decimal digits, which the store can add to."""


class TagVersion(NamedTuple):
    """A tag as an entry remembers it: the entry is valid only while the tag still has this version (R9)."""

    tag: str
    version: bytes


class Record(Discreet, frozen=True, gc=False):
    """One cached value with what is known of it (R11).

    ``payload``    the encoded value; ``codec`` is the id of the codec that wrote it
    ``cas``        64 random bits, new with every write
    ``created``    wall-clock time of the write, unix seconds
    ``soft``       wall-clock time after which the value is stale, unix seconds; 0.0 for never
    ``cost``       seconds that its load took, 0.0 when it was not loaded
    ``schema``     fingerprint of the declared type, 0 for none
    ``tags``       the tag versions the value was made under
    ``wrapping``   what was done to the encoded value before it became the payload, as bits; 0 for nothing
    """

    payload: bytes
    codec: int
    cas: int
    created: float
    soft: float = 0.0
    cost: float = 0.0
    schema: int = 0
    tags: tuple[TagVersion, ...] = ()
    wrapping: int = 0

    def __repr__(self) -> str:
        return f"<Record of {len(self.payload)} bytes, codec {self.codec}, wrapping {self.wrapping}, {self.tags}>"


class Lease(msgspec.Struct, frozen=True, gc=False):
    """The mark of a running load (R1): whoever finds it waits; only its owner may fill the key."""

    token: bytes


class Lock(msgspec.Struct, frozen=True, gc=False):
    """What the caller that locked a document has around the record, which stays as it is.

    ``cas``    64 random bits: the lock's own, by which its holder may write
    ``until``  when it ends, in seconds of the clock of whoever keeps it
    """

    cas: int
    until: float


Held = Record | Lease | None


LOCK_AS_LEASE = Lease(b"a lock")
"""What a load finds that may not replace a record: it waits for the lock as it would for another load."""


class Absent:
    """The type of ``ABSENT``."""


ABSENT = Absent()
"""A name is known to hold nothing."""

Known = Record | Lease | bytes | Absent | None
"""What is known of a name without asking: what it holds (bytes are the version of a tag); None for nothing at all."""
