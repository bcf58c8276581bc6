"""Two versions of the code on one store: neither serves what the other wrote as another type, and both get answers.

A near cache may serve its own version's value a moment longer, so each look is that of a cache that was just opened.
"""

import dataclasses
from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import ValueFormatError

Fields = dict[str, type]

VERSIONS: list[tuple[Fields, Fields]] = [
    ({"a": int}, {"a": int, "b": int}),
    ({"a": int}, {"b": int}),
    ({"a": int}, {"a": str}),
    ({"a": int, "b": int}, {"b": int, "a": int}),
]


def version(fields: Fields) -> Any:
    """The class, as this version of the code has it."""
    kind = dataclasses.make_dataclass("Order", fields.items())
    kind.__module__ = __name__
    return kind


def cached(cache: Cache, kind: Any, value: Any) -> tuple[Any, list[int]]:
    """The function, as this version of the code has it, and its runs."""
    runs: list[int] = []

    async def order(number: int) -> Any:
        runs.append(number)
        return value

    order.__annotations__["return"] = kind
    return cache.cached(key="order:{number}")(order), runs


async def served(cache: Cache, fields: Fields, times: int = 1) -> int:
    """How often this version ran its function; what it gave is its own type each time."""
    kind = version(fields)
    value = kind(*[field(1) for field in fields.values()])
    function, runs = cached(cache, list[kind], [value])
    for _ in range(times):
        assert await function(1) == [value]
    return len(runs)


async def read_as(cache: Cache, fields: Fields) -> str:
    try:
        await cache.get("order:1", type=list[version(fields)])  # type: ignore[misc]
    except ValueFormatError as error:
        return str(error)
    return "read"


@pytest.mark.parametrize(("old", "new"), VERSIONS, ids=str)
async def test_a_class_that_changed_is_a_miss_in_both_directions(
    stage: Stage, elsewhere: Any, old: Fields, new: Fields
) -> None:
    assert await served(stage.open(), old, times=2) == 1
    assert elsewhere(served, new, 2) == 1
    assert await served(stage.open(), old, times=2) == 1
    assert elsewhere(served, new, 2) == 1
    assert elsewhere(served, new) == 0


@pytest.mark.parametrize(("old", "new"), VERSIONS, ids=str)
async def test_a_class_that_changed_is_an_error_in_a_typed_read(
    stage: Stage, elsewhere: Any, old: Fields, new: Fields
) -> None:
    await served(stage.open(), old)
    assert await read_as(stage.open(), old) == "read"
    assert "other fields" in elsewhere(read_as, new)
    elsewhere(served, new)
    assert "other fields" in await read_as(stage.open(), old)


async def served_plain(cache: Cache, kind: Any, value: Any) -> int:
    function, runs = cached(cache, kind, value)
    assert await function(1) == value
    return len(runs)


async def test_a_declared_type_that_changed_is_a_miss_in_both_directions(stage: Stage, elsewhere: Any) -> None:
    assert await served_plain(stage.open(), dict[str, int], {"a": 1}) == 1
    assert await served_plain(stage.open(), dict[str, int], {"a": 1}) == 0
    assert elsewhere(served_plain, dict[str, str], {"a": "1"}) == 1
    assert await served_plain(stage.open(), dict[str, int], {"a": 1}) == 1


async def test_who_declares_nothing_takes_and_gives_what_there_is(stage: Stage, elsewhere: Any) -> None:
    assert await served_plain(stage.open(), dict[str, int], {"a": 1}) == 1
    assert elsewhere(served_plain, Any, {"a": 1}) == 0
    await stage.open().set("order:1", {"a": 2})
    assert elsewhere(served_plain, dict[str, int], {"a": 2}) == 0


async def test_functions_of_one_and_of_many_that_share_keys_share_values(cache: Cache) -> None:
    async def one(number: int) -> list[int]:
        raise AssertionError("there is a value")

    async def many(numbers: list[int]) -> dict[int, list[int]]:
        return {number: [number] for number in numbers}

    assert await cache.cached_many(key="n:{number}")(many)([1]) == {1: [1]}
    assert await cache.cached(key="n:{number}")(one)(1) == [1]
