"""``expire``: a value is kept, but as stale; what loads had begun before is not stored."""

from functools import partial
from typing import Any

import pytest
from loads import TTL, Source, held

from caches import Cache, Stage
from unicache.errors import InvalidArgument, KeyNotFound

REVALIDATED = {"stale_while_revalidate": 600}
KEPT = {"stale_if_error": 600}


async def test_an_expired_value_is_served_stale_and_renewed(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, **REVALIDATED)
    await source.get(1)
    source.value = "new"
    assert await source.get.expire(1) is True
    result = await source.get.result(1)
    assert (result.value, result.stale, result.reason) == ("old", True, "stale-while-revalidate")
    await stage.until(lambda: cache.exists("row:1"))
    assert await source.get(1) == "new"
    assert source.loads == 2


async def test_an_expired_value_is_there_if_its_load_fails(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, **KEPT)
    await source.get(1)
    source.failure = LookupError()
    await cache.expire("row:1")
    result = await source.get.result(1)
    assert (result.value, result.stale, result.reason) == ("old", True, "error")


async def test_an_expired_value_without_a_window_is_a_miss(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage)
    await source.get(1)
    source.value = "new"
    await cache.expire("row:1")
    result = await source.get.result(1)
    assert (result.value, result.source, result.stale) == ("new", "loaded", False)


async def test_a_document_that_expired_is_not_found_and_its_entry_says_stale(cache: Cache) -> None:
    cas = await cache.set("k", 1, ttl=60, tags=["red"])
    assert await cache.expire("k") is True
    assert await cache.get("k") is None
    assert not await cache.exists("k")
    entry = await cache.entry("k")
    assert (entry.value, entry.stale, entry.tags) == (1, True, ("red",))
    assert 59 < (entry.ttl or 0) <= 60
    assert entry.cas != cas


async def test_expiring_what_is_not_there_is_fine(cache: Cache) -> None:
    assert await cache.expire("nothing") is False
    with pytest.raises(KeyNotFound):
        await cache.entry("nothing")


async def test_a_key_that_is_none_is_refused(cache: Cache) -> None:
    with pytest.raises(InvalidArgument):
        await cache.expire("")


async def test_a_load_under_way_is_not_stored(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, **REVALIDATED)
    source.hold()
    load = stage.begin(partial(source.get, 1))
    await source.loading()
    source.value = "new"
    assert await source.get.expire(1) is False
    source.release()
    assert await load.result() == "old"
    assert await source.get(1) == "new"


async def test_a_refresh_under_way_is_not_stored(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, **REVALIDATED)
    await source.get(1)
    source.hold()
    refresh = stage.begin(partial(source.get.refresh, 1))
    await source.loading()
    source.value = "new"
    await source.get.expire(1)
    source.release()
    assert await refresh.result() == "old"
    assert (await source.get.result(1)).stale
    await stage.until(lambda: cache.exists("row:1"))
    assert await source.get(1) == "new"


async def test_an_expired_value_ends_when_its_time_is_up(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, **KEPT)
    await source.get(1)
    await cache.expire("row:1")
    entry = await cache.entry("row:1")
    assert TTL < (entry.ttl or 0) <= TTL + 600


async def expired(cache: Cache) -> Any:
    return await cache.expire("k")


async def test_another_process_sees_it_expired(cache: Cache, elsewhere: Any) -> None:
    await cache.set("k", 1, ttl=60)
    elsewhere.begin(expired)
    assert elsewhere.result() is True
    assert await held(cache, "k") is not None
    assert await cache.get("k") is None
