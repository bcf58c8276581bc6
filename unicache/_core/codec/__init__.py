"""How a value becomes bytes and back, same value and same type, or not at all.

    forms     codec ids, extension codes, limits, and the scalars MessagePack has no type for
    objects   the classes this process knows
    write     a value to bytes
    read      bytes to the value
    wanted    what a ``type=`` says
    typed     whether a value is what a reader asked for

What must not live here: keys, expiry, where the bytes go.
"""

from unicache._core.codec.forms import BYTES, MAX_DEPTH, MAX_VALUE, RICH, TEXT
from unicache._core.codec.read import decode
from unicache._core.codec.typed import check
from unicache._core.codec.wanted import declare
from unicache._core.codec.write import encode

__all__ = ["BYTES", "MAX_DEPTH", "MAX_VALUE", "RICH", "TEXT", "check", "declare", "decode", "encode"]
