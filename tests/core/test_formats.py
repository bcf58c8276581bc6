"""The codecs a cache can have: what each writes comes back the same, or is refused; none reads more than is its own."""

import dataclasses
import math
import typing

import pytest
from hypothesis import given
from value_kit import Color, Order, Pair, Part, same, values

from unicache._core.records.codec import BYTES, JSON, PICKLE, RICH, TEXT, Format, decode, encode, format_of
from unicache._core.records.codec.fingerprint import fingerprint
from unicache.errors import ConfigurationError, ValueFormatError


class Reversed:
    """A codec of the application: text, from back to front."""

    id = 32

    def encode(self, value: str) -> bytes:
        return value[::-1].encode()

    def decode(self, data: bytes) -> str:
        return data.decode()[::-1]


def through(form: Format, value: typing.Any) -> typing.Any:
    codec, payload = form.write(value)
    return decode(codec, payload, form.readers)


@given(values)
@pytest.mark.parametrize("name", ["msgpack", "json", "raw", "pickle"])
def test_every_value_comes_back_the_same_through_every_codec_or_is_refused(name: str, value: typing.Any) -> None:
    form = format_of(name)
    try:
        codec, payload = form.write(value)
    except ValueFormatError as error:
        assert name != "msgpack"
        assert error.__context__ is None  # noqa: PT017 - both outcomes are right
    else:
        assert same(decode(codec, payload, form.readers), value)


FOR_JSON = [
    None, True, False, 0, -1, 2**63, 2**200, -(2**70), 0.5, -0.0, 1e16, 5e-324, 1.7976931348623157e308, "",
    "żółć \u2028", [], {}, [[], {}], {"a": [1, {"b": None}]}, {"": ""},
]  # fmt: skip


@pytest.mark.parametrize("value", FOR_JSON, ids=repr)
def test_what_json_can_tell_is_stored_as_json(value: typing.Any) -> None:
    assert format_of("json").write(value)[0] == JSON
    assert same(through(format_of("json"), value), value)


@pytest.mark.parametrize(
    ("value", "where", "what"),
    [
        ((1, 2), "value", "tuple"),
        ({"a": [1, (2,)]}, 'value["a"][1]', "tuple"),
        ({1: "a"}, "value", "key that is a int"),
        ([{None: 1}], "value[0]", "key that is a NoneType"),
        ({True: 1}, "value", "key that is a bool"),
        ([1.0, math.nan], "value[1]", "not finite"),
        ({"x": -math.inf}, 'value["x"]', "not finite"),
        ([b"x"], "value[0]", "bytes"),
        ({1}, "value", "set"),
        (Color.RED, "value", "Color"),
        (Order(1), "value", "Order"),
        (Pair(1), "value", "Pair"),
    ],
    ids=repr,
)
def test_json_changes_nothing_in_silence(value: typing.Any, where: str, what: str) -> None:
    with pytest.raises(ValueFormatError) as caught:
        format_of("json").write(value)
    assert str(caught.value).startswith(f"cannot store as JSON {where}: a ")
    assert what in str(caught.value)
    assert caught.value.__context__ is None


def nested(depth: int) -> typing.Any:
    value: typing.Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [nested(201), nested(5_000), "\ud800", ["\ud800"], 10**5000],
    ids=["201", "5000", "text", "in", "digits"],
)
def test_json_refuses_what_is_too_deep_too_long_or_no_text(value: typing.Any) -> None:
    with pytest.raises(ValueFormatError, match=r"levels of nesting|surrogates|digits"):
        format_of("json").write(value)
    assert through(format_of("json"), nested(200)) == nested(200)


def test_json_is_what_others_can_read() -> None:
    assert format_of("json").write({"name": "Ann", "visits": [1, 2.5, None]}) == (
        JSON,
        b'{"name":"Ann","visits":[1,2.5,null]}',
    )


def test_raw_stores_the_bytes_themselves() -> None:
    assert format_of("raw").write(b"\x00\xff") == (BYTES, b"\x00\xff")
    assert format_of("raw").write("é") == (TEXT, b"\xc3\xa9")
    for value in (1, None, [b"x"], bytearray(b"x"), Color.RED):
        with pytest.raises(ValueFormatError, match="stores str and bytes"):
            format_of("raw").write(value)


def test_a_codec_of_ones_own_writes_and_reads() -> None:
    assert format_of(Reversed()).write("abc") == (32, b"cba")
    assert through(format_of(Reversed()), "abc") == "abc"


class Odd:
    id = 33

    def __init__(self, result: typing.Any = None) -> None:
        self._result = result

    def encode(self, value: typing.Any) -> typing.Any:
        if self._result is None:
            raise LookupError("secret")
        return self._result

    decode = encode


@pytest.mark.parametrize("codec", [Odd(), Odd("text"), Odd(bytearray(b"x"))])
def test_what_ones_own_codec_does_wrong_is_a_refusal(codec: Odd) -> None:
    with pytest.raises(ValueFormatError, match="Odd cannot encode") as caught:
        format_of(codec).write("secret")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_what_ones_own_codec_cannot_decode_is_one_error() -> None:
    with pytest.raises(ValueFormatError, match="Odd cannot decode") as caught:
        decode(33, b"secret", format_of(Odd()).readers)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("codec", [0, 4, PICKLE, 32, 128, 255])
def test_a_codec_that_was_not_given_is_not_tried(codec: int) -> None:
    with pytest.raises(ValueFormatError, match=f"codec {codec}"):
        decode(codec, b"\x01", format_of("msgpack").readers)


@pytest.mark.parametrize("name", ["msgpack", "json", "raw"])
def test_every_cache_reads_what_executes_nothing(name: str) -> None:
    for other in ("msgpack", "json", "raw"):
        codec, payload = format_of(other).write("text")
        assert decode(codec, payload, format_of(name).readers) == "text"


def test_of_several_codecs_the_first_writes_and_all_are_read() -> None:
    form = format_of(["json", Reversed(), "pickle"])
    assert form.write("abc")[0] == JSON
    for codec, payload in (form.write("abc"), (32, b"cba"), format_of("pickle").write("abc")):
        assert decode(codec, payload, form.readers) == "abc"


def test_only_pickle_is_trusting() -> None:
    assert format_of(["msgpack", "pickle"]).trusting
    assert not format_of(["msgpack", "json", "raw", Reversed()]).trusting


def with_id(number: typing.Any) -> typing.Any:
    codec = Odd(b"")
    codec.id = number
    return codec


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("jsn", "'json', 'msgpack', 'pickle', 'raw', or a codec of your own, not 'jsn'"),
        ([], "not none"),
        (None, "an object with id, encode and decode"),
        (object(), "an object with id, encode and decode"),
        ([with_id(33), Odd(b"")], "two codecs with one id"),
        (with_id(31), "from 32 to 127"),
        (with_id(128), "from 32 to 127"),
        (with_id(33.0), "from 32 to 127"),
        (with_id("33"), "from 32 to 127"),
    ],
)
def test_what_is_no_codec_is_told(given: typing.Any, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        format_of(given)
    assert told in str(caught.value)


# Classes that change


def made(**fields: type) -> typing.Any:
    kind = dataclasses.make_dataclass("Changing", fields.items())
    kind.__module__, kind.__qualname__ = __name__, "Changing"
    globals()["Changing"] = kind
    return kind


@pytest.mark.parametrize("name", ["msgpack", "pickle"])
def test_a_class_that_changed_is_refused_in_both_directions(name: str) -> None:
    form = format_of(name)
    versions: list[dict[str, type]] = [{"a": int}, {"a": int, "b": int}, {"b": int}, {"a": str}]
    for old in versions:
        kind = made(**old)
        codec, payload = form.write([kind(*[1 for _ in old])])
        for new in versions:
            form.write(made(**new)(*[1 for _ in new]))  # known here from now on
            if new == old:
                decode(codec, payload, form.readers)
            else:
                with pytest.raises(ValueFormatError, match="other fields"):
                    decode(codec, payload, form.readers)


@pytest.mark.parametrize("name", ["msgpack", "pickle"])
def test_a_hit_computes_no_fingerprint(name: str) -> None:
    form = format_of(name)
    stored = form.write([Part(1), Part(2)])
    before = fingerprint.cache_info().misses
    for _ in range(10):
        decode(*stored, form.readers)
    assert fingerprint.cache_info().misses == before


def test_the_ids_are_these_in_every_release() -> None:
    assert (RICH, BYTES, TEXT, JSON, PICKLE) == (1, 2, 3, 8, 9)
    assert encode(Part("x")) != encode(Part("y"))
