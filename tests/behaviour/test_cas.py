"""Compare and set: what was read is what is changed, or nothing is."""

from functools import partial
from itertools import count
from typing import Any

import pytest

from caches import Cache, Stage
from unicache._core.tools import turns
from unicache.errors import CasMismatch, InvalidArgument, KeyNotFound


def plus_one(value: int) -> int:
    return value + 1


async def counted(cache: Cache, times: int) -> None:
    for _ in range(times):
        await cache.mutate("n", plus_one, retries=1000)


async def test_every_write_gives_a_new_cas(cache: Cache) -> None:
    seen = [await cache.set("k", 1), await cache.set("k", 1), await cache.replace("k", 1)]
    await cache.delete("k")
    seen.append(await cache.insert("k", 1))
    await cache.mutate("k", plus_one)
    seen.append((await cache.entry("k")).cas)
    seen.append((await cache.set_many({"k": 1}))["k"])
    assert len(set(seen)) == len(seen)


async def test_a_write_with_the_current_cas_succeeds(cache: Cache) -> None:
    cas = await cache.set("k", 1)
    cas = await cache.set("k", 2, cas=cas)
    cas = await cache.replace("k", 3, cas=cas)
    assert await cache.get("k") == 3
    assert await cache.delete("k", cas=cas) is True


async def test_a_stale_cas_is_refused_and_the_value_untouched(cache: Cache) -> None:
    stale = await cache.set("k", 1)
    current = await cache.set("k", 2, ttl=60)
    for write in (cache.set, cache.replace):
        with pytest.raises(CasMismatch) as caught:
            await write("k", 3, cas=stale)
        assert caught.value.key == "k"
    entry = await cache.entry("k")
    assert (entry.value, entry.cas) == (2, current)
    assert entry.ttl is not None


async def test_a_key_that_was_made_again_takes_no_old_cas(cache: Cache) -> None:
    old = await cache.set("k", 1)
    await cache.delete("k")
    with pytest.raises(CasMismatch):
        await cache.set("k", 2, cas=old)
    assert await cache.exists("k") is False
    await cache.insert("k", 1)
    with pytest.raises(CasMismatch):
        await cache.set("k", 2, cas=old)
    with pytest.raises(CasMismatch):
        await cache.delete("k", cas=old)
    assert await cache.get("k") == 1


async def test_touching_leaves_the_cas(cache: Cache) -> None:
    cas = await cache.set("k", 1)
    await cache.touch("k", 60)
    assert await cache.set("k", 2, cas=cas)


async def test_replace_of_a_missing_key_with_a_cas_raises(cache: Cache) -> None:
    with pytest.raises(KeyNotFound):
        await cache.replace("k", 1, cas=5)
    assert await cache.delete("k", cas=5) is False


async def test_what_is_no_cas_is_refused(cache: Cache) -> None:
    await cache.set("k", 1)
    no_cas: list[Any] = [True, -1, 1.0, "1", b"12345678", 2**64]
    calls = [
        call
        for cas in no_cas
        for call in (
            partial(cache.set, "k", 2, cas=cas),
            partial(cache.replace, "k", 2, cas=cas),
            partial(cache.delete, "k", cas=cas),
            partial(cache.set_many, {"k": 2}, cas={"k": cas}),
        )
    ]
    for call in calls:
        with pytest.raises(InvalidArgument) as caught:
            await call()
        assert caught.value.argument == "cas"
    assert await cache.get("k") == 1


async def test_mutate_gives_the_new_value_and_keeps_time_and_tags(cache: Cache) -> None:
    await cache.set("k", 1, ttl=60, tags=["red"])
    assert await cache.mutate("k", plus_one) == 2
    entry = await cache.entry("k")
    assert (entry.value, entry.tags) == (2, ("red",))
    assert 0 < (entry.ttl or 0) <= 60
    await cache.mutate("k", plus_one, ttl="1h")
    assert 3590 < (await cache.ttl("k") or 0) <= 3600
    await cache.mutate("k", plus_one, ttl=None)
    assert await cache.ttl("k") is None


async def test_mutate_of_a_missing_key_raises_and_calls_nothing(cache: Cache) -> None:
    called: list[Any] = []
    with pytest.raises(KeyNotFound):
        await cache.mutate("k", called.append)
    assert called == []


async def test_mutate_waits_for_a_change_that_takes_its_time(cache: Cache) -> None:
    async def change(value: int) -> int:
        await cache.set("other", 1)
        return value + 1

    await cache.set("k", 1)
    assert await cache.mutate("k", change) == 2


async def test_mutate_raises_what_the_change_raises_and_writes_nothing(cache: Cache) -> None:
    cas = await cache.set("k", 0)
    with pytest.raises(ZeroDivisionError):
        await cache.mutate("k", lambda value: 1 // value)
    assert (await cache.entry("k")).cas == cas


async def test_mutate_starts_again_when_somebody_else_wrote(cache: Cache) -> None:
    async def change(value: list[int]) -> list[int]:
        if len(value) < 3:
            await cache.set("k", [*value, 0])
        return [*value, 1]

    await cache.set("k", [])
    assert await cache.mutate("k", change) == [0, 0, 0, 1]
    assert await cache.get("k") == [0, 0, 0, 1]


async def test_mutate_gives_up_after_its_retries(cache: Cache) -> None:
    calls = count()

    async def change(value: int) -> int:
        await cache.set("k", next(calls))
        return -1

    await cache.set("k", 0)
    with pytest.raises(CasMismatch) as caught:
        await cache.mutate("k", change, retries=2)
    assert caught.value.key == "k"
    assert next(calls) == 3
    assert await cache.get("k") == 2


async def test_what_is_no_number_of_retries_is_refused(cache: Cache) -> None:
    for retries in (-1, True, 1.0, "3", None):
        with pytest.raises(InvalidArgument) as caught:
            await cache.mutate("k", plus_one, retries=retries)  # type: ignore[arg-type]
        assert caught.value.argument == "retries"


async def test_what_cannot_change_a_value_is_refused(cache: Cache) -> None:
    for change in (None, 5, "text"):
        with pytest.raises(InvalidArgument) as caught:
            await cache.mutate("k", change)  # type: ignore[arg-type]
        assert caught.value.argument == "fn"


async def test_no_change_is_lost_among_concurrent_callers(cache: Cache, stage: Stage) -> None:
    await cache.set("n", 0)
    outcomes = await stage.together([lambda: counted(cache, 5)] * 8)
    assert outcomes == [None] * 8
    assert await cache.get("n") == 40


async def test_no_change_is_lost_between_processes_of_different_flavours(
    cache: Cache, stage: Stage, elsewhere: Any
) -> None:
    await cache.set("n", 0)
    elsewhere.begin(counted, 60)
    assert await stage.together([partial(counted, cache, 20)] * 4) == [None] * 4
    elsewhere.result()
    assert await cache.get("n") == 140


async def test_a_change_that_changes_the_same_document_is_not_kept_waiting_by_itself(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    nested = iter([True, True, False])

    async def change(value: int) -> int:
        if next(nested):
            await cache.mutate("n", plus_one)  # the second time, the outer change stands in the queue already
        return value + 10

    await cache.set("n", 0)
    assert await cache.mutate("n", change) == 12
