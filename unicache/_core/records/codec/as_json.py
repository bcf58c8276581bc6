"""Values as JSON text, for those that JSON can tell: None, bool, int, finite float, str, list, and dict with str keys.

What JSON would bring back as something else, a tuple or a number as a key, is refused when it is written.
"""

from math import isfinite
from types import NoneType
from typing import Any

import msgspec

from unicache._core.records.codec.forms import JSON, MAX_DEPTH, TOO_DEEP, Refused
from unicache._core.records.codec.write import is_plain, step
from unicache.errors import ValueFormatError

__all__ = ["encode_json", "read_json"]

_KINDS = frozenset({NoneType, bool, int, float, str, list, dict})
_pack = msgspec.json.Encoder().encode

read_json = msgspec.json.Decoder().decode


def encode_json(value: Any) -> tuple[int, bytes]:
    """The codec id and the text. Raises ValueFormatError for what would not come back the same."""
    try:
        if is_plain(value, _KINDS):
            text = _pack(value)
            if read_json(text) == value:  # at C speed; NaN and infinity are null by now
                return JSON, text
        problem = _misfit(value, "value", 0)
    except Refused as error:
        problem = f"value: {error}"
    except (RecursionError, ValueError) as error:
        problem = f"value: {_PROBLEMS[type(error)]}"
    # Raised outside the handler: the exceptions above hold parts of the value, and must not hang on as the context.
    raise ValueFormatError(f"cannot store as JSON {problem}")


_PROBLEMS: dict[type[Exception], str] = {
    RecursionError: "more levels of nesting than Python has calls left here; store it in parts",
    UnicodeEncodeError: "a str with lone surrogates, which is no text",
    ValueError: "an int of more digits than Python makes into text; use the codec 'msgpack'",
}


def _misfit(value: Any, where: str, depth: int) -> str:
    """Where the first part is that JSON cannot tell, and what it is; empty when there is none."""
    if depth > MAX_DEPTH:
        raise Refused(TOO_DEEP)
    if problem := _own_misfit(value):
        return f"{where}: {problem}; turn it into what JSON has, or use the codec 'msgpack'"
    parts = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    return next(filter(None, (_misfit(item, where + step(at), depth + 1) for at, item in parts)), "")


def _own_misfit(value: Any) -> str:
    """What JSON cannot tell of the value, whatever is in it."""
    if type(value) not in _KINDS:
        return f"a {type(value).__qualname__}"
    if type(value) is float and not isfinite(value):
        return "a float that is not finite"
    if type(value) is dict:
        odd = (type(key).__qualname__ for key in value if type(key) is not str)
        return next((f"a dict with a key that is a {kind}" for kind in odd), "")
    return ""
