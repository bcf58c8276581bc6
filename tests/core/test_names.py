"""Names: every key has one of its own, and every name its key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.keys.names import LONGEST_KEY, LONGEST_NAMESPACE, Keyspace
from unicache.errors import InvalidArgument

SHOP = Keyspace("shop")

texts = st.text(alphabet="ab:#/%3A\0\r\n é😀", min_size=1, max_size=6) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20
)
namespaces = st.lists(st.text(alphabet="ab:#%3A é.", min_size=1, max_size=3), max_size=3).map("/".join)


@pytest.mark.parametrize(
    ("namespace", "key", "name"),
    [
        ("", "k", b":k"),
        ("shop", "k", b"shop:k"),
        ("shop/de", "k", b"shop/de:k"),
        ("a:b", "c", b"a%3Ab:c"),
        ("a#b", "c:d", b"a%23b:c:d"),
        ("100%", "k", b"100%25:k"),
        ("café ~", "k", b"caf%C3%A9%20%7E:k"),
        ("v1.2_x-y", "k", b"v1.2_x-y:k"),
        ("a\r\n\0", "k", b"a%0D%0A%00:k"),
    ],
)
def test_an_entry_is_named_by_its_escaped_namespace_and_its_key_as_it_is(namespace, key, name):
    assert Keyspace(namespace).entry(key) == name


@pytest.mark.parametrize(
    "key", ["a", " ", "\0", "\r\n", "a:b#c", "😀", "é", "x" * LONGEST_KEY, "é" * (LONGEST_KEY // 2)]
)
def test_a_key_of_any_characters_round_trips(key):
    assert SHOP.key_of(SHOP.entry(key)) == key


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "not an empty one"),
        (None, "not NoneType"),
        (b"k", "not bytes"),
        (1, "not int"),
        (("a", 1), "not tuple"),
        (["a"], "not list"),
        ("x" * (LONGEST_KEY + 1), "at most 1024 bytes of UTF-8, not 1025"),
        ("é" * 513, "at most 1024 bytes of UTF-8, not 1026"),
        ("\ud800", "lone surrogate"),
        ("a\udfff" * 2000, "lone surrogate"),
    ],
)
def test_what_is_no_key_is_refused_in_one_way_everywhere(key, words):
    for call, argument in [(SHOP.entry, "key"), (SHOP.tag, "tags")]:
        with pytest.raises(InvalidArgument, match=f"^{argument} must be .*{words}") as caught:
            call(key)
        assert caught.value.argument == argument
    with pytest.raises(InvalidArgument, match=words) as caught:
        SHOP.entries([key])
    assert caught.value.argument == "key"
    with pytest.raises(InvalidArgument, match=words) as caught:
        SHOP.tags(["a", key])
    assert caught.value.argument == "tags"


def test_an_error_does_not_carry_the_key_along():
    with pytest.raises(InvalidArgument) as caught:
        SHOP.entry("secret\ud800")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_str_subclass_is_a_key_like_any_other():
    assert SHOP.entry(type("Key", (str,), {})("k")) == b"shop:k"


def test_many_keys_come_once_each_in_the_order_of_first_appearance():
    assert list(SHOP.entries(key for key in ["b", "a", "b"]).items()) == [("b", b"shop:b"), ("a", b"shop:a")]
    assert SHOP.entries({"b": 1, "a": 2}.keys()) == {"b": b"shop:b", "a": b"shop:a"}
    assert SHOP.entries([]) == {}
    assert SHOP.tags(("t", "t")) == {"t": b"shop#t"}


@pytest.mark.parametrize("keys", ["abc", b"abc", {"a": 1}, None, 5])
def test_one_thing_in_place_of_many_is_refused(keys):
    with pytest.raises(InvalidArgument, match=r"^keys must be a list .*wrap a single one") as caught:
        SHOP.entries(keys)
    assert caught.value.argument == "keys"
    with pytest.raises(InvalidArgument, match=r"^tags must be a list ") as caught:
        SHOP.tags(keys)
    assert caught.value.argument == "tags"


def test_an_error_inside_the_callers_generator_is_the_callers():
    def keys():
        yield "a"
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        SHOP.entries(keys())


def test_a_view_is_the_joined_namespace():
    assert Keyspace("a").view("b").namespace == "a/b"
    assert Keyspace("a").view("b").entry("k") == Keyspace("a/b").entry("k") == b"a/b:k"
    assert Keyspace("").view("b").entry("k") == b"b:k"
    assert Keyspace("a").view("b/c").entry("k") == b"a/b/c:k"


def test_a_view_may_be_as_long_as_a_namespace_and_no_longer():
    assert Keyspace("a").view("b" * (LONGEST_NAMESPACE - 2)).namespace.startswith("a/b")
    with pytest.raises(InvalidArgument, match=r"^name must be at most 200 bytes of UTF-8, not 201"):
        Keyspace("a").view("b" * (LONGEST_NAMESPACE - 1))


@pytest.mark.parametrize("name", ["", None, 1, b"a", "/a", "a/", "a//b", "/", "\ud800", "x" * 201])
def test_what_is_no_namespace_is_refused(name):
    with pytest.raises(InvalidArgument, match=r"^name must be ") as caught:
        SHOP.view(name)
    assert caught.value.argument == "name"
    if name != "":
        with pytest.raises(InvalidArgument, match=r"^namespace must be ") as caught:
            Keyspace(name)
        assert caught.value.argument == "namespace"


@pytest.mark.parametrize(
    "name", [b"", b"shop:", b"shop", b"shops:a", b":a", b"shop#a", b"shop:\xff", b"shop:" + b"x" * 1025]
)
def test_a_foreign_name_has_no_key(name):
    with pytest.raises(InvalidArgument, match=r"^name must be ") as caught:
        SHOP.key_of(name)
    assert caught.value.argument == "name"


def test_the_entries_of_a_namespace_share_a_prefix_that_no_other_namespace_has():
    assert SHOP.entry_prefix == b"shop:"
    assert not Keyspace("shops").entry("a").startswith(SHOP.entry_prefix)
    assert not SHOP.tag("a").startswith(SHOP.entry_prefix)
    assert not Keyspace("shop/de").entry("a").startswith(SHOP.entry_prefix)


def test_a_repr_shows_the_namespace():
    assert repr(SHOP) == "Keyspace('shop')"


@given(st.lists(st.tuples(namespaces, texts, st.booleans()), min_size=2, max_size=8, unique=True))
def test_different_namespaces_keys_and_kinds_have_different_names(triples):
    names = {Keyspace(space).entry(text) if entry else Keyspace(space).tag(text) for space, text, entry in triples}
    assert len(names) == len(triples)


@given(namespaces, texts)
def test_every_name_leads_back_to_its_key(namespace, key):
    space = Keyspace(namespace)
    assert space.key_of(space.entry(key)) == key
