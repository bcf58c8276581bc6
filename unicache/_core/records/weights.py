"""What entries of an in-process table are counted with: what they hold, and what CPython needs to hold it. Pure."""

import sys

from unicache._core.records.record import Lease, Record

__all__ = ["weight"]

# Measured with tracemalloc on CPython 3.11 to 3.13, as what is allocated beyond the bytes that are held: 388 to 459
# for a record with a deadline, depending on how full the dict is, and 105 to 113 for each of its tags. The rest is for
# what the allocators cannot use, and for a dict's copy of itself while it is rebuilt: with it a process grows by less
# than 1.2 times the limit (``benchmarks.bounded``).
ENTRY_OVERHEAD = 560
TAG_OVERHEAD = 115


def weight(name: bytes, held: object) -> int:
    """The bytes that a name and a record, a lease, or the version of a tag under it count for."""
    if isinstance(held, Record):
        tags = sum(sys.getsizeof(tag) + len(version) + TAG_OVERHEAD for tag, version in held.tags)
        return ENTRY_OVERHEAD + len(name) + len(held.payload) + tags
    if isinstance(held, Lease):
        held = held.token
    return ENTRY_OVERHEAD + len(name) + (len(held) if isinstance(held, bytes) else 0)
