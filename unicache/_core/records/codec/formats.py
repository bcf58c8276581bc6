"""Which codecs a cache writes and reads with: a closed list, to which only its owner adds.

A value is read by the codec id that is stored with it, and by no other. A codec that is not on the list is not tried.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from unicache._core.records.codec.as_json import encode_json, read_json
from unicache._core.records.codec.forms import JSON, PICKLE
from unicache._core.records.codec.read import READERS, Reader
from unicache._core.records.codec.write import encode
from unicache.errors import ConfigurationError, ValueFormatError

__all__ = ["OWN_IDS", "Format", "format_of"]

OWN_IDS = range(32, 128)
"""The ids that codecs of the application may have."""


_READERS: Mapping[int, Reader] = MappingProxyType(READERS | {JSON: read_json})
"""What every cache reads: it executes nothing."""


class Format(msgspec.Struct, frozen=True):
    """What a cache writes with, and what it reads.

    ``write``    from a value to its codec id and bytes
    ``readers``  from codec ids to what makes values of bytes
    ``trusting`` whether reading may execute what is stored, so that it must be known who wrote it
    """

    write: Callable[[Any], tuple[int, bytes]] = encode
    readers: Mapping[int, Reader] = _READERS
    trusting: bool = False


def format_of(given: Any, option: str = "codec") -> Format:
    """From a codec, or several of which the first writes, as names or objects. Raises ConfigurationError."""
    codecs = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    formats = [_named(codec, option) if isinstance(codec, str) else _own(codec, option) for codec in codecs]
    if not formats:
        raise ConfigurationError(f"{option} must be one codec or several, not none")
    readers: dict[int, Reader] = {}
    for each in formats:
        if any(readers.get(number, reader) is not reader for number, reader in each.readers.items()):
            raise ConfigurationError(f"{option} has two codecs with one id")
        readers |= each.readers
    return Format(formats[0].write, readers, any(each.trusting for each in formats))


def _encode_raw(value: Any) -> tuple[int, bytes]:
    if type(value) not in (str, bytes):
        kind = type(value).__qualname__
        raise ValueFormatError(f"cannot store value: a {kind}; the codec 'raw' stores str and bytes, as they are")
    return encode(value)


def _pickling() -> Format:
    from unicache._core.records.codec.as_pickle import encode_pickle, read_pickle  # dear to import, and few want it

    return Format(encode_pickle, {**_READERS, PICKLE: read_pickle}, trusting=True)


_NAMED: dict[str, Callable[[], Format]] = {
    "json": lambda: Format(write=encode_json),
    "msgpack": Format,
    "pickle": _pickling,
    "raw": lambda: Format(write=_encode_raw),
}


def _named(name: str, option: str) -> Format:
    if name not in _NAMED:
        names = ", ".join(map(repr, _NAMED))
        raise ConfigurationError(f"{option} must be {names}, or a codec of your own, not {name!r}")
    return _NAMED[name]()


def _own(codec: Any, option: str) -> Format:
    """A codec of the application's, whose errors become one of ours."""
    if not all(callable(getattr(codec, name, None)) for name in ("encode", "decode")):
        raise ConfigurationError(f"{option} must be the name of a codec, or an object with id, encode and decode")
    number = getattr(codec, "id", None)
    if type(number) is not int or number not in OWN_IDS:
        raise ConfigurationError(f"the id of a codec must be an int from {OWN_IDS[0]} to {OWN_IDS[-1]}")
    return Format(partial(_encode_own, codec, number), {**_READERS, number: partial(_decode_own, codec)})


def _encode_own(codec: Any, number: int, value: Any) -> tuple[int, bytes]:
    try:
        data = codec.encode(value)
    except ValueFormatError:
        raise
    except Exception as error:  # noqa: BLE001  code of the application, which may raise anything
        data, problem = None, type(error).__name__
    else:
        problem = f"it gave a {type(data).__qualname__}, not bytes"
    if type(data) is bytes:
        return number, data
    # Raised outside the handler: what was caught may hold parts of the value.
    raise ValueFormatError(f"cannot store value: {type(codec).__qualname__} cannot encode it ({problem})")


def _decode_own(codec: Any, payload: bytes) -> Any:
    try:
        return codec.decode(payload)
    except ValueFormatError:
        raise
    except Exception as error:  # noqa: BLE001  code of the application, which may raise anything
        problem = type(error).__name__
    raise ValueFormatError(f"{type(codec).__qualname__} cannot decode the stored value ({problem})")
