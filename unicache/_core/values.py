"""From values to records and back: codec, clock and CAS put together, so that each caller need not."""

from typing import Any

from unicache._core.codec import check, declare, decode, encode
from unicache._core.io import Io
from unicache._core.record import Record, TagVersion
from unicache._core.store import Found
from unicache._core.tokens import new_cas
from unicache.errors import ValueFormatError
from unicache.typing import Entry

__all__ = ["entry_of", "is_stale", "record_of", "value_of"]


def record_of(io: Io, value: Any, tags: tuple[TagVersion, ...] = (), *, soft: float = 0.0, cost: float = 0.0) -> Record:
    """A new record of the value. Raises ValueFormatError when it cannot be stored as it is."""
    codec, payload = encode(value)
    return Record(payload=payload, codec=codec, cas=new_cas(), created=io.wall(), soft=soft, cost=cost, tags=tags)


def value_of(record: Record, key: str, wanted: Any = None) -> Any:
    """The value, as ``wanted`` if that is not None. Raises ValueFormatError with the key, InvalidArgument."""
    if wanted is None:
        try:
            return decode(record.codec, record.payload)
        except ValueFormatError as error:
            error.key = key
            raise
    declare(wanted)
    return check(value_of(record, key), wanted, key)


def entry_of(io: Io, key: str, found: Found, wanted: Any = None, cas: int | None = None) -> Entry[Any]:
    """The value with everything that is known of it; ``cas`` in place of its own."""
    record, now = found.record, io.wall()
    return Entry(
        key=key,
        value=value_of(record, key, wanted),
        cas=record.cas if cas is None else cas,
        ttl=found.ttl,
        tags=tuple(tag.tag for tag in record.tags),
        age=max(0.0, now - record.created),
        stale=is_stale(record, now),
        locked=found.locked,
        size=len(record.payload),
        created=record.created,
        expires_at=None if found.ttl is None else now + found.ttl,
        cost=record.cost,
    )


def is_stale(record: Record, now: float) -> bool:
    """Whether the record is past its soft expiry at ``now``, unix seconds."""
    return 0.0 < record.soft <= now
