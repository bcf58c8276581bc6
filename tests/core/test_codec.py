"""What is written comes back as the same value of the same type, or is refused; foreign bytes give one error."""

import dataclasses
import itertools
import math
import os
import signal
import subprocess
import sys
import typing
import zoneinfo
from collections import Counter, OrderedDict, defaultdict
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_kit import Color, Doubling, Level, Order, Pair, Part, Point, Right, Row, Word, same, values

from unicache._core.records.codec import BYTES, MAX_DEPTH, MAX_VALUE, RICH, TEXT, declare, decode, encode
from unicache._core.records.codec.forms import OBJECT
from unicache.errors import ValueFormatError


def through(value: typing.Any) -> typing.Any:
    return decode(*encode(value))


@given(values)
def test_every_value_comes_back_the_same(value: typing.Any) -> None:
    assert same(through(value), value)


def test_the_helper_tells_apart_what_equality_does_not() -> None:
    for one, other in itertools.permutations([1, True, 1.0, Decimal(1), Level.LOW], 2):
        assert not same([one], [other])
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not same(0.0, -0.0)
    assert not same([1], [1, 2])
    assert not same(datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")))


EDGES = [
    None, True, 0, -1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400, math.inf, -0.0, math.nan, "", b"",
    "\0", [], {}, (),
    set(), frozenset(), {1: "a"}, {True: 1}, {1.0: 1}, {None: 1}, {(1, 2): [3]}, {b"k": 1}, {"a": 1, 2: 3},
    [[], [[]]], Decimal("-0.00"), Decimal("sNaN123"), Decimal("1E+400"), Decimal("-Infinity"), UUID(int=0), date.min,
    date.max,
    datetime.max, time(23, 59, 59, 999999, fold=1), timedelta.min, timedelta.max,
    timezone(timedelta(hours=1), "X").utcoffset(None),
    datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    time(1, tzinfo=timezone(timedelta(seconds=-1), "here")),
    Color.CRIMSON, Level.LOW, Word.YES, Right.READ | Right.WRITE, Order(1, [Point({1})]), Row(first_name=(1,)),
    Part(1, (2,)), Pair({3}),
]  # fmt: skip


@pytest.mark.parametrize("value", EDGES, ids=repr)
def test_an_edge_value_comes_back_the_same(value: typing.Any) -> None:
    assert same(through(value), value)
    assert same(through([{"k": value}]), [{"k": value}])


def test_the_form_of_a_value_is_these_bytes_in_every_release() -> None:
    assert encode("é") == (TEXT, b"\xc3\xa9")
    assert encode(b"\xff") == (BYTES, b"\xff")
    assert encode({"a": [1, None]}) == (RICH, bytes.fromhex("81 a161 92 01 c0"))
    assert encode((1,)) == (RICH, bytes.fromhex("d5 02 91 01"))
    assert encode(2**64) == (RICH, bytes.fromhex("c7 09 01 010000000000000000"))
    assert (RICH, BYTES, TEXT, OBJECT) == (1, 2, 3, 6)


def test_an_object_is_put_together_without_running_its_code() -> None:
    stored = Doubling(1)
    assert stored.number == 2
    assert through(stored).number == 2


def test_a_cached_property_is_left_out_and_computed_again() -> None:
    order = Order(1, [1, 2])
    assert order.size == 2
    assert "size" not in vars(through(order))


def test_a_class_defined_again_takes_the_place_of_the_former() -> None:
    def define(default: int) -> typing.Any:
        @dataclasses.dataclass
        class Local:
            x: int = default

        return Local

    first, second = define(1), define(2)
    data = encode(first())
    assert type(decode(*data)) is first
    encode(second())
    assert same(type(decode(*data)), second)
    assert decode(*data).x == 1


def test_a_stored_object_with_other_fields_is_refused() -> None:
    old = dataclasses.make_dataclass("Changed", [("a", int)])
    data = encode(old(1))
    declare(dataclasses.make_dataclass("Changed", [("a", int), ("b", int, 2)]))
    with pytest.raises(ValueFormatError, match="other fields"):
        decode(*data)


class Text(str):
    __slots__ = ()


class Zone(tzinfo):
    pass


class Bag(dict[str, int]):
    pass


@dataclasses.dataclass
class Hybrid(dict[str, int]):
    x: int = 1


class Loose(Pair):
    pass


def changed(value: typing.Any, **attributes: typing.Any) -> typing.Any:
    vars(value).update(attributes)
    return value


def without_number() -> Order:
    order = Order(1)
    del order.number
    return order


REFUSED = [
    (1j, "complex", "tuple"), (bytearray(b"x"), "bytearray", "bytes"), (memoryview(b"x"), "memoryview", "bytes"),
    (Text("x"), "Text", "str("), (Bag(), "Bag", "dict("), (OrderedDict(), "OrderedDict", "dict("),
    (Counter(), "Counter", "dict("),
    (defaultdict(list), "defaultdict", "dict("), ((item for item in ()), "generator", "list("),
    (iter([1]), "iterator", "list("),
    (range(3), "range", "list("), (len, "builtin_function", "dataclass"), (lambda: 1, "function", "dataclass"),
    (object(), "object", "dataclass"),
    (Order, "type", "dataclass"), (..., "ellipsis", "dataclass"), (ValueError("x"), "ValueError", "dataclass"),
    (Hybrid(), "Hybrid", "dict("),
    (changed(Order(1), extra=1), "Order", "extra"), (changed(Loose(1), extra=1), "Loose", "extra"),
    (without_number(), "number", "not set"),
    ("\ud800", "surrogates", "encode"), (datetime(1, 1, 1, tzinfo=Zone()), "Zone", "zoneinfo"),
    (msgspec.UNSET, "Unset", "dataclass"),
    (msgspec.Raw(b"\x01"), "Raw", "dataclass"), (msgspec.msgpack.Ext(1, b""), "Ext", "dataclass"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "name", "advice"), REFUSED, ids=lambda part: part if isinstance(part, str) else "")
def test_what_would_come_back_different_is_refused_with_advice(value: typing.Any, name: str, advice: str) -> None:
    for outer in (value, [1, value], {"k": value}, (value,), Pair(value), {"k": [value, {1}]}):
        with pytest.raises(ValueFormatError) as caught:
            encode(outer)
        assert name in str(caught.value)
        assert advice in str(caught.value)
        assert caught.value.__context__ is None


def test_a_time_zone_read_from_a_file_is_refused_for_its_name_does_not_tell_its_rules() -> None:
    source = next(path for root in zoneinfo.TZPATH if (path := Path(root, "Europe/Berlin")).exists())
    with source.open("rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file, key="Europe/Berlin")
    with pytest.raises(ValueFormatError, match="ZoneInfo"):
        encode(datetime(2020, 1, 1, tzinfo=zone))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [0, 0, 0, 1j]}, 'value["a"][3]'),
        ({"a": Order(1, lines=(0, 1j))}, 'value["a"].lines[1]'),
        ([{"x" * 41: 1j}], "value[0][…]"),
        ({1: 0, 2: 1j}, "value[1]"),
        (1j, "value"),
    ],
)
def test_a_refusal_says_where(value: typing.Any, where: str) -> None:
    with pytest.raises(ValueFormatError) as caught:
        encode(value)
    assert str(caught.value).startswith(f"cannot store {where}: a complex")


def nested(depth: int, inner: typing.Any, wrap: typing.Callable[[typing.Any], typing.Any]) -> typing.Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"k": v}, lambda v: (v,), lambda v: {1: v}, Part, Pair])
def test_nesting_is_bounded(wrap: typing.Callable[[typing.Any], typing.Any]) -> None:
    assert type(through(nested(MAX_DEPTH, 1, wrap))) is type(wrap(1))
    with pytest.raises(ValueFormatError, match="levels of nesting"):
        encode(nested(MAX_DEPTH + 1, 1, wrap))


def test_a_caller_deep_in_calls_gets_the_one_error_too() -> None:
    def deep(calls: int, task: typing.Callable[[], typing.Any]) -> typing.Any:
        return deep(calls - 1, task) if calls else task()

    value = nested(MAX_DEPTH, 1, lambda inner: (inner,))
    data = encode(value)
    room = sys.getrecursionlimit() - 300
    with pytest.raises(ValueFormatError, match="calls left"):
        deep(room, lambda: encode(value))
    with pytest.raises(ValueFormatError, match="RecursionError"):
        deep(room, lambda: decode(*data))


def test_a_container_in_itself_is_refused() -> None:
    plain: list[typing.Any] = []
    plain.append(plain)
    rich: list[typing.Any] = [{1}]
    rich += [rich, rich]
    for value, reason in ((plain, "levels of nesting"), (rich, "contains itself")):
        with pytest.raises(ValueFormatError, match=reason):
            encode(value)


def test_a_shared_part_is_not_taken_for_a_cycle() -> None:
    shared = {1}
    assert through([shared, shared]) == [shared, shared]


def test_size_is_bounded_before_anything_is_read() -> None:
    with pytest.raises(ValueFormatError, match="bytes"):
        decode(BYTES, bytes(MAX_VALUE + 1))
    assert len(decode(BYTES, bytes(MAX_VALUE))) == MAX_VALUE


SECRET = [
    {"secret": "secret"},
    ("secret", {1: b"secret"}),
    Order("secret", {"secret"}),
    datetime(2020, 1, 1, tzinfo=UTC),
    Decimal("0.5"),
]


def one_error(codec: int, data: bytes) -> None:
    """Decode to some value or to ValueFormatError, never to anything else, and never with the data in the error."""
    try:
        decode(codec, data)
    except ValueFormatError as error:
        shown, context = str(error), error.__context__
    else:
        return
    assert "secret" not in shown
    assert context is None


def test_bytes_cut_anywhere_are_refused() -> None:
    data = encode(SECRET)[1]
    for end in range(len(data)):
        with pytest.raises(ValueFormatError) as caught:
            decode(RICH, data[:end])
        assert "secret" not in str(caught.value)


def test_flipped_bits_give_a_value_or_the_one_error() -> None:
    data = encode(SECRET)[1]
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        one_error(RICH, bytes(flipped))


@given(st.binary(max_size=60), st.integers(0, 127))
def test_foreign_bytes_give_a_value_or_the_one_error(data: bytes, code: int) -> None:
    extension = msgspec.msgpack.encode(msgspec.msgpack.Ext(code, data))
    for codec, payload in itertools.product((RICH, BYTES, TEXT), (data, extension)):
        one_error(codec, payload)


@given(values, st.integers(1, 12))
def test_a_forged_extension_gives_a_value_or_the_one_error(value: typing.Any, code: int) -> None:
    codec, payload = encode([value])
    one_error(codec, msgspec.msgpack.encode(msgspec.msgpack.Ext(code, payload)))


@pytest.mark.parametrize("codec", [0, 4, 255])
def test_an_unknown_codec_is_refused(codec: int) -> None:
    with pytest.raises(ValueFormatError, match="codec"):
        decode(codec, b"\x01")


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x91" * 200_000,
        b"\x81\xa1k" * 200_000,
        *(code + b"\xff" * 4 for code in (b"\xdd", b"\xdf", b"\xc6")),
        b"\1\1",
        b"",
    ],
    ids=["lists", "dicts", "long list", "long dict", "long bytes", "trailing", "empty"],
)
def test_a_bomb_is_refused(bomb: bytes) -> None:
    with pytest.raises(ValueFormatError):
        decode(RICH, bomb)


def test_a_bomb_of_extensions_is_refused() -> None:
    bomb = b"\x01"
    for _ in range(2_000):
        bomb = msgspec.msgpack.encode(msgspec.msgpack.Ext(2, b"\x91" + bomb))
    with pytest.raises(ValueFormatError):
        decode(RICH, bomb)


CROSSING = [
    "2**80", "(1, 'x', (b'y',))", "frozenset({1})", "{1: 'a', None: 2}", "Decimal('1.10')", "UUID(int=7)",
    "date(2020, 2, 29)",
    "datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo('Europe/Berlin'))", "datetime(2020, 1, 1, tzinfo=UTC)",
    "timedelta(-1, 5)", "time(1, 2)", "[True, 1, 1.0, float('nan'), 'x', b'x']", "'text'", "b'bytes'",
]  # fmt: skip
IMPORTS = """
import sys
from datetime import *
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo
from unicache._core.records.codec import declare, decode, encode
"""
SHOP = "import dataclasses\n@dataclasses.dataclass\nclass Order:\n    number: int\n"


def in_another_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + code],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_another_process_reads_the_same_values() -> None:
    names: dict[str, typing.Any] = {}
    exec(IMPORTS, names)  # noqa: S102 - the same sources on both sides
    stored = [(source, *encode(eval(source, names))) for source in CROSSING]  # noqa: S307
    code = (
        f"for source, codec, data in {stored!r}:\n    assert repr(decode(codec, data)) == repr(eval(source)), source\n"
    )
    out = in_another_process(code + "print('same')")
    assert out == "same\n"


def test_another_process_needs_the_class_declared_and_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    write = "import shop; print(repr(encode([shop.Order(7)])))"
    data = in_another_process(write, PYTHONPATH=str(tmp_path)).strip()
    read = (
        f"try: decode(*{data})\nexcept ValueError as error: print(error)\n"
        f"assert 'shop' not in sys.modules\nimport shop\ndeclare(list[shop.Order])\nprint(decode(*{data}))"
    )
    assert in_another_process(read, PYTHONPATH=str(tmp_path)).splitlines() == [
        "stored value is a shop.Order, which this process has not declared: read it with type=…",
        "[Order(number=7)]",
    ]


class Struck(Exception):
    """What a signal's handler raises, as a worker's time limit does."""


@dataclasses.dataclass(frozen=True)
class Struckable:
    """While an alarm is set, hashing it is the moment at which the signal strikes."""

    name: str

    def __hash__(self) -> int:
        if signal.getsignal(signal.SIGALRM) is _strike:
            signal.raise_signal(signal.SIGALRM)
        return hash(self.name)


def _strike(_: int, __: object) -> None:
    raise Struck


@pytest.fixture
def struck() -> typing.Iterator[None]:
    before = signal.signal(signal.SIGALRM, _strike)
    yield
    signal.signal(signal.SIGALRM, before)


STORED = encode({Struckable("a")})


def test_what_a_signals_handler_raises_while_a_value_is_decoded_goes_through(struck: None) -> None:
    with pytest.raises(Struck):
        decode(*STORED)


def test_what_a_signals_handler_raises_while_a_type_is_described_goes_through(struck: None) -> None:
    class Annotated:
        __annotations__ = {"name": "hash(Struckable('a'))"}

    with pytest.raises(Struck):
        declare(dataclasses.dataclass(Annotated))


class Angry(msgspec.Struct):
    calm: bool

    def __post_init__(self) -> None:
        if not self.calm:
            raise Struck


def test_a_post_init_that_refuses_what_is_stored_makes_it_no_value() -> None:
    angry = Angry(calm=True)
    angry.calm = False
    with pytest.raises(ValueFormatError, match=r"refused by its __post_init__ \(Struck\)"):
        decode(*encode(angry))
