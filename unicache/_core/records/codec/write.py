"""From a value to bytes that say themselves what they are; what would not come back the same is refused here.

Values of plain scalars, lists and text-keyed dicts are recognised and packed at C speed; the walk is for the rest.
"""

import itertools
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

import msgspec

from unicache._core.records.codec.forms import (
    BYTES,
    DICT,
    FROZENSET,
    MAX_DEPTH,
    MAX_VALUE,
    OBJECT,
    RICH,
    SCALAR_WRITERS,
    SET,
    TEXT,
    TOO_DEEP,
    TUPLE,
    Refused,
)
from unicache._core.records.codec.objects import shape_of
from unicache.errors import ValueFormatError

__all__ = ["encode", "is_plain", "step"]

_pack = msgspec.msgpack.Encoder().encode
_flat = itertools.chain.from_iterable

_AS_IS = frozenset({NoneType, bool, float, str, bytes})
_SCALARS = _AS_IS | {int}
_PLAIN = _SCALARS | {list, dict}
_CONTAINERS = frozenset({list, dict})
_TEXT_ONLY = frozenset({str})
_SEQUENCES: dict[type, int] = {tuple: TUPLE, set: SET, frozenset: FROZENSET}

_SURROGATES = "a str with lone surrogates, which is no text; store text.encode('utf-8', 'surrogatepass')"


def encode(value: Any) -> tuple[int, bytes]:
    """The codec id and the bytes of ``value``.

    Raises ValueFormatError for what would not come back as the same value of the same type, and for what takes more
    than ``MAX_DEPTH`` levels.
    """
    walk = _Walk()
    try:
        if type(value) is bytes:
            return BYTES, value
        if type(value) is str:
            return TEXT, value.encode()
        return RICH, _fast(value) or _pack(walk.form(value))
    except Refused as error:
        problem = str(error)
    except UnicodeEncodeError:
        problem = _SURROGATES
    except RecursionError:
        problem = "more levels of nesting than Python has calls left here; store it in parts"
    # Raised outside the handler: the exceptions above hold parts of the value, and must not hang on as the context.
    raise ValueFormatError(f"cannot store {walk.where()}: {problem}")


def _fast(value: Any) -> bytes:
    """The bytes of a plain value; empty when it has to be walked."""
    if not _is_flat(value) and not is_plain(value, _PLAIN):
        return b""
    try:
        return _pack(value)
    except OverflowError:  # an int beyond 64 bits
        return b""


def _is_flat(value: Any) -> bool:
    """Whether it is a scalar, or one list or text-keyed dict of scalars: most values are."""
    kind = type(value)
    if kind is dict:
        return _TEXT_ONLY.issuperset(map(type, value)) and _SCALARS.issuperset(map(type, value.values()))
    return kind in _SCALARS or (kind is list and _SCALARS.issuperset(map(type, value)))


def is_plain(value: Any, plain: frozenset[type]) -> bool:
    """Whether there is nothing but what is ``plain``, and text as keys; level by level, so that C does the work.

    Raises Refused for too many levels or items.
    """
    level, total = [value], 0
    for _ in range(MAX_DEPTH + 1):
        kinds = set(map(type, level))
        if not kinds <= plain:
            return False
        if kinds.isdisjoint(_CONTAINERS):
            return True
        lists = [item for item in level if type(item) is list]
        dicts = [item for item in level if type(item) is dict]
        if not _TEXT_ONLY.issuperset(map(type, _flat(dicts))):
            return False
        total += sum(map(len, lists)) + sum(map(len, dicts))
        if total > MAX_VALUE:  # every item takes a byte; said before a list that contains itself twice fills the memory
            raise Refused("more items than a value may have bytes")
        level = [*_flat(lists), *_flat(map(dict.values, dicts))]
    raise Refused(TOO_DEEP)


class _Walk:
    """One walk through a value that is not plain, turning it into what MessagePack can say.

    ``trail`` is where the walk is, as the steps from the outermost value; when something is refused, it stays there.
    """

    def __init__(self) -> None:
        self._trail: list[str | int] = []
        self._open: set[int] = set()

    def form(self, value: Any) -> Any:
        """``value`` as MessagePack data and extensions. Raises Refused."""
        kind = type(value)
        if kind in _AS_IS or (kind is int and -(2**63) <= value < 2**64):
            return value
        if kind in SCALAR_WRITERS:
            code, write = SCALAR_WRITERS[kind]
            return msgspec.msgpack.Ext(code, write(value))
        self._enter(value)
        made = _FORMS.get(kind, _Walk._object)(self, value)
        self._open.remove(id(value))
        return made

    def where(self) -> str:
        """The way to the part the walk is at, such as ``value["a"][3]``."""
        return "value" + "".join(map(step, self._trail[:10])) + ("…" if len(self._trail) > 10 else "")

    def _enter(self, value: Any) -> None:
        if len(self._trail) >= MAX_DEPTH:
            raise Refused(TOO_DEEP)
        if id(value) in self._open:
            raise Refused("a container that contains itself")
        self._open.add(id(value))

    def _list(self, value: list[Any]) -> Any:
        return self._each(enumerate(value))

    def _sequence(self, value: Iterable[Any]) -> Any:
        return msgspec.msgpack.Ext(_SEQUENCES[type(value)], _pack(self._each(enumerate(value))))

    def _dict(self, value: dict[Any, Any]) -> Any:
        if _TEXT_ONLY.issuperset(map(type, value)):
            return dict(zip(value, self._each(value.items()), strict=True))
        keys = self._each(enumerate(value))
        return msgspec.msgpack.Ext(DICT, _pack([keys, self._each(enumerate(value.values()))]))

    def _object(self, value: Any) -> Any:
        shape = shape_of(type(value))
        if shape is None:
            raise Refused(_refusal(type(value)))
        fields = shape.take(value)
        forms = dict(zip(fields, self._each((f".{name}", item) for name, item in fields.items()), strict=True))
        return msgspec.msgpack.Ext(OBJECT, _pack([shape.path, shape.fingerprint, forms]))

    def _each(self, steps: Iterable[tuple[str | int, Any]]) -> list[Any]:
        trail, forms = self._trail, []
        trail.append(0)
        for step, item in steps:
            trail[-1] = step
            forms.append(item if type(item) in _AS_IS else self.form(item))
        trail.pop()
        return forms


# Few calls per level, because Python's own limit of calls comes sooner than MAX_DEPTH otherwise.
_FORMS: dict[type, Callable[[_Walk, Any], Any]] = {
    list: _Walk._list,
    dict: _Walk._dict,
    **dict.fromkeys(_SEQUENCES, _Walk._sequence),
}


def step(at: str | int) -> str:
    """One step of the way to a part of a value, as an error shows it."""
    if isinstance(at, int):
        return f"[{at}]"
    if at.startswith("."):
        return at
    return f'["{at}"]' if len(at) <= 40 and at.isprintable() else "[…]"


def _refusal(kind: type) -> str:
    name = f"a {kind.__qualname__}" if kind.__module__ == "builtins" else f"a {kind.__module__}.{kind.__qualname__}"
    return f"{name}, which would not come back the same; {_advice(kind)}"


def _advice(kind: type) -> str:
    if kind in (bytearray, memoryview):
        return "store bytes(…) of it"
    if kind is complex:
        return "store its parts as a tuple"
    for base in (str, bytes, int, float, list, dict, tuple, set, frozenset):
        if issubclass(kind, base):
            return f"store {base.__name__}(…) of it"
    if hasattr(kind, "__next__") or kind is range:
        return "store list(…) of it"
    return "store plain data, or make it a dataclass of plain data"
