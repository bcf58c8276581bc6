"""Typed reads: a value is exactly what ``type=`` says, or the read is refused."""

import dataclasses
import enum
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.records.codec import check, declare, decode, encode, learn, objects
from unicache.errors import InvalidArgument, ValueFormatError

T = typing.TypeVar("T")


class Color(enum.Enum):
    RED = "red"


class Rate(enum.Enum):
    HALF = 0.5
    PAIR = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass(frozen=True)
class Line:
    price: float
    color: Color = Color.RED


@dataclasses.dataclass
class Order:
    number: int
    lines: list[Line] = dataclasses.field(default_factory=list)
    parent: "Order | None" = None

    def __post_init__(self) -> None:
        if self.number == 13:
            raise ValueError("secret")


class Row(msgspec.Struct, rename="camel"):
    first_name: str
    age: int = 0


@attrs.frozen
class Part:
    code: str


class Pair(typing.NamedTuple):
    left: int
    right: str = ""


class Patch(typing.TypedDict, total=False):
    number: typing.Required[int]
    price: float


@dataclasses.dataclass
class Box(typing.Generic[T]):
    content: T


class Urgent(Order):
    pass


Positive = typing.Annotated[int, msgspec.Meta(gt=0)]
Aware = typing.Annotated[datetime, msgspec.Meta(tz=True)]
Few = typing.Annotated[list[int], msgspec.Meta(max_length=2)]

RIGHT = [
    (None, None), (None, int | None), (5, int), (2**80, int), (True, bool), (0.5, float), ("x", str), (b"x", bytes),
    ([1], list),
    ([1, 2], list[int]), ({"a": [1]}, dict[str, list[int]]), ({}, dict), ((1, "a"), tuple[int, str]),
    ((1, 2), tuple[int, ...]), ((), tuple),
    ({1}, set[int]), (frozenset(), frozenset[str]), (date(2020, 1, 1), date),
    (datetime(2020, 1, 1, tzinfo=UTC), Aware),
    (UUID(int=1), UUID), (Decimal(1), Decimal), (Color.RED, Color), ([Color.RED, None], list[Color | None]),
    (Level.LOW, Level),
    (Order(1, [Line(1.5)], Order(2)), Order), ({"a": Order(1)}, dict[str, Order]), (Row("x"), Row),
    (Part("x"), Part), (Pair(1), Pair),
    ([Pair(1, "x")], list[Pair]), ({"number": 1}, Patch), (Box(1), Box[int]), (Box("x"), Box), (Urgent(1), Order),
    ("a", typing.Literal["a", 1]),
    (1, Positive), ([1], Few), ({"k": object}, typing.Any), ({"k": [{1}]}, dict[str, object]), ([1], Sequence[int]),
    ({"a": 1}, Mapping[str, int]),
    (b"x", bytes | str), ("x", str | datetime), (Order(1), Line | Order), (Row("x"), Part | Row), ((1,), list | tuple),
    (Rate.PAIR, Rate), ([Rate.HALF, "x"], list[Rate | str]),
    (1, float | int), ({1: "a"}, dict[int, str]), (5, typing.Annotated[int, ["unhashable"]]),
]  # fmt: skip

WRONG = [
    ("false", bool), (1, bool), ([], dict), (None, dict), (None, int), (True, int), (1.0, int), ("1", int),
    (b"x", str), ("eA==", bytes),
    ("2020-01-01", date), (datetime(2020, 1, 1), date), ((1,), list), ([1], tuple), ([1], tuple[int]),
    ((1,), tuple[int, int]), ([1], set),
    ({1}, frozenset), ([1, True], list[int]), ([1, "x"], list[int]), ({"a": "1"}, dict[str, int]),
    ({"1": 1}, dict[int, int]),
    ({1: "a"}, dict[str, str]), (True, float), (2**53 + 1, float), ("red", Color), (Color.RED, str), (1, Level),
    (Level.LOW, int),
    (datetime(2020, 1, 1), Aware), (0, Positive), ([1, 2, 3], Few), (True, typing.Literal[1]),
    ("b", typing.Literal["a"]), ("5", Decimal),
    (5, Decimal), ({"number": "1"}, Order), ({}, Order),
    ({"number": 1, "other": 1}, Order), ({"number": 13}, Order),
    ({"number": 1, "lines": [{"price": 1.0, "color": "red"}]}, Order),
    (Order("1"), Order), (Order(1, [Line("x")]), Order), ([1, "x"], Pair), ((1, "x"), Pair), ({"left": 1}, Pair),
    (Pair("x"), Pair),
    ({"first_name": "x"}, Row), ({"price": 1.0}, Patch), ({"number": 1, "more": 1}, Patch), ({"number": "1"}, Patch),
    (Box("x"), Box[int]),
    (1, bytes | str), ("2020-01-01", date | datetime), (Row("x"), Line | Order), ({1}, list | tuple), (0.5, Rate),
    (Order(1), dict), (Row("x"), Order), ("x", int | None), (1.5, int | str), (Order(1), Urgent), ({"code": 5}, Part),
]  # fmt: skip


@pytest.mark.parametrize(("value", "wanted"), RIGHT, ids=repr)
def test_a_right_value_comes_back_unchanged(value: typing.Any, wanted: typing.Any) -> None:
    assert check(value, wanted, "k") is value


@pytest.mark.parametrize(("value", "wanted"), WRONG, ids=repr)
def test_a_wrong_value_is_refused(value: typing.Any, wanted: typing.Any) -> None:
    with pytest.raises(ValueFormatError) as caught:
        check(value, wanted, "the key")
    assert caught.value.key == "the key"
    assert f"the stored value is a {type(value).__qualname__}" in str(caught.value)
    assert caught.value.__context__ is None


def exactly(one: typing.Any, other: typing.Any) -> bool:
    return repr(one) == repr(other)


@pytest.mark.parametrize(
    ("value", "wanted", "result"),
    [
        (1, float, 1.0),
        ([1, None], list[float | None], [1.0, None]),
        ([1, 0.5], list[float], [1.0, 0.5]),
        ({1}, set[float], {1.0}),
        ((1, 1), tuple[int, float], (1, 1.0)),
        ({1: 1, 2: 2}, dict[int, float], {1: 1.0, 2: 2.0}),
        ({1: "a"}, dict[float, str], {1.0: "a"}),
        ({"price": 1, "number": 1}, Patch, {"price": 1.0, "number": 1}),
        (Line(1), Line, Line(1.0)),
        (Order(1, [Line(1)]), Order, Order(1, [Line(1.0)])),
        ({"number": 1}, Order, Order(1)),
        ({"number": 1, "lines": [{"price": 2}]}, Order, Order(1, [Line(2.0)])),
        ([{"firstName": "x"}], list[Row], [Row("x")]),
        ({"code": "x"}, Part, Part("x")),
        ({"content": 1}, Box[int], Box(1)),
    ],
    ids=repr,
)
def test_what_loses_nothing_is_converted(value: typing.Any, wanted: typing.Any, result: typing.Any) -> None:
    assert exactly(check(value, wanted, "k"), result)


@pytest.mark.parametrize(
    "wanted",
    [
        complex,
        object(),
        42,
        "int",
        list[complex],
        dict[str, range],
        msgspec.Raw,
        bytearray,
        typing.Callable[[], int],
        typing.Annotated[int, msgspec.Meta(pattern="x")],
        bytes | str | range,
    ],
    ids=lambda wanted: getattr(wanted, "__name__", type(wanted).__name__),
)
def test_a_type_that_cannot_be_checked_is_an_invalid_argument(wanted: typing.Any) -> None:
    for call in (lambda: check(1, wanted, "k"), lambda: declare(wanted)):
        with pytest.raises(InvalidArgument) as caught:
            call()
        assert caught.value.argument == "type"


@dataclasses.dataclass
class Loose:
    """What msgspec cannot describe: a field that can be many things, and an argument that is no field."""

    rates: typing.Iterable[Rate]
    extra: dataclasses.InitVar[int] = 0
    more: "list[Loose] | None" = None


@pytest.mark.parametrize("wanted", [Loose, dict[str, list[Loose] | None], typing.Annotated[Loose, "marked"]], ids=str)
def test_the_classes_in_a_type_that_cannot_be_checked_are_learnt_all_the_same(
    wanted: typing.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = [Loose([Rate.HALF]), Loose([], more=[Loose([])])]
    stored = encode(value)
    monkeypatch.setattr(objects, "_shapes", {})
    with pytest.raises(ValueFormatError):
        decode(*stored)
    with pytest.raises(InvalidArgument):
        declare(wanted)
    learn(wanted)
    assert decode(*stored) == value


class Invoice(pydantic.BaseModel):
    number: int
    day: date
    customer: str = pydantic.Field(default="nobody", max_length=5)


def test_a_pydantic_model_is_made_of_a_dict_by_its_own_rules() -> None:
    stored = {"number": 1, "day": date(2024, 1, 1)}
    assert check(stored, Invoice) == Invoice(number=1, day=date(2024, 1, 1))
    assert check([stored], list[Invoice] | None)[0].customer == "nobody"
    declare(dict[str, Invoice])


@pytest.mark.parametrize(
    "value",
    [
        {"number": "1", "day": date(2024, 1, 1)},
        {"number": 1, "day": "2024-01-01"},
        {"number": 1},
        {"number": 1, "day": date(2024, 1, 1), "customer": "secret"},
        ["secret"],
        None,
    ],
    ids=repr,
)
def test_what_no_pydantic_model_is_made_of_is_refused(value: typing.Any) -> None:
    with pytest.raises(ValueFormatError, match="Invoice") as caught:
        check(value, Invoice, "k")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_error_names_types_and_never_the_value() -> None:
    with pytest.raises(ValueFormatError) as caught:
        check([Order(1), Order("secret")], list[Order], "k")
    assert "secret" not in str(caught.value)
    assert "str where int is expected" in str(caught.value)
    for value, wanted in (
        ({"secret": 1}, Order),
        ({"number": 13}, Order),
        ("secret", typing.Literal["a"]),
        ("secret", Color),
    ):
        with pytest.raises(ValueFormatError) as caught:
            check(value, wanted, "k")
        assert "secret" not in str(caught.value)


def test_declaring_a_type_makes_every_class_in_it_readable() -> None:
    def define() -> tuple[type, type]:
        @dataclasses.dataclass
        class Leaf:
            n: int

        return Leaf, dataclasses.make_dataclass(
            "Tree", [("leaves", dict[str, list[Leaf | None]])], namespace={"__module__": __name__}
        )

    leaf, tree = define()
    data = encode(tree({"a": [leaf(1)]}))
    other_leaf, other_tree = define()  # the same paths, as in another process
    declare(list[other_tree | None])
    read = decode(*data)
    assert type(read) is other_tree
    assert type(read.leaves["a"][0]) is other_leaf
    declare(tree)
    assert type(decode(*data)) is tree


def test_a_type_that_contains_itself_can_be_declared_and_checked() -> None:
    chain = Order(1, [], Order(2, [], Order(3)))
    assert check(chain, Order, "k") is chain
    with pytest.raises(ValueFormatError):
        check(Order(1, [], Order(2, [], Order("3"))), Order, "k")


def test_a_chain_too_long_to_be_checked_is_refused() -> None:
    chain = None
    for number in range(100, 1_100):
        chain = Order(number, [], chain)
    with pytest.raises(ValueFormatError, match="too deeply"):
        check(chain, Order, "k")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists, max_leaves=8
    )
)
def test_a_value_passes_as_its_own_scalar_type_and_as_no_other(value: typing.Any) -> None:
    for wanted in (None, bool, int, float, str, bytes, list, dict, tuple, set, date, Decimal):
        kind = type(None) if wanted is None else wanted
        if type(value) is kind:
            assert check(value, wanted, "k") is value
        elif not (type(value) is int and wanted is float):
            with pytest.raises(ValueFormatError):
                check(value, wanted, "k")
