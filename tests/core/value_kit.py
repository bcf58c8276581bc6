"""Values of all kinds that can be stored, by the thousand, and whether two are the same to the last type."""

import dataclasses
import enum
import functools
import operator
import typing
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal

import attrs
import msgspec
from hypothesis import strategies as st

__all__ = [
    "Color",
    "Doubling",
    "Level",
    "Order",
    "Pair",
    "Part",
    "Point",
    "Right",
    "Row",
    "Word",
    "hashables",
    "same",
    "values",
]


class Color(enum.Enum):
    RED = 1
    CRIMSON = RED
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1


class Word(enum.StrEnum):
    YES = "yes"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Order:
    number: typing.Any
    lines: typing.Any = ()

    @functools.cached_property
    def size(self) -> int:
        return len(self.lines)


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: typing.Any
    y: typing.Any = dataclasses.field(default=0, init=False)


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    first_name: typing.Any


class Doubling(msgspec.Struct):
    number: int

    def __post_init__(self) -> None:
        self.number *= 2


@attrs.frozen
class Part:
    code: typing.Any
    _private: typing.Any = None


class Pair(typing.NamedTuple):
    left: typing.Any
    right: typing.Any = None


def same(one: typing.Any, other: typing.Any) -> bool:
    """Whether the two are the same value, with the same types at every depth and in the same order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (set, frozenset)):
        return len(one) == len(other) and all(any(same(item, match) for match in other) for item in one)
    parts = parts_of(one)
    if parts is not None:
        return len(parts) == len(parts_of(other)) and all(map(same, parts, parts_of(other)))
    return bool(_EXACTLY.get(type(one), operator.eq)(one, other))


_EXACTLY: dict[type, typing.Callable[[typing.Any, typing.Any], bool]] = {
    float: lambda one, other: one.hex() == other.hex(),
    Decimal: lambda one, other: one.as_tuple() == other.as_tuple(),
    datetime: lambda one, other: repr(one) == repr(other),
    time: lambda one, other: repr(one) == repr(other),
    Color: operator.is_,
}


def parts_of(value: typing.Any) -> typing.Any:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, (Order, Point, Row, Part)):
        names = [field.name for field in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else None
        names = (
            names or getattr(value, "__struct_fields__", None) or [field.name for field in attrs.fields(type(value))]
        )
        return [getattr(value, name) for name in names]
    return None


zones = st.none() | st.timezones() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
hashable_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.datetimes(timezones=zones, allow_imaginary=True),
    st.times(timezones=zones),
    st.dates(),
    st.timedeltas(),
    st.uuids(),
    st.sampled_from([*Color, *Level, *Word, *Right, Right.READ | Right.WRITE, Right(0)]),
)
scalars = hashable_scalars | st.decimals()
hashables = st.recursive(
    hashable_scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(inner, max_size=3),
        st.builds(Part, inner, inner),
        st.builds(Pair, inner, inner),
        st.builds(Point, inner),
    ),
    max_leaves=5,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=4),
        st.dictionaries(hashables, inner, max_size=4),
        st.sets(hashables, max_size=4),
        st.builds(Order, inner, inner),
        st.builds(Row, first_name=inner),
    ),
    max_leaves=12,
)
