"""From values to records and back: format, clock and CAS put together, so that each caller need not.

A name is given with everything: what is stored is bound to it. What must not live here: what bytes a value becomes
(``codec``), and whether a record is still good (``tags``, ``freshness``).
"""

from typing import Any

from unicache._core.io import Io
from unicache._core.keys.names import key_part
from unicache._core.records.codec import MAX_VALUE, PROVOKED, Format, check, declare, decode, too_large
from unicache._core.records.record import COUNTER, Record, TagVersion
from unicache._core.records.wrapping import Wrapping
from unicache._core.stores.store import Found
from unicache._core.tools.tokens import new_cas
from unicache.errors import ValueFormatError
from unicache.typing import Entry

__all__ = ["Values", "is_stale", "time_left"]

_FORMAT = Format()
_WRAPPING = Wrapping(limit=MAX_VALUE)
_NONE_IS = -1
"""What no record's ``wrapping`` is: with a key, no payload is taken as it is."""


class Values:
    """The values of one cache, in the format and the wrapping that it was made with."""

    def __init__(self, io: Io, format: Format = _FORMAT, wrapping: Wrapping = _WRAPPING) -> None:
        self._io = io
        self._write = format.write
        self._readers = format.readers
        self._limit = wrapping.limit
        self._wrapping = None if wrapping.does_nothing else wrapping
        self._unwrap = wrapping.unwrap
        self._direct = _NONE_IS if wrapping.bit else 0

    # -- writing

    def record(
        self,
        name: bytes,
        value: Any,
        tags: tuple[TagVersion, ...] = (),
        *,
        soft: float = 0.0,
        cost: float = 0.0,
        schema: int = 0,
    ) -> Record:
        """A new record of the value, for ``name``. Raises ValueFormatError, with the key, when it cannot be stored as
        it is.
        """
        try:
            codec, payload = self._write(value)
            return self.wrapped(name, codec, payload, tags, soft=soft, cost=cost, schema=schema)
        except ValueFormatError as error:
            error.key = key_part(name)
            raise

    def wrapped(
        self,
        name: bytes,
        codec: int,
        payload: bytes,
        tags: tuple[TagVersion, ...] = (),
        *,
        soft: float = 0.0,
        cost: float = 0.0,
        schema: int = 0,
    ) -> Record:
        """A new record of bytes that ``codec`` made of a value. Raises ValueFormatError when they are too many."""
        if len(payload) > self._limit:
            raise too_large(self._limit)
        done = 0
        if self._wrapping is not None:
            payload, done = self._wrapping.wrap(name, codec, schema, payload)
        return Record(payload, codec, new_cas(), self._io.wall(), soft, cost, schema, tags, done)

    def counter(
        self, name: bytes, number: int | None, tags: tuple[TagVersion, ...] = (), *, soft: float = 0.0
    ) -> Record:
        """A new record of a counter; without a number, one to which the store adds it."""
        payload = b"" if number is None else b"%d" % number
        return self.wrapped(name, COUNTER, payload, tags, soft=soft)

    @property
    def sealed(self) -> bool:
        """Whether nobody but who has the key can write what is read: the store cannot change such a value."""
        return self._direct == _NONE_IS

    # -- reading

    def value(self, name: bytes, record: Record, wanted: Any = None, schema: int = 0) -> Any:
        """The value, as ``wanted`` if that is not None. Raises ValueFormatError with the key, InvalidArgument.

        ``schema`` is the fingerprint of the type that the reader declares; a record that declares another is refused.
        """
        if wanted is None:
            try:  # the short way; what is not plain, or fails, goes the long one, which says what is wrong
                if (
                    record.wrapping == self._direct
                    and len(record.payload) <= self._limit
                    and (not schema or record.schema in (0, schema))
                ):
                    return self._readers[record.codec](record.payload)
            except PROVOKED:
                pass
            return self._value(name, record, schema)
        declare(wanted)
        return check(self._value(name, record, schema), wanted, key_part(name))

    def _value(self, name: bytes, record: Record, schema: int) -> Any:
        try:
            _agree(record.schema, schema)
            return decode(record.codec, self.payload(name, record), self._readers, self._limit)
        except ValueFormatError as error:
            error.key = key_part(name)
            raise

    def payload(self, name: bytes, record: Record) -> bytes:
        """The bytes that the record's codec made. Raises ValueFormatError when they are not what was written."""
        return record.payload if record.wrapping == self._direct else self._unwrap(name, record)

    def entry(
        self, name: bytes, found: Found, wanted: Any = None, *, cas: int | None = None, schema: int = 0
    ) -> Entry[Any]:
        """The value with everything that is known of it; ``cas`` in place of its own."""
        record, now = found.record, self._io.wall()
        left = time_left(found, now)
        return Entry(
            key=key_part(name),
            value=self.value(name, record, wanted, schema),
            cas=record.cas if cas is None else cas,
            ttl=left,
            tags=tuple(tag.tag for tag in record.tags),
            age=max(0.0, now - record.created),
            stale=is_stale(record, now),
            locked=found.locked,
            size=len(record.payload),
            created=record.created,
            expires_at=None if left is None else now + left,
            cost=record.cost,
        )


def _agree(stored: int, declared: int) -> None:
    """Nobody need declare a type; but two that do must mean the same."""
    if stored and declared and stored != declared:
        raise ValueFormatError("the stored value was written as another type than is declared here")


def time_left(found: Found, now: float) -> float | None:
    """Seconds at ``now``, unix seconds, until the record is past its soft expiry; until it is gone if it has none or is
    past it. None for never.
    """
    record = found.record
    if not record.soft or is_stale(record, now):
        return found.ttl
    return record.soft - now


def is_stale(record: Record, now: float) -> bool:
    """Whether the record is past its soft expiry at ``now``, unix seconds."""
    return 0.0 < record.soft <= now
