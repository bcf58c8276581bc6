"""Lists, maps, sets and queues over one document."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import IndexOutOfRange, InvalidArgument, KeyLocked, PathMismatch, QueueEmpty, ValueFormatError

EACH = ("as_list", "as_map", "as_set", "as_queue")


async def popped(cache: Cache) -> list[Any]:
    """Pop until there is nothing more."""
    queue, own = cache.as_queue("jobs"), []
    while True:
        try:
            own.append(await queue.pop())
        except QueueEmpty:
            return own


async def fill(cache: Cache) -> None:
    await cache.as_list("l").append("there")
    await cache.as_map("m").set("there", 1)
    await cache.as_set("s").add("there")
    await cache.as_queue("q").push("there")


# All of them


@pytest.mark.parametrize("kind", EACH)
async def test_a_structure_over_nothing_is_empty_and_reading_makes_nothing(cache: Cache, kind: str) -> None:
    structure = getattr(cache, kind)("k")
    assert (await structure.size(), await structure.values(), structure.key) == (0, [], "k")
    assert await cache.exists("k") is False
    await structure.clear()


@pytest.mark.parametrize("kind", EACH)
async def test_a_document_of_another_kind_is_refused_and_kept(cache: Cache, kind: str) -> None:
    structure = getattr(cache, kind)("k")
    for other in ("text", None, (1,), {1}, [] if kind == "as_map" else {}):
        cas = await cache.set("k", other)
        with pytest.raises(PathMismatch) as caught:
            await structure.size()
        assert (caught.value.key, caught.value.path) == ("k", "")
        change = {"as_list": "append", "as_map": "remove", "as_set": "add", "as_queue": "push"}[kind]
        with pytest.raises(PathMismatch):
            await getattr(structure, change)("x")
        assert (await cache.entry("k")).cas == cas


async def test_what_is_changed_here_is_seen_there_and_the_other_way_round(cache: Cache, elsewhere: Any) -> None:
    await cache.as_list("l").append(1)
    elsewhere(fill)
    assert await cache.as_list("l").values() == [1, "there"]
    assert await cache.as_map("m").items() == [("there", 1)]
    assert await cache.as_set("s").add("there") is False
    assert await cache.as_queue("q").pop() == "there"
    assert await cache.get_many(["l", "m", "s", "q"]) == {"l": [1, "there"], "m": {"there": 1}, "s": ["there"], "q": []}


async def test_a_structure_lives_as_long_as_it_was_made_to(stage: Stage) -> None:
    cache = stage.open(ttl=60)
    await cache.as_list("own").append(1)
    await cache.as_list("given", ttl="1h").append(1)
    await cache.as_list("given", ttl=5).append(2)
    await cache.as_list("forever", ttl=None).append(1)
    assert 0 < (await cache.ttl("own") or 0) <= 60
    assert 3590 < (await cache.ttl("given") or 0) <= 3600
    assert await cache.ttl("forever") is None


@pytest.mark.parametrize("kind", EACH)
async def test_what_cannot_be_a_key_or_a_ttl_is_refused_at_once(cache: Cache, kind: str) -> None:
    for call, argument in (
        (partial(getattr(cache, kind), ""), "key"),
        (partial(getattr(cache, kind), "k", ttl=0), "ttl"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call()
        assert caught.value.argument == argument


async def test_a_structure_that_somebody_locked_is_read_and_not_changed(cache: Cache) -> None:
    await cache.set("k", [1])
    await cache.set("m", {"a": 1})
    for key in ("k", "m"):
        await cache.get_and_lock(key, 30)
    items, names, values, queue = cache.as_list("k"), cache.as_map("m"), cache.as_set("k"), cache.as_queue("k")
    changes: list[Callable[[], Any]] = [
        partial(items.append, 2),
        partial(items.remove_at, 0),
        partial(names.set, "a", 2),
        partial(names.remove, "a"),
        partial(values.add, 2),
        queue.pop,
        items.clear,
    ]
    for change in changes:
        with pytest.raises(KeyLocked):
            await change()
    assert (await items.values(), await names.values()) == ([1], [1])


async def test_clear_removes_the_document(cache: Cache) -> None:
    queue = cache.as_queue("k")
    await queue.push(1)
    await queue.clear()
    assert await cache.exists("k") is False


async def test_a_value_that_cannot_be_stored_is_refused_and_nothing_is_changed(cache: Cache) -> None:
    cas = await cache.set("k", [1])
    with pytest.raises(ValueFormatError):
        await cache.as_list("k").append(object())
    assert (await cache.entry("k")).cas == cas


# Lists


async def test_a_list_does_what_lists_do(cache: Cache) -> None:
    items = cache.as_list("k")
    for value in ("b", "c", None):
        await items.append(value)
    await items.prepend("a")
    await items.insert_at(2, (1.0,))
    await items.insert_at(5, "end")
    assert await items.values() == ["a", "b", (1.0,), "c", None, "end"]
    assert [await items.get(index) for index in (0, 5, -1, -6)] == ["a", "end", "end", "a"]
    await items.set_at(-1, "END")
    assert await items.remove_at(1) == "b"
    assert await items.remove_at(-2) is None
    assert await items.values() == ["a", (1.0,), "c", "END"]
    assert await items.size() == 4
    assert [await items.index_of(value) for value in ("c", (1.0,), (1,), "b")] == [2, 1, None, None]


async def test_an_index_out_of_range_is_an_index_error_and_changes_nothing(cache: Cache) -> None:
    cas, items = await cache.set("k", [1, 2]), cache.as_list("k")
    bad: list[Callable[[], Any]] = [
        *[partial(items.get, index) for index in (2, -3)],
        *[partial(items.set_at, index, 0) for index in (2, -3)],
        *[partial(items.remove_at, index) for index in (2, -3)],
        *[partial(items.insert_at, index, 0) for index in (3, -1)],
    ]
    for call in bad:
        with pytest.raises(IndexOutOfRange) as caught:
            await call()
        assert isinstance(caught.value, IndexError)
        assert (caught.value.key, caught.value.path) == ("k", f"[{call.args[0]}]")  # type: ignore[attr-defined]
    assert (await cache.entry("k")).cas == cas
    with pytest.raises(IndexError):
        await cache.as_list("absent").remove_at(0)
    assert await cache.exists("absent") is False


async def test_an_index_that_is_no_int_is_refused(cache: Cache) -> None:
    await cache.set("k", [1, 2])
    items, wrong = cache.as_list("k"), [True, 1.0, "0", None]
    for index in wrong:
        calls = (items.get, items.remove_at, partial(items.set_at, value=0), partial(items.insert_at, value=0))
        for call in calls:
            with pytest.raises(InvalidArgument) as caught:
                await call(index)  # type: ignore[arg-type]
            assert caught.value.argument == "index"


# Maps


async def test_a_map_does_what_dicts_do(cache: Cache) -> None:
    names = cache.as_map("k")
    await names.set("b", 1)
    await names.set("a.b", None)
    await names.set("b", [2])
    assert await names.items() == [("b", [2]), ("a.b", None)]
    assert (await names.keys(), await names.values(), await names.size()) == (["b", "a.b"], [[2], None], 2)
    assert [await names.get("b"), await names.get("a.b", 5), await names.get("x"), await names.get("x", 5)] == [
        [2],
        None,
        None,
        5,
    ]
    assert [await names.exists("a.b"), await names.exists("x")] == [True, False]
    assert [await names.remove("b"), await names.remove("b")] == [True, False]
    assert await cache.get("k") == {"a.b": None}


async def test_a_name_that_is_no_text_is_refused(cache: Cache) -> None:
    names = cache.as_map("k")
    for name in (1, None, b"a", ("a",)):
        for call in (names.get, names.exists, names.remove, partial(names.set, value=1)):
            with pytest.raises(InvalidArgument) as caught:
                await call(name)  # type: ignore[arg-type]
            assert caught.value.argument == "name"
    assert await cache.exists("k") is False


# Sets


async def test_a_set_has_each_value_once_by_type_and_value(cache: Cache) -> None:
    values = cache.as_set("k")
    different: list[Any] = [1, 1.0, True, "1", b"1", None, (1,), [1], {"a": 1}]
    assert [await values.add(value) for value in different * 2] == [True] * 9 + [False] * 9
    assert await values.values() == different
    assert [await values.contains(value) for value in (True, 2, (1.0,))] == [True, False, False]
    assert [await values.remove(1.0), await values.remove(1.0)] == [True, False]
    assert await values.size() == 8


async def test_what_changes_nothing_writes_nothing(cache: Cache) -> None:
    cas = await cache.set("k", [1])
    await cache.as_set("k").add(1)
    await cache.as_set("k").remove(2)
    assert (await cache.entry("k")).cas == cas
    assert await cache.as_map("m").remove("a") is False
    assert await cache.exists("m") is False


# Queues


async def test_a_queue_gives_first_what_came_first_and_says_when_it_is_empty(cache: Cache) -> None:
    queue = cache.as_queue("k")
    for value in (1, None, [2]):
        await queue.push(value)
    assert [await queue.pop(), await queue.pop()] == [1, None]
    await queue.push(3)
    assert [await queue.pop(), await queue.pop()] == [[2], 3]
    for _ in range(2):
        with pytest.raises(QueueEmpty) as caught:
            await queue.pop()
        assert caught.value.key == "k"
    assert await cache.get("k") == []


async def test_two_consumers_pop_each_item_once(cache: Cache, stage: Stage) -> None:
    await cache.set("jobs", list(range(60)))
    first, second = await stage.together([partial(popped, cache)] * 2)
    assert sorted(first + second) == list(range(60))
    assert first == sorted(first)
    assert second == sorted(second)


async def test_two_processes_pop_each_item_once(cache: Cache, elsewhere: Any) -> None:
    await cache.set("jobs", list(range(100)))
    elsewhere.begin(popped)
    here = await popped(cache)
    there = elsewhere.result()
    assert sorted(here + there) == list(range(100))
