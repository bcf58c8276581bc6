"""Keys of calls: one call, one key, however it is spelled; two calls, two keys."""

import enum
import functools
import inspect
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.keys.binding import Binder, default_prefix
from unicache.errors import ConfigurationError, InvalidArgument


def binder(function, key=None, ignore=(), version=None, **options):
    return Binder(function, key=key, ignore=ignore, version=version, **options)


def key_of(bound, *args, **kwargs):
    return bound.key(args, kwargs)


def one(customerid): ...


def two(a, b=2): ...


def three(a, b, c): ...


def odd(a, b=2, /, c=3, *rest, d, e=5, **more): ...


def keywords(a, **more): ...


class Shop:
    def __init__(self, name):
        self.name = name

    def orders(self, a, b=2): ...


# The default key.


def test_the_default_key_is_the_name_of_the_function_and_a_digest():
    key = key_of(binder(one), 1)
    name, _, hexes = key.rpartition(":")
    assert name == f"{__name__}.one"
    assert len(bytes.fromhex(hexes)) == 16


def test_a_call_has_one_key_however_it_is_spelled():
    bound = binder(two)
    assert (
        len({bound.key((1, 2), {}), bound.key((1,), {"b": 2}), bound.key((), {"b": 2, "a": 1}), bound.key((1,), {})})
        == 1
    )


def test_arguments_differ_by_type_and_place_and_depth():
    bound = binder(two)
    calls = [
        (1,),
        (True,),
        (1.0,),
        ("1",),
        (b"1",),
        (None,),
        ([1],),
        ([True],),
        ((1,),),
        (1, 1),
        (1, None),
        (2, 1),
        ("a b", "c"),
        ("a", "b c"),
    ]
    assert len({bound.key(call, {}) for call in calls}) == len(calls)


def test_every_kind_of_parameter_takes_part():
    bound = binder(odd)
    calls = [
        ((1,), {"d": 4}),
        ((1,), {"d": 5}),
        ((1, 3), {"d": 4}),
        ((1, 2, 4), {"d": 4}),
        ((1, 2, 3, 4), {"d": 4}),
        ((1, 2, 3, 4, 5), {"d": 4}),
        ((1, 2, 3, (4, 5)), {"d": 4}),
        ((1,), {"d": 4, "e": 6}),
        ((1,), {"d": 4, "f": 6}),
        ((1,), {"d": 4, "a": 1}),  # positional-only a leaves the name free
        ((1,), {"d": 4, "f": 6, "g": 7}),
    ]
    assert len({bound.key(*call) for call in calls}) == len(calls)
    assert bound.key((1, 2, 3), {"e": 5, "d": 4}) == bound.key((1,), {"c": 3, "d": 4})
    assert bound.key((1,), {"d": 4, "f": 6, "g": 7}) == bound.key((1,), {"g": 7, "f": 6, "d": 4})


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (one, (), {}),
        (one, (1, 2), {}),
        (one, (1,), {"customerid": 1}),
        (one, (), {"customer": 1}),
        (two, (1, 2, 3), {}),
        (odd, (1,), {}),
        (odd, (), {"a": 1, "d": 4}),
        (Shop.orders, (), {}),
        (lambda: None, (1,), {}),
    ],
)
@pytest.mark.parametrize("form", ["default", "template"])
def test_a_wrong_call_raises_what_python_raises(function, args, kwargs, form):
    names = ":".join(f"{{{name}}}" for name in inspect.signature(function).parameters)
    if function.__name__ == "<lambda>":
        form = "template"  # a lambda has no name for a default key
    bound = binder(function) if form == "default" else binder(function, key=f"k:{names}")
    with pytest.raises(TypeError) as expected:
        function(*args, **kwargs)
    with pytest.raises(TypeError) as caught:
        bound.key(args, kwargs)
    assert str(caught.value) == str(expected.value)


def test_functions_have_keys_of_their_own():
    assert key_of(binder(one), 1) != key_of(binder(two), 1, None)
    assert key_of(binder(one), 1).startswith(default_prefix(one))
    assert key_of(binder(one), 1).split(":")[1] != key_of(binder(three), 1, 1, 1).split(":")[1]


def test_a_parameter_that_changes_places_changes_the_key():
    def share(a, b): ...

    before = binder(share)

    def share(b, a): ...

    assert key_of(before, 1, 2) != key_of(binder(share), 1, 2)


def test_versions_differ_by_type_and_value():
    versions = [None, 1, 2, "1", "", "None", -1]
    for key in (None, "n:{customerid}", lambda customerid: "k"):
        assert len({key_of(binder(one, key=key, version=version), 1) for version in versions}) == len(versions)


def test_the_signature_of_a_wrapped_function_binds():
    @functools.wraps(two)
    def wrapper(*args, **kwargs): ...

    assert key_of(binder(wrapper), 1) == key_of(binder(two), 1, b=2)


def test_a_local_function_has_a_default_key():
    def local(): ...

    assert key_of(binder(local)).startswith(f"{__name__}.test_a_local_function_has_a_default_key.<locals>.local:")


def test_a_nameless_function_needs_a_key():
    for function in (lambda a: a, functools.partial(two, 1)):
        with pytest.raises(ConfigurationError, match="give it one with key="):
            binder(function)
    assert key_of(binder(lambda a: a, key="double:{a}"), 2) == "double:2"
    assert key_of(binder(functools.partial(two, 1), key="two:{b}")) == "two:2"


def test_what_has_no_signature_is_refused():
    for function in (5, "text", type):
        with pytest.raises(ConfigurationError, match="signature"):
            binder(function)


def test_an_argument_without_canonical_form_is_refused_by_name():
    for bound in (binder(two), binder(two, key="n:{a}:{b}")):
        with pytest.raises(InvalidArgument, match=r"^b of two\(\) cannot be part of a key: object has no") as caught:
            key_of(bound, 1, b=object())
        assert caught.value.argument == "b"


def test_an_argument_that_meanwhile_has_a_canonical_form_is_refused_all_the_same():
    class Flickering:
        answers = iter([object(), 1])

        def __cache_key__(self):
            return next(self.answers)

    with pytest.raises(InvalidArgument, match="object has no canonical form"):
        key_of(binder(one), Flickering())


# Methods.


def test_a_method_is_bound_to_the_state_of_its_object():
    for key in (None, "orders:{self}:{a}:{b}"):
        bound = binder(Shop.orders, key=key, bound=True)
        assert key_of(bound, Shop("x"), 1) == key_of(bound, Shop("x"), a=1, b=2)
        assert key_of(bound, Shop("x"), 1) != key_of(bound, Shop("y"), 1)
        with pytest.raises(InvalidArgument, match=r"^self of Shop.orders"):
            key_of(bound, Shop(object()), 1)
        with pytest.raises(InvalidArgument, match=r"^a of Shop.orders"):
            key_of(bound, Shop("x"), Shop("y"))
    with pytest.raises(InvalidArgument, match="no canonical form"):
        key_of(binder(Shop.orders), Shop("x"), 1)


def test_self_may_be_ignored():
    bound = binder(Shop.orders, ignore=["self"], bound=True)
    assert key_of(bound, object(), 1) == key_of(bound, Shop("x"), 1)


# What is ignored, and what is refused at decoration.


@pytest.mark.parametrize("key", [None, "n:{a}:{c}"])
def test_an_ignored_parameter_is_ignored_however_it_is_passed(key):
    bound = binder(three, key=key, ignore=("b",))
    keys = {
        key_of(bound, 1, 2, 3),
        key_of(bound, 1, object(), 3),
        key_of(bound, 1, b=5, c=3),
        key_of(bound, c=3, b=6, a=1),
    }
    assert len(keys) == 1
    assert key_of(bound, 1, 2, 4) not in keys
    with pytest.raises(TypeError):
        key_of(bound, 1, c=3)


def test_a_name_among_the_keywords_may_be_ignored():
    bound = binder(keywords, ignore={"_dc"})
    assert key_of(bound, 1, x=2, _dc=3) == key_of(bound, 1, x=2) != key_of(bound, 1, x=3)
    assert key_of(bound, 1, _dcx=3) != key_of(bound, 1)
    assert key_of(binder(keywords, ignore={"more", "_dc"}), 1, x=2) == key_of(binder(keywords, ignore={"more"}), 1)
    assert key_of(binder(keywords, ignore={"a", "more", "x"}), 1) == key_of(
        binder(keywords, ignore={"a", "more", "x"}), 2
    )


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (one, {"ignore": ["costumerid"]}, "did you mean 'customerid'"),
        (three, {"ignore": ["zzz"]}, "it has a, b, c"),
        (lambda: 0, {"ignore": ["zzz"], "key": "k"}, "it has none"),
        (one, {"ignore": "customerid"}, "not one str"),
        (one, {"key": lambda customerid: "k", "ignore": ["customerid"]}, "no meaning beside a key function"),
        (one, {"key": 5}, "not int"),
        (one, {"key": b"k"}, "not bytes"),
        (one, {"version": 1.5}, "version must be .* not float"),
        (one, {"version": True}, "version must be .* not bool"),
        (one, {"key": "n:{costumerid}"}, "did you mean 'customerid'"),
        (
            one,
            {"key": "n"},
            r"differ in 'customerid' would share a key: put it in key= as \{customerid\}, or in ignore=",
        ),
        (one, {"key": ""}, "would share"),
        (lambda: 0, {"key": ""}, "it is empty"),
        (three, {"key": "n:{a}:{b}"}, "differ in 'c'"),
        (one, {"key": "n:{customerid}", "ignore": ["customerid"]}, "both in key= and in ignore="),
        (one, {"key": "n:{}"}, "only names"),
        (one, {"key": "n:{0}"}, "only names"),
        (one, {"key": "n:{customerid.x}"}, "only names"),
        (one, {"key": "n:{customerid[x]}"}, "only names"),
        (one, {"key": "n:{customerid!r}"}, "only names"),
        (one, {"key": "n:{customerid:>5}"}, "only names"),
        (one, {"key": "n:{customerid"}, "is not a template"),
        (one, {"key": "n:customerid}"}, "is not a template"),
        (two, {"key": "n:{a}{b}"}, "separator"),
        (two, {"key": "n:{a}x{b}"}, "separator"),
        (two, {"key": "n:{a}_{b}"}, "separator"),
        (two, {"key": "n:{a}%{b}"}, "separator"),
        (two, {"key": "n:{a}'{b}"}, "separator"),
        (two, {"key": "n:{a}~{b}"}, "marks a digest"),
        (two, {"key": "n~:{a}:{b}"}, "marks a digest"),
    ],
)
def test_a_wrong_decoration_is_refused_at_once(function, options, words):
    with pytest.raises(ConfigurationError, match=words):
        binder(function, **options)


# Templates.


class Status(enum.StrEnum):
    OPEN = "open"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ALFKI", "ALFKI"),
        (42, "42"),
        ("42", "'42"),
        (-1, "-1"),
        ("-1", "'-1"),
        (1.5, "1.5"),
        ("1.5", "'1.5"),
        (1e16, "1e%2B16"),
        ("1e+16", "'1e%2B16"),
        (float("-inf"), "-inf"),
        ("-inf", "'-inf"),
        ("nan", "'nan"),
        (None, "None"),
        ("None", "'None"),
        (True, "True"),
        ("True", "'True"),
        ("", "'"),
        ("'", "%27"),
        ("~", "%7E"),
        ("%41", "%2541"),
        ("a b:c", "a%20b%3Ac"),
        ("é", "%C3%A9"),
        ("\ud800", "%ED%A0%80"),
        ("10248-A", "10248-A"),
        ("bob@example.com", "bob@example.com"),
        ("bob@v1", "bob%40v1"),
        ("bob@", "bob%40"),
        ("nan\n", "nan%0A"),
    ],
)
def test_a_field_reads_as_its_value(value, text):
    assert key_of(binder(one, key="num_orders:{customerid}"), value) == f"num_orders:{text}"


def test_all_else_is_a_digest_behind_a_mark():
    bound = binder(one, key="n:{customerid}")
    values = [b"42", (42,), [42], Status.OPEN, 1 << 128, -(1 << 128), 10**5000, {"a": 1}, 1j]
    keys = {key_of(bound, value) for value in values}
    assert len(keys) == len(values)
    assert all(key.startswith("n:~") and len(key) == 3 + 32 for key in keys)


def test_a_separator_is_escaped_in_the_fields():
    bound = binder(two, key="{a}-{b}")
    assert key_of(bound, "a-b", -1) == "a%2Db-%2D1"
    assert key_of(bound, "a.b", 1.5) == "a.b-1.5"
    assert key_of(bound, 1e-05, "x") == "1e%2D05-x"


def test_doubled_braces_are_braces():
    assert key_of(binder(one, key="n{{{customerid}}}"), 1) == "n{1}"


def test_a_field_may_come_twice_and_a_template_need_not_have_any():
    assert key_of(binder(one, key="{customerid}:{customerid}"), 1) == "1:1"
    assert key_of(binder(lambda: 0, key="all")) == "all"


def test_the_version_stands_at_the_end():
    assert key_of(binder(one, key="n:{customerid}", version=3), "ALFKI") == "n:ALFKI@v3"
    assert key_of(binder(one, key="n:{customerid}", version="3"), "ALFKI") == "n:ALFKI@v'3"
    assert key_of(binder(one, key="n:{customerid}", version="a@v b"), "x") == "n:x@va%40v%20b"


def test_a_long_key_keeps_its_beginning():
    bound = binder(one, key="n:{customerid}", version=1)
    assert key_of(bound, "x" * 195) == "n:" + "x" * 195 + "@v1"
    long, longer = key_of(bound, "x" * 196), key_of(bound, "x" * 197)
    assert len(long) == len(longer) == 193
    assert long[:161] == longer[:161] == "n:" + "x" * 158 + "~"
    assert long != longer
    assert long != key_of(binder(one, key="n:{customerid}", version=2), "x" * 196)


# Key functions.


def test_a_key_function_gets_the_arguments_as_they_were_passed():
    seen = []
    bound = binder(odd, key=lambda *args, **kwargs: seen.append((args, kwargs)) or "mine")
    assert key_of(bound, 1, d=2) == "mine"
    assert seen == [((1,), {"d": 2})]


@pytest.mark.parametrize("result", ["", None, 5, b"k", ("a",)])
def test_a_key_function_returns_text(result):
    with pytest.raises(InvalidArgument, match=r"^key must be ") as caught:
        key_of(binder(one, key=lambda customerid: result), 1)
    assert caught.value.argument == "key"


def test_the_errors_of_a_key_function_are_its_own():
    def refuse(customerid):
        raise InvalidArgument("mine", argument="x")

    with pytest.raises(InvalidArgument, match=r"^mine$"):
        key_of(binder(one, key=refuse), 1)


# Injectivity, and agreement between processes.

texts = st.text(alphabet="1v@.-'~%:eN_ é", max_size=4) | st.sampled_from(
    ["None", "True", "inf", "nan", "1.5", "42", "1e-05"]
)
scalars = st.one_of(
    texts,
    st.sampled_from(
        [-1, 0, 1, 5, 42, 1.0, 1.5, 1e-05, 1e16, -0.0, None, True, False, float("inf"), float("nan"), b"", b"1", (1,)]
    ),
)
TEMPLATES = [
    "{a}:{b}",
    "{a}-{b}",
    "{a}.{b}",
    "{a}@{b}",
    "n-{a}@v.{b}v1",
    "{b} '{a}",
    "{a}:1{b}@v1",
    "v{a}::{b}v1",
    "{a}@-.{b}",
]
versions = st.none() | st.integers(-1, 2) | st.text(alphabet="1@v'-", max_size=3)


def exact(value):
    return type(value), value.hex() if type(value) is float else value


@given(st.sampled_from(TEMPLATES), st.lists(st.tuples(scalars, scalars, versions), min_size=2, max_size=30))
def test_a_template_gives_different_calls_and_versions_different_keys(template, calls):
    meant = {tuple(map(exact, call)) for call in calls}
    keys = {key_of(binder(two, key=template, version=version), a, b) for a, b, version in calls}
    assert len(keys) == len(meant)


@given(st.lists(st.tuples(scalars, scalars), min_size=2, max_size=30))
def test_the_default_key_is_different_for_different_calls(calls):
    bound = binder(two)
    assert len({bound.key(call, {}) for call in calls}) == len({tuple(map(exact, call)) for call in calls})


@given(st.lists(st.tuples(st.text(alphabet="ab", min_size=195, max_size=205), scalars), min_size=2, max_size=10))
def test_long_keys_differ_too(calls):
    bound = binder(two, key="{a}:{b}")
    assert len({bound.key(call, {}) for call in calls}) == len({tuple(map(exact, call)) for call in calls})


def test_a_long_key_cannot_be_forged_by_a_short_call():
    bound = binder(two, key="{a}:{b}")
    long = key_of(bound, "x" * 159, "y" * 100)
    shortened = long[161:]
    forged = [key_of(bound, "x" * 159, value) for value in (shortened, f"~{shortened}", bytes.fromhex(shortened))]
    assert long not in forged


PROGRAM = """
from unicache._core.keys.binding import Binder, default_prefix
class Shop:
    def __init__(self): self.names = frozenset("abcdefgh")
    def orders(self, a, *rest, b=frozenset("xyz"), **more): ...
for key in (None, "{self}:{a}:{rest}:{b}:{more}"):
    binder = Binder(Shop.orders, key=key, ignore=(), version=1, bound=True)
    print(binder.key((Shop(), {"x", "y", "z"}, 1), {"q": {"r", "s"}, "p": 2}))
"""


def test_two_processes_with_different_hash_seeds_agree():
    first, second = (run_with_seed(seed) for seed in ("1", "2"))
    assert first == second
    assert len(set(first)) == 2


def run_with_seed(seed):
    env = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, check=True, capture_output=True)
    return done.stdout.splitlines()
