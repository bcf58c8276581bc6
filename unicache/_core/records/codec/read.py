"""From stored bytes back to the value that was written. Nothing stored is executed, imported or shown in an error."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from unicache._core.records.codec.forms import (
    BYTES,
    DICT,
    FROZENSET,
    MAX_VALUE,
    OBJECT,
    RICH,
    SCALAR_READERS,
    SET,
    TEXT,
    TUPLE,
    too_large,
)
from unicache._core.records.codec.objects import known
from unicache._core.records.record import COUNTER
from unicache.errors import ValueFormatError

__all__ = ["PROVOKED", "READERS", "Reader", "decode"]

Reader = Callable[[bytes], Any]

PROVOKED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
"""What foreign bytes can provoke. Not Exception: what a signal's handler raises is for whoever set it."""


def _extension(code: int, data: memoryview) -> Any:
    return _EXTENSIONS[code](data)


_unpack = msgspec.msgpack.Decoder(ext_hook=_extension).decode


def _dict(data: memoryview) -> dict[Any, Any]:
    keys, values = _unpack(data)
    return dict(zip(keys, values, strict=True))


def _object(data: memoryview) -> Any:
    path, mark, fields = _unpack(data)
    return known(path, mark).build(fields)


_EXTENSIONS: dict[int, Callable[[memoryview], Any]] = {
    **SCALAR_READERS,
    TUPLE: lambda data: tuple(_unpack(data)),
    SET: lambda data: set(_unpack(data)),
    FROZENSET: lambda data: frozenset(_unpack(data)),
    DICT: _dict,
    OBJECT: _object,
}

READERS: dict[int, Reader] = {RICH: _unpack, BYTES: lambda data: data, TEXT: bytes.decode, COUNTER: int}
"""How the default codec's bytes become values, by codec id."""


def decode(codec: int, payload: bytes, readers: Mapping[int, Reader] = READERS, limit: int = MAX_VALUE) -> Any:
    """The value ``payload`` was made of by ``codec``, which must be one of ``readers``.

    Raises ValueFormatError for another codec, for more than ``limit`` bytes, for bytes that are not a value, and for
    an object of a class this process has neither written nor declared, or that has other fields here.
    """
    read = readers.get(codec)
    if read is None:
        raise ValueFormatError(f"the value was stored with codec {codec}, which this cache does not read")
    if len(payload) > limit:
        raise too_large(limit)
    try:
        return read(payload)
    except ValueFormatError:
        raise
    except PROVOKED as error:
        problem = type(error).__name__
    # Raised outside the handler: what was caught may hold stored bytes, and must not hang on as the context.
    raise ValueFormatError(f"the stored bytes are not a value ({problem})")
