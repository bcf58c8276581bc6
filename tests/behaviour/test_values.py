"""What is written comes back as the same value of the same type, here and elsewhere, or is refused at once."""

import enum
import math
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pydantic
import pytest
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import InvalidArgument, ValueFormatError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


Point = namedtuple("Point", ["x", "y"])


@dataclass(frozen=True)
class Line:
    text: str
    price: Decimal
    colours: list[Colour] = field(default_factory=list)


class Order(msgspec.Struct):
    number: int
    lines: list[Line]


@attrs.define
class Customer:
    name: str
    since: date


class Row(TypedDict):
    number: int


VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**200),
    0.1,
    -0.0,
    math.inf,
    5e-324,
    "",
    "żółć 🐍\r\n\0",
    b"",
    b"\x00\xff\r\n",
    [],
    {},
    (),
    set(),
    frozenset(),
    [1, [2, [None, True, 1.0, "1", b"1"]]],
    {"a": {"b": [{"c": None}]}},
    {1: "int", "1": "text", (2, 3): "tuple", None: "none"},
    (1, (2, [3])),
    {1, "1", b"1", (1, 2)},
    frozenset({1, 2}),
    datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC),
    datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Warsaw")),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    datetime(2024, 1, 1),
    date(1970, 1, 1),
    time(23, 59, 59, 999999),
    timedelta(days=-1, microseconds=1),
    Decimal("1.10"),
    Decimal("-0"),
    UUID("12345678-1234-5678-1234-567812345678"),
    Colour.RED,
    Size.SMALL,
    Rights.READ | Rights.WRITE,
    Point(1, 2),
    Line("book", Decimal("9.90"), [Colour.BLUE]),
    Order(7, [Line("pen", Decimal(1))]),
    Customer("Ada", date(1815, 12, 10)),
]


KINDS = [type(value) if type(value).__module__ == __name__ else None for value in VALUES]
"""The classes that a process must name in a read when it did not write them."""


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(map(type, left)) == list(map(type, right)) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, datetime):
        return (left, left.fold, str(left.tzinfo)) == (right, right.fold, str(right.tzinfo))
    if isinstance(left, set | frozenset):
        return left == right and set(map(type, left)) == set(map(type, right))
    return bool(left == right and str(left) == str(right))


async def written(cache: Cache, values: list[Any]) -> None:
    for number, value in enumerate(values):
        await cache.set(str(number), value)


async def read(cache: Cache, kinds: list[Any]) -> list[Any]:
    return [await cache.get(str(number), type=kind) for number, kind in enumerate(kinds)]


async def test_every_value_comes_back_with_its_type(cache: Cache) -> None:
    await written(cache, VALUES)
    for number, value in enumerate(VALUES):
        assert same(await cache.get(str(number)), value), value


async def test_every_value_comes_back_in_another_process_and_flavour(cache: Cache, elsewhere: Any) -> None:
    await written(cache, VALUES)
    for found, value in zip(elsewhere(read, KINDS), VALUES, strict=True):
        assert same(found, value), value


async def test_every_value_written_in_another_process_comes_back_here(cache: Cache, elsewhere: Any) -> None:
    elsewhere(written, VALUES)
    for found, value in zip(await read(cache, KINDS), VALUES, strict=True):
        assert same(found, value), value


async def test_nan_stays_nan(cache: Cache) -> None:
    await cache.set("k", [math.nan])
    assert math.isnan((await cache.get("k"))[0])


class Text(str):
    """A subclass, which would come back as its base."""

    __slots__ = ()


class Plain:
    """A class of no particular kind."""


def rows() -> Iterator[int]:
    yield 1


REFUSED: list[Any] = [
    object(),
    Plain(),
    Plain,
    lambda: None,
    rows(),
    range(3),
    bytearray(b"x"),
    memoryview(b"x"),
    1j,
    Text("x"),
    {"deep": [{"deeper": Plain()}]},
    "\ud800",
    ["\ud800"],
]


async def test_what_would_not_come_back_is_refused_when_it_is_written(cache: Cache) -> None:
    for value in REFUSED:
        with pytest.raises(ValueFormatError):
            await cache.set("k", value)
        assert await cache.exists("k") is False


async def test_a_container_that_contains_itself_is_refused(cache: Cache) -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ValueFormatError):
        await cache.set("k", ring)


async def test_a_refusal_says_where_and_shows_no_value(cache: Cache) -> None:
    with pytest.raises(ValueFormatError) as caught:
        await cache.set("k", {"password": "topsecret", "list": [1, Plain()]})
    assert 'value["list"][1]' in str(caught.value)
    assert "topsecret" not in str(caught.value)


async def test_a_typed_read_gives_what_was_asked_for(cache: Cache) -> None:
    await cache.set("order", Order(1, []))
    assert await cache.get("order", type=Order) == Order(1, [])
    await cache.set("row", {"number": 1})
    assert await cache.get("row", type=Row) == {"number": 1}
    await cache.set("list", [1, 2])
    assert await cache.get("list", type=list[int]) == [1, 2]
    assert await cache.get("list", type=list[int] | None) == [1, 2]
    assert (await cache.entry("list", type=list[int])).value == [1, 2]


async def test_a_plain_dict_is_read_as_the_class_it_fits(cache: Cache) -> None:
    await cache.set("k", {"name": "Ada", "since": date(1815, 12, 10)})
    assert await cache.get("k", type=Customer) == Customer("Ada", date(1815, 12, 10))


class Product(pydantic.BaseModel):
    name: str
    prices: list[Decimal]


class Basket(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")

    products: dict[str, Product] = {}
    note: str | None = None
    _seen: int = pydantic.PrivateAttr(0)


def basket() -> Basket:
    made = Basket(products={"pen": Product(name="pen", prices=[Decimal("1.10")])}, colour="red")
    made._seen = 3
    return made


async def set_basket(cache: Cache) -> None:
    await cache.set("k", [basket()])


async def test_a_pydantic_model_comes_back_whole_in_another_process(cache: Cache, elsewhere: Any) -> None:
    elsewhere(set_basket)
    [found] = await cache.get("k", type=list[Basket])
    assert found == basket()  # pydantic compares classes, fields, extras, private attributes and what was set
    assert (found.model_fields_set, found.model_extra, found._seen) == ({"products", "colour"}, {"colour": "red"}, 3)


async def test_a_plain_dict_is_read_as_the_pydantic_model_it_fits(cache: Cache) -> None:
    product = Product(name="pen", prices=[Decimal("1.10")])
    await cache.set("k", product.model_dump())
    assert await cache.get("k", type=Product) == product
    await cache.set("k", {"name": "pen", "prices": ["1.10"]})
    with pytest.raises(ValueFormatError):
        await cache.get("k", type=Product)


WRONG: list[tuple[Any, Any]] = [
    ("false", bool),
    ([], dict),
    (None, dict),
    ((1,), list),
    (True, int),
    (1, bool),
    ("1", int),
    (b"x", str),
    ("x", bytes),
    ([1, "2"], list[int]),
    ({"number": "1"}, Row),
    ({"number": 1, "more": 2}, Row),
    (0, None.__class__),
]


async def test_a_typed_read_of_something_else_raises_and_names_the_key(cache: Cache) -> None:
    for value, wanted in WRONG:
        await cache.set("k", value)
        with pytest.raises(ValueFormatError) as caught:
            await cache.get("k", type=wanted)
        assert caught.value.key == "k", (value, wanted)


async def test_a_type_that_cannot_be_checked_is_refused(cache: Cache) -> None:
    await cache.set("k", 1)
    with pytest.raises(InvalidArgument) as caught:
        await cache.get("k", type=Iterator[int])
    assert caught.value.argument == "type"


async def test_foreign_bytes_are_refused_on_a_read_and_left_alone(cache: Cache, stage: Stage, observer: Valkey) -> None:
    name = f"{stage.namespace}:k"
    observer.set(name, b"not ours")
    for read_it in (cache.get, cache.entry, cache.exists):
        with pytest.raises(ValueFormatError) as caught:
            await read_it("k")
        assert caught.value.key == "k"
        assert "not ours" not in str(caught.value)
    assert observer.get(name) == b"not ours"


async def test_foreign_structures_are_refused_on_a_read(cache: Cache, stage: Stage, observer: Valkey) -> None:
    observer.rpush(f"{stage.namespace}:k", "x")
    with pytest.raises(ValueFormatError) as caught:
        await cache.get("k")
    assert caught.value.key == "k"


async def test_a_large_value_comes_back(cache: Cache) -> None:
    value = {"blob": b"x" * 3_000_000, "text": "y" * 1_000_000}
    await cache.set("k", value)
    assert await cache.get("k") == value
