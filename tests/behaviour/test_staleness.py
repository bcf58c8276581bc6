"""The states of freshness as a caller sees them: what is served, what is loaded, and what the result says of it."""

from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic
from typing import Any

import pytest
from loads import TTL, Source, aged

from caches import Cache, Stage, bare
from unicache.typing import Result

WINDOWS = {"stale_while_revalidate": 60, "stale_if_error": 600}
REVALIDATE, IF_ERROR, DEAD = TTL + 1, TTL + 61, TTL + 601
"""How much later a value is in which state."""

Drop = Callable[[Cache], Coroutine[Any, Any, None]]

drops = pytest.mark.parametrize(
    "drop",
    [lambda cache: cache.invalidate("row:1"), lambda cache: cache.invalidate_tags("rows"), lambda cache: cache.clear()],
    ids=["key", "tag", "all"],
)


async def stored(cache: Cache, stage: Stage, later: float, **options: Any) -> Source:
    """A source whose first row is in the cache since ``later`` seconds, and has another value now."""
    source = Source(cache, stage, **WINDOWS | options)
    assert await source.get(1) == "old"
    source.value = "new"
    aged(cache, later)
    return source


def told(result: Result[Any]) -> tuple[Any, str, bool, str | None]:
    return result.value, result.source, result.stale, result.reason


async def is_new(source: Source) -> bool:
    return bool(await source.get(1) == "new")


# -- the rows of the table


async def test_a_fresh_value_is_served_and_nothing_is_loaded(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, TTL - 1)
    assert told(await source.get.result(1)) == ("old", "hit", False, None)
    assert source.loads == 1


async def test_a_stale_value_is_served_while_it_is_loaded_anew_behind_the_caller(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, REVALIDATE)
    source.hold()
    result = await source.get.result(1)
    assert told(result) == ("old", "hit", True, "stale-while-revalidate")
    assert result.age > TTL
    await source.loading()
    source.release()
    await stage.until(lambda: is_new(source))
    assert told(await source.get.result(1)) == ("new", "hit", False, None)
    assert source.loads == 2


async def test_a_value_kept_for_errors_is_not_served_while_the_load_works(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR)
    assert told(await source.get.result(1)) == ("new", "loaded", False, None)
    assert told(await source.get.result(1)) == ("new", "hit", False, None)
    assert source.loads == 2


async def test_a_value_kept_for_errors_is_served_when_the_load_fails(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR)
    source.failure = LookupError("no row")
    for _ in range(2):
        assert told(await source.get.result(1)) == ("old", "hit", True, "error")
    assert source.loads == 3
    assert source.get.cache_info().errors == 2
    source.failure = None
    assert await source.get(1) == "new"


async def test_a_dead_value_is_not_served_even_if_the_load_fails(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, DEAD)
    source.failure = LookupError("no row")
    with pytest.raises(LookupError, match="no row"):
        await source.get(1)
    source.failure = None
    assert told(await source.get.result(1)) == ("new", "loaded", False, None)
    assert source.loads == 3


async def test_a_value_that_dies_during_a_failing_load_is_not_served(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR)
    source.failure = LookupError("no row")
    source.hold()
    caller = stage.begin(lambda: source.get(1))
    await source.loading()
    aged(cache, DEAD - IF_ERROR)
    source.release()
    with pytest.raises(LookupError, match="no row"):
        await caller.result()


async def test_a_value_written_during_a_failing_load_is_served_and_is_not_stale(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR, early_refresh=999)
    source.failure = LookupError("no row")
    source.hold()
    caller = stage.begin(lambda: source.get.result(1))
    await source.loading()
    await source.get.set("written", 1)
    source.release()
    assert told(await caller.result()) == ("written", "hit", False, None)


async def test_without_a_window_no_clock_is_asked(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    await source.get(1)
    aged(cache, 10 * TTL)
    assert told(await source.get.result(1)) == ("old", "hit", False, None)


async def test_a_value_whose_time_is_drawn_to_be_up_is_renewed_early_and_is_not_stale(
    cache: Cache, stage: Stage
) -> None:
    source = Source(cache, stage, early_refresh=999)
    source.hold()
    first = stage.begin(lambda: source.get(1))
    await source.loading()
    began = monotonic()
    await stage.until(lambda: monotonic() > began + 0.02)  # what takes no time is never worth an early refresh
    source.release()
    assert await first.result() == "old"
    aged(cache, TTL - 30)
    source.value = "new"
    source.hold()

    async def drawn() -> bool:
        assert told(await source.get.result(1)) == ("old", "hit", False, None)
        return source.loads == 2

    await stage.until(drawn)
    source.release()
    await stage.until(lambda: is_new(source))


async def test_what_took_no_time_to_load_is_not_renewed_early(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, early_refresh=999)
    await source.get.set("written", 1)
    aged(cache, TTL - 30)
    assert {await source.get(1) for _ in range(20)} == {"written"}
    assert source.loads == 0


async def test_jitter_cuts_a_part_off_the_ttl(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, jitter=0.5)
    lives = []
    for number in range(12):
        await source.get(number)
        lives.append(await cache.ttl(f"row:{number}"))
    assert all(TTL / 2 - 5 < life <= TTL for life in lives)
    assert max(lives) - min(lives) > 1


async def test_the_time_left_is_the_ttls_and_not_that_of_the_window_behind_it(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, stale_while_revalidate=10 * TTL)
    await source.get(1)
    entry = await cache.entry("row:1")
    assert TTL - 5 < (entry.ttl or 0) <= TTL
    assert TTL - 5 < (await cache.ttl("row:1") or 0) <= TTL
    assert TTL - 5 < (entry.expires_at or 0) - entry.created <= TTL + 5
    await cache.expire("row:1")
    entry = await cache.entry("row:1")
    assert (entry.stale, (entry.ttl or 0) > 5 * TTL) == (True, True)


async def test_stale_answers_are_counted(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR)
    source.failure = LookupError()
    await source.get(1)
    assert (cache.stats()["stale"], cache.stats()["hits"]) == (1, 1)


async def test_documents_do_not_give_what_is_stale_and_entries_say_it(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, IF_ERROR)
    assert await cache.get("row:1", "absent") == "absent"
    assert await source.get.get(1) is None
    entry = await cache.entry("row:1")
    assert (entry.value, entry.stale) == ("old", True)
    assert TTL < (entry.ttl or 0) <= TTL + 600  # the store keeps it for its longest window


# -- one refresh for all


async def test_many_callers_cause_one_refresh(cache: Cache, stage: Stage) -> None:
    source = await stored(cache, stage, REVALIDATE)
    source.hold()
    assert set(await stage.together([partial(source.get, 1)] * 20)) == {"old"}
    await source.loading()
    assert set(await stage.together([partial(source.get, 1)] * 20)) == {"old"}
    source.release()
    await stage.until(lambda: is_new(source))
    assert source.loads == 2


async def refreshing_there(cache: Cache) -> tuple[Any, int]:
    """The first answer, and how often a loader ran here until there was a new value."""
    aged(cache, REVALIDATE)
    runs: list[int] = []

    async def load(number: int) -> str:
        runs.append(number)
        return "another"

    get = cache.cached(key="row:{number}", tags=["rows"], ttl=TTL, **WINDOWS)(load)
    first = await get(1)
    await cache.set("called", value=True)
    while await get(1) == "old":
        await bare(cache)._engine.core.io.sleep(0.01)
    return first, len(runs)


async def test_two_processes_cause_one_refresh(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    source = await stored(cache, stage, REVALIDATE)
    source.hold()
    assert await source.get(1) == "old"
    await source.loading()
    elsewhere.begin(refreshing_there)
    await stage.until(lambda: cache.exists("called"))
    source.release()
    await stage.until(lambda: is_new(source))
    assert elsewhere.result() == ("old", 0)
    assert source.loads == 2


# -- a refresh loses to an invalidation (R3), and what was invalidated is served no more (P5)


@drops
async def test_a_refresh_that_an_invalidation_overtook_is_not_stored(cache: Cache, stage: Stage, drop: Drop) -> None:
    source = await stored(cache, stage, REVALIDATE)
    source.value = "overtaken"
    source.hold()
    assert await source.get(1) == "old"
    await source.loading()
    source.value = "new"
    await drop(cache)
    source.release()
    await stage.until(lambda: source.ended == 2)
    assert [await source.get(1) for _ in range(5)] == ["new"] * 5
    assert source.loads == 3


@drops
async def test_what_was_loaded_after_the_invalidation_is_not_replaced_by_the_refresh(
    cache: Cache, stage: Stage, drop: Drop
) -> None:
    source = await stored(cache, stage, REVALIDATE)
    source.value = "overtaken"
    source.hold()
    assert await source.get(1) == "old"
    await source.loading()
    source.value = "new"
    source.hold_no_more()
    await drop(cache)
    assert await source.get(1) == "new"
    source.release()
    await stage.until(lambda: cache.stats()["refused"] == 1)
    assert await source.get(1) == "new"
    assert source.loads == 3


@drops
async def test_a_failing_load_gets_no_stale_value_that_was_invalidated_meanwhile(
    cache: Cache, stage: Stage, drop: Drop
) -> None:
    source = await stored(cache, stage, IF_ERROR)
    source.failure = LookupError("no row")
    source.hold()
    caller = stage.begin(lambda: source.get(1))
    await source.loading()
    await drop(cache)
    source.release()
    with pytest.raises(LookupError, match="no row"):
        await caller.result()


async def test_a_slow_load_gets_no_stale_value_that_was_invalidated_meanwhile(cache: Cache, stage: Stage) -> None:
    soft = 0.3
    source = await stored(cache, stage, 0, soft_timeout=soft, tags=["row:{number}"])
    await source.get(2)
    aged(cache, IF_ERROR)
    source.hold()
    began = monotonic()
    callers = [stage.begin(partial(source.get.result, number)) for number in (1, 2)]
    await stage.until(lambda: source.loads == 4)
    await cache.invalidate("row:1")
    await cache.invalidate_tags("row:2")
    await stage.until(lambda: monotonic() > began + 1.2 * soft)
    source.release()
    assert [told(await caller.result())[:3] for caller in callers] == [
        ("new", "uncached", False),
        ("new", "loaded", False),
    ]


async def test_refresh_takes_no_part_in_a_load_that_began_before_it(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    source.hold()
    reader = stage.begin(lambda: source.get(1))
    await source.loading()
    source.value = "new"
    source.hold_no_more()
    assert await source.get.refresh(1) == "new"
    source.release()
    assert await reader.result() == "old"
    assert await source.get(1) == "new"
    assert source.loads == 2


async def test_refresh_loads_whatever_is_there(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    assert await source.get(1) == "old"
    source.value = "new"
    assert await source.get.refresh(1) == "new"
    assert await source.get(1) == "new"
    assert source.loads == 2
