"""What is wrong with an argument is said before anything is sent: no server is there, and nobody finds that out.

What is wrong with a value names the key, and leaves nothing behind.
"""

from collections.abc import Callable
from typing import Any

import pytest

from unicache import Cache
from unicache import subdocument as sd
from unicache.errors import InvalidArgument, ValueFormatError

NOWHERE = "valkey://127.0.0.1:1"

Call = Callable[[Any], Any]

TYPED: dict[str, Call] = {
    "entry": lambda cache: cache.entry("k", type=5),
    "get": lambda cache: cache.get("k", type="int"),
    "get_and_lock": lambda cache: cache.get_and_lock("k", 5, type=range),
    "get_and_touch": lambda cache: cache.get_and_touch("k", 5, type=bytearray),
    "get_many": lambda cache: cache.get_many(["k"], type=object()),
    "get_or_set": lambda cache: cache.get_or_set("k", dict, type=len),
    "scan_entries": lambda cache: cache.scan_entries(type=5),
}

PLACED: dict[str, Call] = {
    "get": lambda cache: cache.as_list("k").get(None),
    "insert_at": lambda cache: cache.as_list("k").insert_at(1.0, "item"),
    "remove_at": lambda cache: cache.as_list("k").remove_at([]),
    "set_at": lambda cache: cache.as_list("k").set_at("1", "item"),
}

NAMED: dict[str, Call] = {
    "exists": lambda cache: cache.as_map("k").exists(b"a"),
    "get": lambda cache: cache.as_map("k").get(1),
    "remove": lambda cache: cache.as_map("k").remove(None),
    "set": lambda cache: cache.as_map("k").set(("a",), 1),
}


UNSTORABLE: dict[str, Call] = {
    "append": lambda cache: cache.as_list("k").append(object()),
    "insert": lambda cache: cache.insert("k", object()),
    "mutate_in": lambda cache: cache.mutate_in("k", [sd.set("a", object())], store="set"),
    "set": lambda cache: cache.set("k", object()),
    "set, too large": lambda cache: cache.set("k", "x" * 101),
    "set_many": lambda cache: cache.set_many({"j": 1, "k": object()}),
}


@pytest.fixture(name="cache")
def cache_of_no_server() -> Cache:
    return Cache(NOWHERE)


def refused(call: Call, cache: Cache, argument: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call(cache)
    assert caught.value.argument == argument


@pytest.mark.parametrize("call", TYPED.values(), ids=TYPED)
def test_what_is_no_type_is_refused_whether_there_is_a_value_or_not(call: Call, cache: Cache) -> None:
    refused(call, cache, "type")
    refused(call, Cache(), "type")


@pytest.mark.parametrize("call", PLACED.values(), ids=PLACED)
def test_what_is_no_index_is_refused_before_the_list_is_read(call: Call, cache: Cache) -> None:
    refused(call, cache, "index")


@pytest.mark.parametrize("call", NAMED.values(), ids=NAMED)
def test_what_is_no_name_is_refused_before_the_map_is_read(call: Call, cache: Cache) -> None:
    refused(call, cache, "name")


@pytest.mark.parametrize("call", UNSTORABLE.values(), ids=UNSTORABLE)
def test_the_error_of_what_cannot_be_stored_names_the_key(call: Call) -> None:
    cache = Cache(max_value_bytes=100)
    with pytest.raises(ValueFormatError) as caught:
        call(cache)
    assert caught.value.key == "k"
    assert list(cache.scan()) == []
