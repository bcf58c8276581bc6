"""Whether a value is what a reader asked for with ``type=``.

msgspec describes the type; the comparison is done here, because ``msgspec.convert`` coerces even when strict (a tuple
to a list, ``1.0`` to ``1``, a list to a set) and does not take an Enum member for what it is. Two conversions lose
nothing and are allowed: an int where a float is expected, and a dict where a dataclass, Struct or pydantic model is. A
value that is right already comes back as the same object.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from operator import is_
from types import NoneType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import inspect

from unicache._core.records.codec.objects import shape_of
from unicache._core.records.codec.wanted import describe, name_of, origin
from unicache.errors import ValueFormatError

__all__ = ["check"]

_EXACT: dict[type[inspect.Type], type] = {
    inspect.NoneType: NoneType,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.BytesType: bytes,
    inspect.DateTimeType: datetime,
    inspect.DateType: date,
    inspect.TimeType: time,
    inspect.TimeDeltaType: timedelta,
    inspect.DecimalType: Decimal,
    inspect.UUIDType: UUID,
}
_UNLIMITED = {kind: kind() for kind in _EXACT}
_LIMITS = frozenset({"gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "tz"})
_COLLECTIONS: dict[type[inspect.Type], type] = {
    inspect.ListType: list,
    inspect.SetType: set,
    inspect.FrozenSetType: frozenset,
    inspect.VarTupleType: tuple,
}


class _Mismatch(Exception):
    """What was expected and what was found instead: by type, never by value."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(f"{type(value).__qualname__} where {expected} is expected")


def check(value: Any, wanted: Any, key: str | None = None) -> Any:
    """``value`` as a ``wanted``, such as ``list[Order]`` or ``int | None``; ``key`` is for the error.

    Raises ValueFormatError when it is something else, InvalidArgument when ``wanted`` is no type that can be checked.
    """
    try:
        return _read(describe(wanted), value)
    except _Mismatch as mismatch:
        problem = str(mismatch)
    except RecursionError:
        problem = "nested too deeply to be checked here"
    stored = type(value).__qualname__
    raise ValueFormatError(f"expected {name_of(wanted)}, but the stored value is a {stored} ({problem})", key=key)


def _read(description: inspect.Type, value: Any) -> Any:
    return _RULES[type(description)](description, value)


def _anything(_: inspect.Type, value: Any) -> Any:
    return value


def _custom(description: inspect.CustomType, value: Any) -> Any:
    """``object`` takes anything; a model of pydantic's is made of plain data, by its own rules, coercing nothing."""
    kind: Any = description.cls
    if kind is object:
        return value
    try:
        return kind.model_validate(value, strict=True)
    except ValueError:  # the model's own error shows the value
        expected = f"what {name_of(kind)} is made of"
    raise _Mismatch(expected, value)


def _scalar(description: inspect.Type, value: Any) -> Any:
    """The very type, no subclass: a bool is no int, a datetime no date."""
    kind = _EXACT[type(description)]
    if type(value) is not kind:
        raise _Mismatch(kind.__qualname__, value)
    if description != _UNLIMITED[type(description)]:
        _limit(description, kind, value)
    return value


def _float(description: inspect.Type, value: Any) -> Any:
    if type(value) is int and abs(value) <= 2**53:  # beyond that, not every int has its float
        value = float(value)
    return _scalar(description, value)


def _limit(description: inspect.Type, kind: Any, value: Any) -> None:
    """Refuse what breaks the limits set with ``msgspec.Meta``, by msgspec's own judgement."""
    names = _LIMITS.intersection(description.__struct_fields__)
    limits = {name: getattr(description, name) for name in names if getattr(description, name) is not None}
    if limits and not _converts(value, Annotated[kind, msgspec.Meta(**limits)]):
        raise _Mismatch(f"a {kind.__qualname__} within its limits", value)


def _converts(value: Any, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _literal(description: inspect.LiteralType, value: Any) -> Any:
    if not any(type(value) is type(choice) and value == choice for choice in description.values):
        raise _Mismatch("one of the literals", value)
    return value


def _member(description: inspect.EnumType, value: Any) -> Any:
    if not isinstance(value, description.cls):
        raise _Mismatch(name_of(description.cls), value)
    return value


def _union(description: inspect.UnionType, value: Any) -> Any:
    """The first alternative that takes the value as it is, else the first that takes it at all."""
    taken = []
    for option in description.types:
        try:
            taken.append(_read(option, value))
        except _Mismatch:
            continue
        if taken[-1] is value:
            return value
    if not taken:
        raise _Mismatch("one of several types", value)
    return taken[0]


def _collection(description: Any, value: Any) -> Any:
    kind = _COLLECTIONS[type(description)]
    if type(value) is not kind:
        raise _Mismatch(kind.__qualname__, value)
    _limit(description, kind, value)
    items = _all(description.item_type, value)
    return value if items is value else kind(items)


def _all(description: inspect.Type, items: Any) -> Any:
    """Every item read; ``items`` itself when none had to be changed. Plain scalars are settled at C speed."""
    rule = type(description)
    if rule is inspect.AnyType:
        return items
    if rule in _EXACT and description == _UNLIMITED[rule] and {_EXACT[rule]}.issuperset(map(type, items)):
        return items
    made = [_read(description, item) for item in items]
    return items if all(map(is_, made, items)) else made


def _tuple(description: inspect.TupleType, value: Any) -> Any:
    if type(value) is not tuple or len(value) != len(description.item_types):
        raise _Mismatch(f"a tuple of {len(description.item_types)}", value)
    made = tuple(map(_read, description.item_types, value))
    return value if all(map(is_, made, value)) else made


def _dict(description: inspect.DictType, value: Any) -> Any:
    if type(value) is not dict:
        raise _Mismatch("dict", value)
    _limit(description, dict, value)
    items = value.values()
    keys, values = _all(description.key_type, value), _all(description.value_type, items)
    return value if keys is value and values is items else dict(zip(keys, values, strict=True))


def _typed_dict(description: inspect.TypedDictType, value: Any) -> Any:
    if type(value) is not dict:
        raise _Mismatch("dict", value)
    made = _named(description, value)
    return value if all(made[name] is value[name] for name in value) else {name: made[name] for name in value}


def _object(description: Any, value: Any) -> Any:
    kind = origin(description.cls)
    if isinstance(value, kind):
        return _checked(description, value)
    if type(value) is dict and not issubclass(kind, tuple):
        return _made(description, kind, value)
    raise _Mismatch(name_of(description.cls), value)


def _checked(description: Any, value: Any) -> Any:
    """An instance whose fields are what they are declared to be."""
    held = {field.name: getattr(value, field.name) for field in description.fields}
    read = {field.name: _read(field.type, held[field.name]) for field in description.fields}
    shape = shape_of(type(value))
    if shape is None or all(map(is_, held.values(), read.values())):
        return value
    return shape.build({**shape.take(value), **read})


def _made(description: Any, kind: type, value: dict[Any, Any]) -> Any:
    """An instance from a plain dict, by the class's own constructor, so that its defaults and checks apply."""
    read = _named(description, value)
    names = {field.encode_name: field.name for field in description.fields}
    try:
        return kind(**{names[stored]: item for stored, item in read.items()})
    except (TypeError, ValueError):
        expected = f"what {name_of(description.cls)} is made of"
    raise _Mismatch(expected, value)


def _named(description: Any, value: dict[Any, Any]) -> dict[Any, Any]:
    """The items of a dict, read by the fields they are named after; none may be missing or left over."""
    fields = {field.encode_name: field for field in description.fields}
    required = {name for name, field in fields.items() if field.required}
    if not required <= value.keys() <= fields.keys():
        raise _Mismatch(f"a dict of exactly the fields of {name_of(description.cls)}", value)
    return {name: _read(fields[name].type, item) for name, item in value.items()}


_RULES: dict[type[inspect.Type], Callable[[Any, Any], Any]] = {
    **dict.fromkeys(_EXACT, _scalar),
    **dict.fromkeys(_COLLECTIONS, _collection),
    inspect.FloatType: _float,
    inspect.AnyType: _anything,
    inspect.CustomType: _custom,
    inspect.Metadata: lambda description, value: _read(description.type, value),
    inspect.LiteralType: _literal,
    inspect.EnumType: _member,
    inspect.UnionType: _union,
    inspect.TupleType: _tuple,
    inspect.DictType: _dict,
    inspect.TypedDictType: _typed_dict,
    inspect.NamedTupleType: _object,
    inspect.DataclassType: _object,
    inspect.StructType: _object,
}
