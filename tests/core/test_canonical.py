"""Canonical bytes: one value, one encoding, in every process; two values, two encodings."""

import dataclasses
import enum
import functools
import hashlib
import itertools
import os
import re
import subprocess
import sys
import threading
import types
import typing
from collections import Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from pathlib import Path, PurePosixPath, PureWindowsPath
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.keys.canonical import DEEPEST, digest, encode, encode_self
from unicache.errors import InvalidArgument


class Colour(enum.Enum):
    RED = 1
    GREEN = 2
    ALSO_RED = 1  # noqa: PIE796 - an alias is meant


class Size(enum.IntEnum):
    ONE = 1


class Name(enum.StrEnum):
    ONE = "1"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: object
    y: object = 0


@dataclasses.dataclass(slots=True)
class Slotted:
    x: object
    y: object = 0


class Point3(Point):
    z = 0


class Struct(msgspec.Struct):
    x: object
    y: object = 0


@attrs.define
class Attrs:
    x: object
    y: object = 0


Pair = namedtuple("Pair", "x y")


class Keyed:
    def __init__(self, key):
        self.key = key

    def __cache_key__(self):
        return self.key


class KeyedToo(Keyed):
    pass


class Text(str):
    __slots__ = ()

    def encode(self, *_):
        raise AssertionError("the text is asked for its bytes in its own way")


class Money(int):
    pass


class Cents(int):
    pass


class Ordered(OrderedDict):
    pass


class Rows(list):
    pass


class Plain:
    def __init__(self, **attributes):
        vars(self).update(attributes)

    @functools.cached_property
    def doubled(self):
        return object()


class Other(Plain):
    pass


class WithSlots:
    __slots__ = ("__private", "a")

    def __init__(self, a, private):
        self.a = a
        self.__private = private


def euros(amount, currency="EUR"):
    money = Money(amount)
    money.currency = currency
    return money


def nested(depth, value=0):
    for _ in range(depth):
        value = [value]
    return value


BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2024, 7, 1, 12, 30, 15, 250)

DISTINCT = [
    *[
        None,
        True,
        False,
        0,
        1,
        -1,
        10**5000,
        -(10**5000),
        0.0,
        -0.0,
        1.0,
        -1.0,
        float("inf"),
        float("-inf"),
        float("nan"),
    ],
    *[1j, 1 + 0j, complex(0.0, -0.0), complex(float("nan"), 0)],
    *[
        "",
        "1",
        "None",
        "True",
        "é",
        "e\u0301",
        "\ud800",
        "\udfff",
        "?",
        "\ud83d\ude00",
        "😀",
        "\0",
        b"",
        b"1",
        b"\xc3\xa9",
        b"\0",
    ],
    *[(), (1,), ((1,),), ((), ()), (1, 2), (2, 1), ("ab", "c"), ("a", "bc"), ("a b", "c"), ("a", "b c"), (1, (2, 3))],
    *[
        ((1, 2), 3),
        [],
        [1],
        [True],
        ["1"],
        [[]],
        [1, 2],
        {},
        {1: 2},
        {2: 1},
        {True: 2},
        {"1": 2},
        {1: {2: 3}},
        {(1, 2): 3},
    ],
    *[set(), {1}, {True}, {1, 2}, frozenset(), frozenset({1}), frozenset({1, 2}), {frozenset({1})}, {frozenset()}],
    *[OrderedDict(), OrderedDict(a=1, b=2), OrderedDict(b=2, a=1), {"a": 1, "b": 2}, defaultdict(int), Counter("a")],
    *[Colour.RED, Colour.GREEN, Size.ONE, Name.ONE, Right.READ, Right.READ | Right.WRITE, Right(0)],
    *[NOON, NOON.replace(fold=1), NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=ZoneInfo("UTC")), NOON.time()],
    *[NOON.replace(tzinfo=BERLIN), NOON.replace(tzinfo=ZoneInfo("Europe/Paris")), NOON.replace(microsecond=251)],
    *[NOON.replace(tzinfo=timezone(timedelta(hours=2))), NOON.replace(tzinfo=timezone(timedelta(hours=2), "X"))],
    NOON.replace(tzinfo=timezone(timedelta(hours=3), "X")),
    *[time(1), time(1, fold=1), time(1, tzinfo=UTC), time(1, tzinfo=BERLIN), date(2024, 7, 1), date(2024, 7, 2)],
    *[timedelta(0), timedelta(1), timedelta(seconds=1), timedelta(microseconds=1), timedelta(-1), timedelta(1, 1, 1)],
    *[Decimal(1), Decimal("1.0"), Decimal("-0"), Decimal(0), Decimal("1E+5"), Decimal(100000), Decimal("NaN")],
    *[Decimal("sNaN"), Decimal("NaN1"), Decimal("Infinity"), Decimal("-Infinity"), UUID(int=0), UUID(int=1)],
    *[
        Path("a"),
        PurePosixPath("a"),
        PureWindowsPath("a"),
        PurePosixPath("A"),
        PurePosixPath("a/b"),
        PurePosixPath("a\udc80"),
    ],
    *[int, str, dict, Point, Colour, Struct, enum.EnumMeta, OrderedDict, type],
    *[
        Point(1),
        Point(x=True),
        Point(1, 1),
        Slotted(1),
        Struct(1),
        Struct(2),
        Attrs(1),
        Attrs(2),
        Pair(1, 2),
        Pair(2, 1),
    ],
    *[
        Keyed(1),
        Keyed("1"),
        Keyed((1,)),
        Keyed(Keyed(1)),
        KeyedToo(1),
        Cents(1),
        Ordered(a=1, b=2),
        Ordered(b=2, a=1),
        Text("1"),
        Money(1),
        euros(1),
        euros(1, "USD"),
        Rows([1]),
        Rows(),
    ],
]


def test_different_values_have_different_bytes_and_none_begins_another():
    codes = sorted(encode(value) for value in DISTINCT)
    assert not [pair for pair in itertools.pairwise(codes) if pair[1].startswith(pair[0])]


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, Point, Struct, Attrs, Keyed])
def test_they_differ_at_any_depth(wrap):
    assert len({encode(wrap(wrap(value))) for value in DISTINCT}) == len(DISTINCT)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"x", "y", "z"}, {"z", "y", "x"}),
        (float("nan"), -float("nan")),
        (Colour.RED, Colour.ALSO_RED),
        (Point(1), Point(x=1, y=0)),
        (Right.READ | Right.WRITE, Right.WRITE | Right.READ),
        (10**30, 10**30 + 0),
    ],
)
def test_the_same_value_has_the_same_bytes(one, same):
    assert encode(one) == encode(same)


def test_the_encoding_is_that_of_all_earlier_releases():
    value = (None, True, 255, -1, 1.0, "é", b"\0", [{"b": {2, 1}, "a": Decimal("1.50")}], date(2024, 7, 1), UUID(int=7))
    assert encode(value[:6]) == b"(6:NTiff;i-1;f\x3f\xf0\0\0\0\0\0\0s2:\xc3\xa9"
    assert digest(encode(value)) == "8fb5fd8fc30b6489789f15a47d3b9b56"


def test_a_subclass_is_read_past_its_own_methods():
    assert encode(Text("a")) != encode("a")
    assert b"s1:a" in encode(Text("a"))


def test_a_decimal_does_not_depend_on_the_context():
    before = encode(Decimal("1E+5"))
    with localcontext() as context:
        context.capitals = 0
        context.prec = 1
        assert encode(Decimal("1E+5")) == before


def test_a_field_that_was_never_set_differs_from_every_value():
    point = Point(1)
    del point.y, point.x
    assert encode(point) != encode(Point(None, None))


def test_a_cache_key_stands_for_its_object_before_all_other_rules():
    class Order(dict):
        def __cache_key__(self):
            return self["id"]

    assert encode(Order(id=1, note="a")) == encode(Order(id=1, note="b")) != encode(Order(id=2))


NO_VALUES = [object(), bytearray(b"a"), memoryview(b"a"), range(3), slice(1), ..., NotImplemented, iter([]), sys.stdout]
FUNCTIONS = [len, euros, lambda: 1, functools.partial(euros, 1), Plain.__init__, Plain().__init__, os, (_ for _ in ())]
OBJECTS = [Exception("x"), deque([1]), UserDict(), threading.local(), Plain(a=1), Point3(1), re.match("a", "a")]
CLASSES = [list[int], int | str, type(None), type("Made", (), {}), type("Plain", (), {"__module__": __name__})]


@pytest.mark.parametrize("value", [*NO_VALUES, *FUNCTIONS, *OBJECTS, *CLASSES], ids=lambda value: type(value).__name__)
def test_what_has_no_canonical_form_is_refused_at_any_depth(value):
    for wrap in (lambda v: v, lambda v: [v], lambda v: {"k": v}, lambda v: {1: (v,)}, Point, Keyed):
        with pytest.raises(InvalidArgument):
            encode(wrap(value))


def test_the_error_names_the_type_and_says_what_to_do():
    with pytest.raises(InvalidArgument) as caught:
        encode([Plain(owner="hunter2")])
    message = str(caught.value)
    assert message.startswith(f"{__name__}.Plain has no canonical form")
    assert "__cache_key__()" in message
    assert "ignore=" in message
    assert "hunter2" not in message


def test_a_subclass_of_a_moment_is_refused_for_what_it_may_add():
    class Stamp(datetime):
        pass

    with pytest.raises(InvalidArgument, match="Stamp has no canonical form"):
        encode(Stamp(2024, 1, 1))


def test_nesting_is_bounded():
    encode(nested(DEEPEST))
    for wrap in (lambda v: [v], lambda v: (v,), lambda v: {"k": v}, Point, Keyed, lambda v: Rows([v])):
        value = nested(DEEPEST)
        with pytest.raises(InvalidArgument, match="deeper than 100"):
            encode(wrap(value))


def test_what_contains_itself_is_refused():
    ring, table, point, keyed = [], {}, Point(1), Keyed(1)
    ring.append(ring)
    table["self"] = table
    point.x = point
    keyed.key = keyed
    for value in (ring, table, point, keyed):
        with pytest.raises(InvalidArgument, match="contains itself"):
            encode(value)


def test_a_plain_object_is_its_class_and_its_attributes():
    assert encode_self(Plain(a=1, b=2)) == encode_self(Plain(b=2, a=1))
    instances = [Plain(), Plain(a=1), Plain(a=True), Plain(b=1), Other(), Other(a=1), WithSlots(1, 2), WithSlots(2, 1)]
    assert len({encode_self(instance) for instance in instances}) == len(instances)


def test_what_was_computed_from_the_attributes_changes_nothing():
    used, fresh = Plain(a=1), Plain(a=1)
    assert used.doubled is used.doubled
    assert encode_self(used) == encode_self(fresh)


def test_an_object_with_a_canonical_form_keeps_it_as_self():
    for value in [Point(1), Struct(1), Attrs(1), Keyed(1), Colour.RED, Money(1), Rows([1]), 5, "a", int]:
        assert encode_self(value) == encode(value)


def test_a_local_class_may_be_what_a_method_is_bound_to():
    class Shop:
        pass

    assert encode_self(Shop) != encode_self(Plain)
    assert encode_self(Shop()) != encode_self(Plain())
    with pytest.raises(InvalidArgument, match="cannot be imported"):
        encode(Shop)


def test_a_generic_or_undecorated_class_is_plain():
    item = typing.TypeVar("item")

    class Box(typing.Generic[item]):
        pass

    class Space(types.SimpleNamespace):
        pass

    assert encode_self(Box()) == encode_self(Box())
    assert encode_self(Space(a=1)) != encode_self(Space(a=2))
    assert encode_self(Point3(1)) != encode_self(Point3(2))


def test_a_self_whose_state_is_out_of_sight_is_refused():
    for base in (deque, threading.local, Exception):
        with pytest.raises(InvalidArgument, match="Hidden has no canonical form"):
            encode_self(type("Hidden", (base,), {})())


def test_a_self_whose_attributes_are_not_canonical_is_refused_with_the_reason():
    with pytest.raises(
        InvalidArgument, match=r"the attributes of .*Plain are not canonical: object has no canonical"
    ) as caught:
        encode_self(Plain(connection=object()))
    assert "__cache_key__()" in str(caught.value)


def test_a_digest_is_blake2b():
    assert digest(b"abc") == hashlib.blake2b(b"abc", digest_size=16).hexdigest()
    assert len(digest(b"", 8)) == 16


PROGRAM = """
from enum import Enum
from unicache._core.keys.canonical import digest, encode, encode_self
class Kind(Enum):
    A = object()
class Shop:
    def __init__(self):
        self.names = {"x", "y", "z"}
words = [chr(97 + i) * (i + 1) for i in range(20)]
value = [set(words), dict.fromkeys(words, {1.5, "a", b"a", None}), Kind.A, Kind, {(w, frozenset(words)) for w in words}]
print(*set(words))
print(digest(encode(value)), digest(encode_self(Shop())))
"""


def test_two_processes_with_different_hash_seeds_agree():
    (order, *digests), (other_order, *other_digests) = (run_with_seed(seed) for seed in ("1", "2"))
    assert order != other_order
    assert digests == other_digests != []


def run_with_seed(seed):
    env = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, check=True, capture_output=True)
    return done.stdout.splitlines()


def shape(value):
    """What makes a value this value and no other, made without the code under test."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, tuple(map(shape, value))
    if kind in (set, frozenset):
        return kind, frozenset(map(shape, value))
    if kind is dict:
        return kind, frozenset((shape(key), shape(item)) for key, item in value.items())
    if kind is float:
        return kind, value.hex()
    if kind is Point:
        return kind, shape(value.x), shape(value.y)
    return kind, value


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2) | st.integers(),
    st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf")]) | st.floats(),
    st.text(alphabet="01:;(is\0é", max_size=3),
    st.binary(max_size=2) | st.sampled_from([b"1", b"i1;", b"s1:1"]),
)
hashables = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=4
)
values = st.recursive(
    hashables | st.sets(hashables, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(hashables, inner, max_size=3)
        | st.builds(Point, inner, inner)
    ),
    max_leaves=6,
)


@given(st.lists(values, min_size=2, max_size=20))
def test_the_bytes_are_equal_exactly_when_the_values_are_down_to_their_types(many):
    shapes = [shape(value) for value in many]
    codes = [encode(value) for value in many]
    assert len(set(codes)) == len(set(shapes)) == len(set(zip(codes, shapes, strict=True)))


@given(values, values)
def test_parts_put_side_by_side_stay_apart(one, other):
    if shape(one) != shape(other):
        assert not encode(one).startswith(encode(other))
        assert encode((one, other)) != encode((other, one))
