"""What many names hold: from what this process knows of them as far as that goes, and from the store for the others."""

from collections.abc import Sequence

from unicache._core.records.record import ABSENT, Held, Lease, Record
from unicache._core.stores.store import Reader

__all__ = ["look"]


async def look(store: Reader, names: Sequence[bytes]) -> list[Held | Exception]:
    """What the names hold, in order; foreign bytes as their ValueFormatError. As old as ``peek`` may be, no older."""
    if not store.near:
        return await store.read_many(names)
    known = {name: store.peek(name) for name in names}
    unknown = [name for name, found in known.items() if not (found is ABSENT or isinstance(found, Record | Lease))]
    read = dict(zip(unknown, await store.read_many(unknown), strict=True)) if unknown else {}
    return [read[name] if name in read else _held(known[name]) for name in names]


def _held(found: object) -> Held:
    return found if isinstance(found, Record | Lease) else None
