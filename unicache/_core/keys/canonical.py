"""Arguments as canonical bytes: the same value gives the same bytes in every process, another value gives other bytes.

    N T F                        None, True, False
    i<hex>;                      int of any size
    f<8 bytes>  c<16 bytes>      float and complex by their bits; every NaN is one NaN
    s<n>:<utf-8>  b<n>:<bytes>   str (lone surrogates pass), bytes
    ( [ < g { o  <n>:<parts>     tuple, list, set, frozenset, dict, OrderedDict
    n h d t m u p …              datetime, time, date, timedelta, Decimal, UUID, paths
    E G S K O C I  <class> …     what carries the name of a class: see the functions

Every encoding tells where it ends, so parts simply follow one another. Types are exact: ``1``, ``True``, ``1.0``,
``"1"`` and ``b"1"`` differ at any depth. Nothing asks ``repr``, ``hash`` or ``id``; what has no canonical form is
refused.

What must not live here: signatures and readable keys (``binding``), and how *values* are stored (the codecs).
"""

import math
import os
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag
from functools import cached_property, lru_cache, partial
from hashlib import blake2b
from operator import attrgetter
from types import MemberDescriptorType
from typing import Any
from uuid import UUID

import msgspec

from unicache._core.records.codec.fields import dataclass_fields
from unicache.errors import InvalidArgument

__all__ = ["DEEPEST", "digest", "encode", "encode_self"]

DEEPEST = 100
"""How deep containers and objects may nest."""

_Encoder = Callable[[Any, int], bytes]
_NAN = struct.pack(">d", math.nan)
_POINTER = struct.calcsize("P")


def encode(value: Any) -> bytes:
    """The canonical bytes of a value.

    Understood are None, bool, int, float, complex, str, bytes, tuple, list, dict (in any order), OrderedDict, set,
    frozenset, and subclasses of these; Enum members, datetime, date, time, timedelta, Decimal, UUID, paths; importable
    classes; dataclasses, ``msgspec.Struct`` and attrs; and any object whose ``__cache_key__()`` gives one of these.

    Raises InvalidArgument for all else, and for what nests deeper than 100 or contains itself.
    """
    return _encode(value, DEEPEST)


def encode_self(instance: Any) -> bytes:
    """The canonical bytes of what a method is bound to: as ``encode``, and also any class and any plain object.

    A plain object is its class and its attributes, without those that a ``cached_property`` computed. Raises
    InvalidArgument when one of them has no canonical form.
    """
    cls: Any = type(instance)
    if isinstance(instance, type) and not hasattr(cls, "__cache_key__"):
        return b"C" + _name(instance)  # a local class will do: the function's own name says as much
    if cls in _EXACT or _rule(cls) is not None or not _is_plain(cls):
        return encode(instance)
    try:
        return b"I" + _name(cls) + _state(instance, DEEPEST)
    except InvalidArgument as error:
        raise InvalidArgument(f"the attributes of {_title(cls)} are not canonical: {error}") from None


def digest(data: bytes, size: int = 16) -> str:
    """The BLAKE2b hash (RFC 7693) of ``data`` as hex; ``size`` in bytes."""
    return blake2b(data, digest_size=size).hexdigest()


def _encode(value: Any, depth: int) -> bytes:
    return _EXACT.get(type(value), _by_class)(value, depth)


def _deeper(depth: int) -> int:
    if depth == 0:
        raise InvalidArgument(f"it nests deeper than {DEEPEST}, or contains itself")
    return depth - 1


def _int(value: int, _depth: int = 0) -> bytes:
    return b"i%x;" % value  # hex, because decimal digits are limited and quadratic


def _float(value: float, _depth: int = 0) -> bytes:
    return b"f" + _bits(value)


def _complex(value: complex, _depth: int = 0) -> bytes:
    return b"c" + _bits(value.real) + _bits(value.imag)


def _bits(value: float) -> bytes:
    return _NAN if math.isnan(value) else struct.pack(">d", value)


def _str(value: str, _depth: int = 0) -> bytes:
    data = str.encode(value, "utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def _bytes(value: bytes, _depth: int = 0) -> bytes:
    return b"b%d:%b" % (len(value), value)


def _sequence(tag: bytes, value: Iterable[Any], depth: int) -> bytes:
    inner = _deeper(depth)
    return _joined(tag, [_encode(item, inner) for item in value])


def _set(tag: bytes, value: Iterable[Any], depth: int) -> bytes:
    inner = _deeper(depth)
    return _joined(tag, sorted(_encode(item, inner) for item in value))


def _dict(value: dict[Any, Any], depth: int) -> bytes:
    return _joined(b"{", sorted(_pairs(value, depth)))


def _ordered_dict(value: OrderedDict[Any, Any], depth: int) -> bytes:
    return _joined(b"o", _pairs(value, depth))  # two of them are equal only in the same order


def _pairs(value: dict[Any, Any], depth: int) -> list[bytes]:
    inner = _deeper(depth)
    return [_encode(key, inner) + _encode(item, inner) for key, item in value.items()]


def _joined(tag: bytes, parts: list[bytes]) -> bytes:
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _moment(tag: bytes, value: datetime | time, depth: int) -> bytes:
    wall = value.replace(tzinfo=None).isoformat()
    return tag + _str(wall) + _int(value.fold) + _zone(value, depth)


def _zone(value: datetime | time, depth: int) -> bytes:
    """The zone as far as it matters for this moment: its class, its offset from UTC, its key or else its name."""
    if value.tzinfo is None:
        return b"N"
    label = getattr(value.tzinfo, "key", None) or value.tzname()
    return _name(type(value.tzinfo)) + _encode(value.utcoffset(), depth) + _encode(label, depth)


def _timedelta(value: timedelta, _depth: int) -> bytes:
    return b"t%d,%d,%d;" % (value.days, value.seconds, value.microseconds)


def _decimal(value: Decimal, depth: int) -> bytes:
    return _sequence(b"m", value.as_tuple(), depth)  # its str depends on the context


def _path_rule(cls: type) -> _Encoder | None:
    from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath  # who has a path has imported it

    tags: dict[type, bytes] = {PurePosixPath: b"pp", PosixPath: b"pP", PureWindowsPath: b"pw", WindowsPath: b"pW"}
    tag = tags.get(cls)
    return None if tag is None else partial(_path, tag)


def _path(tag: bytes, value: os.PathLike[str], _depth: int) -> bytes:
    return tag + _str(str(value))


def _class(value: type, _depth: int) -> bytes:
    """A class that can be found under its name; another one would share its bytes with its namesakes."""
    try:
        found = attrgetter(value.__qualname__)(sys.modules[value.__module__])
    except (AttributeError, KeyError):
        found = None
    if found is not value:
        raise InvalidArgument(f"{_title(value)} cannot be imported under this name: pass a name or an id instead")
    return b"C" + _name(value)


def _by_class(value: Any, depth: int) -> bytes:
    cls: Any = type(value)
    rule = _rule(cls)
    if rule is None:
        hint = "give the class __cache_key__(), pass an id instead, or name the parameter in ignore="
        raise InvalidArgument(f"{_title(cls)} has no canonical form: {hint}")
    return rule(value, _deeper(depth))


@lru_cache(maxsize=1024)
def _rule(cls: type) -> _Encoder | None:
    """How instances of a class outside of the table are encoded; None for not at all."""
    if hasattr(cls, "__cache_key__"):
        return _custom
    if issubclass(cls, Enum):
        return _flag if issubclass(cls, Flag) else _enum
    if issubclass(cls, type):
        return _class
    base = next((base for base in _BASES if issubclass(cls, base)), None)
    if base is not None:
        return partial(_subclass, _EXACT[base])
    names = _field_names(cls)
    if names is not None:
        return partial(_fields, names)
    return _path_rule(cls) if issubclass(cls, os.PathLike) else None


def _custom(value: Any, depth: int) -> bytes:
    return b"K" + _name(type(value)) + _encode(value.__cache_key__(), depth)


def _enum(value: Enum, _depth: int) -> bytes:
    return b"E" + _name(type(value)) + _str(value.name)


def _flag(value: Flag, _depth: int) -> bytes:
    return b"G" + _name(type(value)) + _int(value.value)  # a combination need not have a name


def _subclass(encode_base: _Encoder, value: Any, depth: int) -> bytes:
    return b"S" + _name(type(value)) + encode_base(value, depth) + _state(value, depth)


def _fields(names: tuple[str, ...], value: Any, depth: int) -> bytes:
    present = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return b"O" + _name(type(value)) + _dict(present, depth)


def _field_names(cls: type) -> tuple[str, ...] | None:
    """The fields of a class that declares them itself: a subclass that does not may have state beside them."""
    if issubclass(cls, msgspec.Struct):
        return cls.__struct_fields__
    if "__attrs_attrs__" in vars(cls):
        return tuple(field.name for field in vars(cls)["__attrs_attrs__"])
    if "__dataclass_fields__" in vars(cls):
        return dataclass_fields(cls)
    return None


@lru_cache(maxsize=1024)
def _is_plain(cls: type) -> bool:
    """False when instances are larger than their ``__slots__`` explain: a base made in C hides its state."""
    slots = sum(isinstance(member, MemberDescriptorType) for base in cls.__mro__ for member in vars(base).values())
    pointers = slots + (cls.__weakrefoffset__ > 0)  # __dict__ lies outside
    return cls.__basicsize__ <= object.__basicsize__ + pointers * _POINTER


def _state(value: Any, depth: int) -> bytes:
    """The attributes in ``__dict__`` and ``__slots__``; what was computed from them is left out."""
    state: Any = object.__getstate__(value)  # not the class's own, which is about pickling
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    found = {**(attributes or {}), **(slots or {})}
    kept = {name: found[name] for name in found if not isinstance(getattr(type(value), name, None), cached_property)}
    return _dict(kept, depth)


def _name(cls: type) -> bytes:
    return _str(cls.__module__) + _str(cls.__qualname__)


def _title(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


_EXACT: dict[type, _Encoder] = {
    type(None): lambda _value, _depth: b"N",
    bool: lambda value, _depth: b"T" if value else b"F",
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    tuple: partial(_sequence, b"("),
    list: partial(_sequence, b"["),
    set: partial(_set, b"<"),
    frozenset: partial(_set, b"g"),
    dict: _dict,
    OrderedDict: _ordered_dict,
    datetime: partial(_moment, b"n"),
    time: partial(_moment, b"h"),
    date: lambda value, _depth: b"d" + _str(value.isoformat()),
    timedelta: _timedelta,
    Decimal: _decimal,
    UUID: lambda value, _depth: b"u" + value.bytes,
    type: _class,
}

_BASES = (int, float, complex, str, bytes, tuple, list, set, frozenset, OrderedDict, dict)
