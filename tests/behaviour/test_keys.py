"""Keys, tags and namespaces: exact for every text, one uniform error for all else, and no two ever meet."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import ConfigurationError, InvalidArgument

STRANGE = [
    " ",
    "a b",
    "\r\n",
    "*3\r\n$3\r\nSET\r\n",
    "\0",
    "\x7f\x1b[31m",
    "🐍",
    "żółć",
    "\u00e9",
    "e\u0301",
    ":",
    "a:b",
    "#",
    "%3A",
    "*",
    "[a-z]?",
    "\\",
    "{slot}",
    "'\"",
    "x" * 1024,
]

NO_KEYS: list[Any] = ["", None, 1, 1.0, True, b"bytes", ("a",), ["a"], object(), "x" * 1025, "ż" * 513, "\ud800"]


def calls_with(cache: Cache, key: Any) -> list[Callable[[], Coroutine[Any, Any, Any]]]:
    return [
        partial(cache.get, key),
        partial(cache.get, key, type=int),
        partial(cache.entry, key),
        partial(cache.set, key, 1),
        partial(cache.insert, key, 1),
        partial(cache.replace, key, 1),
        partial(cache.delete, key),
        partial(cache.delete, key, cas=1),
        partial(cache.touch, key, 1),
        partial(cache.get_and_touch, key, 1),
        partial(cache.exists, key),
        partial(cache.ttl, key),
        partial(cache.mutate, key, str),
        partial(cache.get_or_set, key, never),
        partial(cache.invalidate, key),
        partial(cache.invalidate, "fine", key),
    ]


async def never() -> None:
    raise AssertionError("the loader ran")


async def names(cache: Cache) -> dict[str, Any]:
    return await cache.get_many(STRANGE)


async def test_every_text_is_a_key_of_its_own(cache: Cache) -> None:
    for number, key in enumerate(STRANGE):
        await cache.set(key, number)
    assert await cache.get_many(STRANGE) == {key: number for number, key in enumerate(STRANGE)}
    for number, key in enumerate(STRANGE):
        assert (await cache.entry(key)).key == key
        assert await cache.get(key) == number


async def test_another_flavour_finds_every_text(cache: Cache, elsewhere: Any) -> None:
    await cache.set_many({key: number for number, key in enumerate(STRANGE)})
    assert elsewhere(names) == {key: number for number, key in enumerate(STRANGE)}


async def test_the_server_has_namespace_and_key_as_they_are(cache: Cache, stage: Stage, observer: Valkey) -> None:
    for key in STRANGE:
        await cache.set(key, 1)
        assert observer.exists(f"{stage.namespace}:{key}".encode()) == 1


async def test_what_is_no_key_raises_the_one_error_from_every_call(cache: Cache) -> None:
    for key in NO_KEYS:
        for call in calls_with(cache, key):
            with pytest.raises(InvalidArgument) as caught:
                await call()
            assert caught.value.argument in ("key", "keys"), (key, call)


async def test_what_is_no_tag_raises_before_anything_is_written(cache: Cache) -> None:
    for tag in NO_KEYS:
        for call in (
            partial(cache.set, "k", 1, tags=[tag]),
            partial(cache.insert, "k", 1, tags=["fine", tag]),
            partial(cache.set_many, {"k": 1}, tags=[tag]),
            partial(cache.get_or_set, "k", never, tags=[tag]),
            partial(cache.invalidate_tags, tag),
        ):
            with pytest.raises(InvalidArgument) as caught:
                await call()
            assert caught.value.argument == "tags"
    for tags in ("red", b"red", None, 1, {"red": 1}):
        with pytest.raises(InvalidArgument):
            await cache.set("k", 1, tags=tags)  # type: ignore[arg-type]
    assert await cache.exists("k") is False


async def test_nothing_is_sent_for_a_bad_argument(cache: Cache, stage: Stage, observer: Valkey) -> None:
    asked = [call for key in NO_KEYS for call in calls_with(cache, key)]
    asked += [partial(cache.set, "k", object()), partial(cache.set, "k", 1, ttl=0), partial(cache.set, "k", 1, cas=-1)]
    asked += [partial(cache.set, "k", object(), tags=["red"]), partial(cache.mutate, "k", str, retries=-1)]
    asked += [partial(cache.set_many, {"k": object()}, tags=["red"]), partial(cache.set, "k", 1, tags=["red", ""])]
    before = observer.info("stats")
    for call in asked:
        with pytest.raises((ValueError, InvalidArgument)):
            await call()
    after = observer.info("stats")
    assert after["total_connections_received"] == before["total_connections_received"]
    assert after["total_commands_processed"] == before["total_commands_processed"] + 1  # the observer's own
    assert observer.keys(f"{stage.namespace}*") == []


async def test_an_error_about_a_key_does_not_show_it(cache: Cache) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await cache.get("private" * 200)
    assert "private" not in str(caught.value)


async def test_clear_removes_this_namespace_and_no_other(stage: Stage) -> None:
    cache = stage.open(namespace=stage.namespace)
    user, users = cache.namespace("user"), cache.namespace("users")
    for each in (cache, user, users):
        await each.set_many({"a": 1, "b": 2, ":c": 3})
    await user.clear()
    assert await user.get_many(["a", "b", ":c"]) == {}
    assert await users.get_many(["a", "b", ":c"]) == {"a": 1, "b": 2, ":c": 3}
    assert await cache.get_many(["a", "b", ":c"]) == {"a": 1, "b": 2, ":c": 3}
    await cache.clear()
    assert await cache.get_many(["a"]) == {}
    assert await users.get("a") == 1


async def test_clear_takes_no_namespace_for_a_pattern(cache: Cache) -> None:
    near = [cache.namespace(name) for name in ("user", "userx", "u", "a", "b", "users")]
    for each in near:
        await each.set("k", 1)
    for name in ("user*", "user?", "[user]", "user\\", "a:b", "a#b", "ü", "user "):
        strange = cache.namespace(name)
        await strange.set("k", 1)
        await strange.clear()
        assert await strange.exists("k") is False
    assert [await each.exists("k") for each in near] == [True] * len(near)


async def test_clear_leaves_what_other_applications_wrote(cache: Cache, stage: Stage, observer: Valkey) -> None:
    foreign = [f"{stage.namespace}", f"{stage.namespace}s:k", f"{stage.namespace}.k", f"x{stage.namespace}:k"]
    for name in foreign:
        observer.set(name, "theirs")
    await cache.set_many({str(number): number for number in range(1200)})
    await cache.clear()
    assert observer.keys(f"{stage.namespace}:*") == []
    assert [observer.get(name) for name in foreign] == [b"theirs"] * len(foreign)


async def test_clear_never_asks_for_all_keys_at_once(cache: Cache, observer: Valkey) -> None:
    await cache.set("k", 1)
    before = observer.info("commandstats").get("cmdstat_keys", {"calls": 0})["calls"]
    await cache.clear()
    assert observer.info("commandstats").get("cmdstat_keys", {"calls": 0})["calls"] == before


async def test_clear_of_nothing_is_fine(cache: Cache) -> None:
    await cache.clear()
    await cache.clear()


async def test_views_are_the_namespaces_of_their_path(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    await cache.namespace("a").namespace("b").set("k", 1)
    assert await cache.namespace("a/b").get("k") == 1
    assert await stage.open(namespace=f"{stage.namespace}/a/b").get("k") == 1
    assert elsewhere(view_of, "a/b") == 1


async def view_of(cache: Cache, name: str) -> Any:
    return await cache.namespace(name).get("k")


async def test_two_namespaces_share_no_keys_tags_or_functions(cache: Cache) -> None:
    one, other = cache.namespace("one"), cache.namespace("other")
    await one.set("k", 1, tags=["t"])
    await other.set("k", 2, tags=["t"])
    await one.invalidate_tags("t")
    assert await one.exists("k") is False
    assert await other.get("k") == 2
    await one.invalidate("k")
    assert await other.get("k") == 2


async def test_views_share_one_connection(stage: Stage, observer: Valkey) -> None:
    cache = stage.open(client_name="views")
    for name in "abc":
        await cache.namespace(name).set("k", 1)
    assert [client["name"] for client in observer.client_list()].count("views") == 1


async def test_what_is_no_namespace_is_refused(cache: Cache, stage: Stage) -> None:
    for name in ("", "/", "a//b", "/a", "a/", None, 1, b"a", "x" * 201, "\ud800"):
        with pytest.raises(InvalidArgument):
            cache.namespace(name)  # type: ignore[arg-type]
        if name != "":
            with pytest.raises(ConfigurationError):
                stage.open(namespace=name)
