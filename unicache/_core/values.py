"""From values to records and back: format, clock and CAS put together, so that each caller need not.

A name is given with everything: what is stored is bound to it. What must not live here: what bytes a value becomes
(``codec``), and whether a record is still good (``tags``, ``freshness``).
"""

from typing import Any

from unicache._core.codec import check, declare, decode, encode
from unicache._core.io import Io
from unicache._core.names import key_part
from unicache._core.record import Record, TagVersion
from unicache._core.store import Found
from unicache._core.tokens import new_cas
from unicache.errors import ValueFormatError
from unicache.typing import Entry

__all__ = ["Values", "is_stale"]


class Values:
    """The values of one cache, in the format that it was made with."""

    def __init__(self, io: Io) -> None:
        self._io = io

    def record(
        self, name: bytes, value: Any, tags: tuple[TagVersion, ...] = (), *, soft: float = 0.0, cost: float = 0.0
    ) -> Record:
        """A new record of the value, for ``name``. Raises ValueFormatError when it cannot be stored as it is."""
        codec, payload = encode(value)
        return self.wrapped(name, codec, payload, tags, soft=soft, cost=cost)

    def wrapped(
        self,
        name: bytes,
        codec: int,
        payload: bytes,
        tags: tuple[TagVersion, ...] = (),
        *,
        soft: float = 0.0,
        cost: float = 0.0,
    ) -> Record:
        """A new record of bytes that ``codec`` made of a value."""
        wall = self._io.wall()
        return Record(payload=payload, codec=codec, cas=new_cas(), created=wall, soft=soft, cost=cost, tags=tags)

    def payload(self, name: bytes, record: Record) -> bytes:
        """The bytes that the record's codec made. Raises ValueFormatError when they are not what was written."""
        return record.payload

    def value(self, name: bytes, record: Record, wanted: Any = None) -> Any:
        """The value, as ``wanted`` if that is not None. Raises ValueFormatError with the key, InvalidArgument."""
        if wanted is None:
            try:
                return decode(record.codec, record.payload)
            except ValueFormatError as error:
                error.key = key_part(name)
                raise
        declare(wanted)
        return check(self.value(name, record), wanted, key_part(name))

    def entry(self, name: bytes, found: Found, wanted: Any = None, cas: int | None = None) -> Entry[Any]:
        """The value with everything that is known of it; ``cas`` in place of its own."""
        record, now = found.record, self._io.wall()
        return Entry(
            key=key_part(name),
            value=self.value(name, record, wanted),
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
