"""How a value becomes bytes and back, same value and same type, or not at all.

    forms     codec ids, extension codes, limits, and the scalars MessagePack has no type for
    fields    which classes have fields
    fingerprint   what changes with a class
    objects   the classes this process knows
    write     a value to bytes
    read      bytes to the value
    as_json, as_pickle   other ways to write
    formats   which of them a cache has
    wanted    what a ``type=`` says
    typed     whether a value is what a reader asked for

What must not live here: keys, expiry, where the bytes go.
"""

from unicache._core.records.codec.fingerprint import fingerprint_of_type
from unicache._core.records.codec.formats import Format, format_of
from unicache._core.records.codec.forms import BYTES, JSON, MAX_DEPTH, MAX_VALUE, PICKLE, RICH, TEXT, too_large
from unicache._core.records.codec.read import PROVOKED, decode
from unicache._core.records.codec.typed import check
from unicache._core.records.codec.wanted import declare, learn
from unicache._core.records.codec.write import encode

__all__ = [
    "BYTES",
    "JSON",
    "MAX_DEPTH",
    "MAX_VALUE",
    "PICKLE",
    "PROVOKED",
    "RICH",
    "TEXT",
    "Format",
    "check",
    "declare",
    "decode",
    "encode",
    "fingerprint_of_type",
    "format_of",
    "learn",
    "too_large",
]
