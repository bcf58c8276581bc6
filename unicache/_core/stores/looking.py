"""What names hold: from what this process knows of them as far as that goes, and from the store for the others.

All of it is as old as ``peek`` may be, no older.
"""

from collections.abc import Sequence

from unicache._core.records.record import Absent, Held, Known, Lease, Record
from unicache._core.stores.store import Reader

__all__ = ["look", "look_at"]

_TOLD = (Absent, Lease, Record)


async def look_at(store: Reader, name: bytes) -> Held:
    """What one name holds. Raises ValueFormatError for foreign bytes."""
    found = store.peek(name) if store.near else None
    return _held(found) if isinstance(found, _TOLD) else await store.read(name)


async def look(store: Reader, names: Sequence[bytes]) -> list[Held | Exception]:
    """What the names hold, in order; foreign bytes as their ValueFormatError."""
    if not store.near:
        return await store.read_many(names)
    known = {name: store.peek(name) for name in names}
    unknown = [name for name, found in known.items() if not isinstance(found, _TOLD)]
    read = dict(zip(unknown, await store.read_many(unknown), strict=True)) if unknown else {}
    return [read[name] if name in read else _held(known[name]) for name in names]


def _held(found: Known) -> Held:
    return found if isinstance(found, Record | Lease) else None
