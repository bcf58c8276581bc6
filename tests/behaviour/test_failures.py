"""Loads that fail: who gets the error, which failures are remembered, and that none leaves a lease behind."""

import traceback
from typing import Any

import pytest
from loads import Source, held

from caches import Cache, Stage
from unicache.errors import CacheError, KeyNotFound


class NoRow(LookupError):
    """A failure with more than a message."""


class Awkward(LookupError):
    """It wants other arguments than it keeps, so it cannot be made again."""

    def __init__(self, *, table: str) -> None:
        super().__init__(f"no such row in {table}")


async def failure_of(source: Source, number: int = 1) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  which one it is, is for the caller to say
        await source.get(number)
    return caught.value


def failing(cache: Cache, stage: Stage, failure: Exception, **options: Any) -> Source:
    source = Source(cache, stage, **options)
    source.failure = failure
    return source


# -- remembered failures


async def test_a_declared_failure_is_remembered(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row", 7, ("a", None)), negative={LookupError: 60})
    first, second = await failure_of(source), await failure_of(source)
    assert (type(first), first.args) == (type(second), second.args) == (LookupError, ("no row", 7, ("a", None)))
    assert not hasattr(first, "__notes__")
    assert "remembered" in second.__notes__[0]
    assert source.loads == 1
    assert cache.stats()["errors"] == 1


async def test_a_failure_of_a_derived_class_is_remembered_as_what_it_is(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, NoRow("users", 7), negative={LookupError: 60})
    failures = [await failure_of(source) for _ in range(3)]
    assert [type(failure) for failure in failures] == [NoRow] * 3
    assert {failure.args for failure in failures} == {("users", 7)}
    assert source.loads == 1


async def test_other_failures_are_not_remembered(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, OSError("no network"), negative={NoRow: 60})
    for _ in range(2):
        assert isinstance(await failure_of(source), OSError)
    source.failure = LookupError("of the class that the declared one is derived from")
    assert type(await failure_of(source)) is LookupError
    assert source.loads == 3
    source.failure = None
    assert await source.get(1) == "old"


async def test_nothing_is_remembered_where_nothing_is_declared(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row"))
    for _ in range(2):
        await failure_of(source)
    assert source.loads == 2


async def test_a_remembered_failure_has_a_time_of_its_own(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row"), negative={LookupError: "30ms"}, ttl=600)
    await failure_of(source)
    source.failure = None

    async def forgotten() -> bool:
        try:
            return bool(await source.get(1) == "old")
        except LookupError:
            return False

    await stage.until(forgotten)
    assert source.loads == 2


async def test_a_failure_that_cannot_be_made_again_is_not_remembered(cache: Cache, stage: Stage) -> None:
    for failure in (LookupError(object()), Awkward(table="users")):
        source = failing(cache, stage, failure, negative={LookupError: 60}, key=f"{type(failure).__name__}:{{number}}")
        for _ in range(2):
            assert await failure_of(source) is failure
        assert source.loads == 2


async def test_who_does_not_declare_a_failure_loads_in_spite_of_it(cache: Cache, stage: Stage) -> None:
    await failure_of(failing(cache, stage, LookupError("no row"), negative={LookupError: 60}))
    assert await Source(cache, stage).get(1) == "old"


async def test_documents_see_no_remembered_failure(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row"), negative={LookupError: 60})
    await failure_of(source)
    assert await cache.get("row:1", "absent") == "absent"
    assert await cache.exists("row:1") is False
    assert await source.get.get(1) is None
    assert await cache.get_many(["row:1"]) == {}
    with pytest.raises(KeyNotFound):
        await cache.entry("row:1")


@pytest.mark.parametrize("how", ["key", "tag", "all", "set"])
async def test_a_remembered_failure_goes_like_any_other_entry(cache: Cache, stage: Stage, how: str) -> None:
    source = failing(cache, stage, LookupError("no row"), negative={LookupError: 60})
    await failure_of(source)
    source.failure = None
    match how:
        case "key":
            await cache.invalidate("row:1")
        case "tag":
            await cache.invalidate_tags("rows")
        case "all":
            await cache.clear()
        case "set":
            await source.get.set("old", 1)
    assert await source.get(1) == "old"


async def test_a_failure_that_an_invalidation_overtook_is_not_remembered(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row"), negative={LookupError: 60})
    source.hold()
    caller = stage.begin(lambda: source.get(1))
    await source.loading()
    source.failure = None
    await cache.invalidate("row:1")
    source.release()
    with pytest.raises(LookupError):
        await caller.result()
    assert await source.get(1) == "old"


async def knowing_failure(cache: Cache) -> tuple[type[Exception], tuple[Any, ...]]:
    """What the remembered failure is like here."""

    async def load(number: int) -> None:
        raise AssertionError("it was to be remembered")

    get = cache.cached(key="row:{number}", tags=["rows"], negative={LookupError: 60})(load)
    with pytest.raises(LookupError) as caught:
        await get(1)
    return type(caught.value), caught.value.args


async def test_a_failure_is_remembered_in_all_processes(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    await failure_of(failing(cache, stage, NoRow("users", 7), negative={LookupError: 60}))
    assert elsewhere(knowing_failure) == (NoRow, ("users", 7))


# -- who gets an error


async def test_every_waiter_gets_the_error_with_the_traceback_of_the_load(cache: Cache, stage: Stage) -> None:
    source = failing(cache, stage, LookupError("no row"))
    source.hold()
    callers = [stage.begin(lambda: source.get(1)) for _ in range(8)]
    await stage.until(lambda: cache.stats()["waits"] == 7)
    source.release()
    for caller in callers:
        with pytest.raises(LookupError, match="no row") as caught:
            await caller.result()
        frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert frames.count("_load") == 1
        assert frames.count("landed") == 1
    assert source.loads == 1


async def test_a_failure_leaves_no_lease_behind(cache: Cache, stage: Stage) -> None:
    await failure_of(failing(cache, stage, LookupError("no row")))
    assert await held(cache, "row:1") is None


async def test_a_value_that_the_store_does_not_take_leaves_no_lease_behind(stage: Stage) -> None:
    cache = stage.open("memory://", max_bytes=4096)

    async def load() -> bytes:
        return b"x" * 5000

    for _ in range(2):
        assert len(await cache.get_or_set("k", load)) == 5000
        assert await held(cache, "k") is None


# -- loads within loads


async def test_a_loader_that_comes_back_to_its_own_key_by_another_is_told_so(cache: Cache) -> None:
    async def outer() -> Any:
        return await cache.get_or_set("inner", inner)

    async def inner() -> Any:
        return await cache.get_or_set("outer", outer)

    with pytest.raises(CacheError) as caught:
        await cache.get_or_set("outer", outer)
    assert caught.value.key == "outer"
    assert await cache.exists("outer") is await cache.exists("inner") is False


async def test_a_cache_in_front_of_another_may_have_the_same_keys(cache: Cache, stage: Stage) -> None:
    front = stage.open("memory://", namespace=stage.namespace)
    source = Source(cache, stage)
    source.hold()
    reader = stage.begin(lambda: source.get(1))
    await source.loading()

    async def behind() -> Any:
        return await source.get(1)

    through = stage.begin(lambda: front.get_or_set("row:1", behind))
    await stage.until(lambda: cache.stats()["waits"] == 1)
    source.release()
    assert [await reader.result(), await through.result()] == ["old", "old"]
    assert source.loads == 1
