"""The forms a value takes as bytes: codec ids, extension codes, limits, and the scalars MessagePack has no type for.

These numbers and layouts are stored data: they are never reused for something else. No container is walked here.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from unicache.errors import ValueFormatError

if TYPE_CHECKING:  # dear to import, and few values need it
    from zoneinfo import ZoneInfo

__all__ = [
    "BYTES",
    "DICT",
    "FROZENSET",
    "JSON",
    "MAX_DEPTH",
    "MAX_VALUE",
    "OBJECT",
    "PICKLE",
    "RICH",
    "SCALAR_READERS",
    "SCALAR_WRITERS",
    "SET",
    "TEXT",
    "TOO_DEEP",
    "TUPLE",
    "Refused",
    "too_large",
]

# Codec ids; 0 is reserved, and 32 to 127 are the application's own.
RICH, BYTES, TEXT = 1, 2, 3
JSON, PICKLE = 8, 9

# MessagePack extension codes.
TUPLE, SET, FROZENSET, DICT, OBJECT = 2, 3, 4, 5, 6
_BIG_INT, _DATE, _TIME, _DATETIME, _TIMEDELTA, _DECIMAL, _UUID = 1, 7, 8, 9, 10, 11, 12

MAX_VALUE = 20 * 1024 * 1024
"""The most bytes one encoded value may have, unless a cache says otherwise. One byte can be an empty list, of which an
object takes some seventy, so this bounds what foreign bytes can make of our memory too.
"""

MAX_DEPTH = 200
"""The most containers a value may have inside each other."""

TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting; store it in parts"

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_MICROSECOND = timedelta(microseconds=1)


class Refused(Exception):
    """Why a part of a value cannot be written; the walk adds where it is."""


def too_large(limit: int) -> ValueFormatError:
    """The error for an encoded value over ``limit`` bytes, written or read."""
    return ValueFormatError(f"the value takes more than {limit} bytes; store it in parts")


def _pack_int(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _unpack_int(data: memoryview) -> int:
    return int.from_bytes(data, "big", signed=True)


def _zone(zone: tzinfo | None) -> Any:
    """A time zone as plain data: None, ``[offset in µs]``, ``[offset, name]`` or the name of a ZoneInfo."""
    if zone is None:
        return None
    if type(zone) is timezone:
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]  # the one way to tell a given name
        return [offset // _MICROSECOND, *name]
    if key := _key(zone):
        return key
    raise Refused(f"a time whose tzinfo is a {type(zone).__qualname__}; use datetime.timezone or zoneinfo.ZoneInfo")


def _key(zone: tzinfo) -> str | None:
    """The name by which the zone can be had again, if it is one of zoneinfo's and has such a name."""
    from pickle import PicklingError
    from zoneinfo import ZoneInfo

    if type(zone) is not ZoneInfo:
        return None
    try:
        zone.__reduce__()
    except PicklingError:  # from a file: its name alone does not tell its rules
        return None
    return zone.key


def _unzone(zone: Any) -> tzinfo | None:
    if isinstance(zone, list):
        offset, *name = zone
        return timezone(timedelta(microseconds=offset), *name)
    return zone if zone is None else _zone_info(zone)


def _zone_info(key: Any) -> "ZoneInfo":
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(key)
    except OSError as error:
        if error.errno is None:  # a signal's handler raised it, a TimeoutError for example
            raise
    raise ValueError("the name of a time zone is no file's")


def _pack_clock(value: datetime | time) -> bytes:
    return _pack([value.replace(tzinfo=None).isoformat(), value.fold, _zone(value.tzinfo)])


def _unpack_datetime(data: memoryview) -> datetime:
    text, fold, zone = _unpack(data)
    return datetime.fromisoformat(text).replace(tzinfo=_unzone(zone), fold=fold)


def _unpack_time(data: memoryview) -> time:
    text, fold, zone = _unpack(data)
    return time.fromisoformat(text).replace(tzinfo=_unzone(zone), fold=fold)


def _pack_timedelta(value: timedelta) -> bytes:
    return _pack([value.days, value.seconds, value.microseconds])


def _text(data: memoryview) -> str:
    return str(data, "utf-8")


SCALAR_WRITERS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    int: (_BIG_INT, _pack_int),
    date: (_DATE, lambda value: value.isoformat().encode()),
    time: (_TIME, _pack_clock),
    datetime: (_DATETIME, _pack_clock),
    timedelta: (_TIMEDELTA, _pack_timedelta),
    Decimal: (_DECIMAL, lambda value: str(value).encode()),  # exact for every Decimal, NaNs and signed zeros too
    UUID: (_UUID, lambda value: value.bytes),
}

SCALAR_READERS: dict[int, Callable[[memoryview], Any]] = {
    _BIG_INT: _unpack_int,
    _DATE: lambda data: date.fromisoformat(_text(data)),
    _TIME: _unpack_time,
    _DATETIME: _unpack_datetime,
    _TIMEDELTA: lambda data: timedelta(*_unpack(data)),
    _DECIMAL: lambda data: Decimal(_text(data)),
    _UUID: lambda data: UUID(bytes=bytes(data)),
}
