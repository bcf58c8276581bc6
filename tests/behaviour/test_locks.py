"""Locks on documents: while somebody has one, nobody else writes, reads go on, and the lock ends by itself."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import CasMismatch, InvalidArgument, KeyLocked, KeyNotFound, KeyNotLocked

LONG = 30
SHORT = 0.05


def writes(cache: Cache, **cas: Any) -> list[Callable[[], Awaitable[Any]]]:
    """Every call that would change what is there."""
    return [
        partial(cache.set, "k", "new"),
        partial(cache.set, "k", "new", keep_ttl=True),
        partial(cache.set, "k", "new", cas=cas.get("cas", 5)),
        partial(cache.insert, "k", "new"),
        partial(cache.replace, "k", "new"),
        partial(cache.replace, "k", "new", cas=cas.get("cas", 5)),
        partial(cache.delete, "k"),
        partial(cache.delete, "k", cas=cas.get("cas", 5)),
        partial(cache.touch, "k", 5),
        partial(cache.get_and_touch, "k", 5),
        partial(cache.mutate, "k", lambda value: value),
        partial(cache.get_and_lock, "k", 5),
        partial(single, cache.set_many, {"k": "new"}),
        partial(single, cache.delete_many, ["k"]),
    ]


async def single(call: Callable[..., Awaitable[Any]], argument: Any) -> None:
    """What a call of many says of its one key."""
    [result] = (await call(argument, return_exceptions=True)).values()
    if isinstance(result, Exception):
        raise result


async def refused(cache: Cache, cas: int) -> int:
    """How many of all writes were refused."""
    found = 0
    for write in writes(cache, cas=cas):
        with pytest.raises(KeyLocked) as caught:
            await write()
        assert caught.value.key == "k"
        found += 1
    return found


async def test_while_it_is_locked_every_write_is_refused(cache: Cache, stage: Stage) -> None:
    cas = await cache.set("k", "old", ttl=60)
    lock = await cache.get_and_lock("k", LONG)
    assert (lock.value, lock.locked) == ("old", True)
    for writer in (cache, stage.open()):
        if stage.url != "memory://" or writer is cache:
            assert await refused(writer, cas) == len(writes(cache))
    entry = await cache.entry("k")
    assert (entry.value, entry.cas, entry.locked) == ("old", cas, True)
    assert 50 < (entry.ttl or 0) <= 60


async def test_a_writer_of_another_flavour_in_another_process_is_refused_too(cache: Cache, elsewhere: Any) -> None:
    cas = await cache.set("k", "old")
    lock = await cache.get_and_lock("k", LONG)
    assert elsewhere(refused, cas) == len(writes(cache))
    assert elsewhere(written, lock.cas) is None
    assert await cache.get("k") == "theirs"


async def written(cache: Cache, cas: int) -> None:
    await cache.set("k", "theirs", cas=cas)


async def test_reads_go_on_and_show_another_cas(cache: Cache) -> None:
    await cache.set("k", "old")
    lock = await cache.get_and_lock("k", LONG)
    assert await cache.get("k") == "old"
    assert await cache.get_many(["k"]) == {"k": "old"}
    assert await cache.exists("k") is True
    assert await cache.ttl("k") is None
    assert (await cache.entry("k")).cas != lock.cas


@pytest.mark.parametrize("how", ["set", "replace", "delete", "set_many"])
async def test_a_write_with_the_locks_cas_succeeds_and_releases_it(cache: Cache, how: str) -> None:
    await cache.set("k", "old")
    cas = (await cache.get_and_lock("k", LONG)).cas
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "set": partial(cache.set, "k", "new", cas=cas),
        "replace": partial(cache.replace, "k", "new", cas=cas),
        "delete": partial(cache.delete, "k", cas=cas),
        "set_many": partial(cache.set_many, {"k": "new"}, cas={"k": cas}),
    }
    await calls[how]()
    assert await cache.get("k") == (None if how == "delete" else "new")
    await cache.set("k", "newer")
    with pytest.raises(KeyNotLocked):
        await cache.unlock("k", cas)


async def test_unlocking_twice_raises_and_nothing_was_changed(cache: Cache) -> None:
    before = await cache.set("k", "old", ttl=60)
    cas = (await cache.get_and_lock("k", LONG)).cas
    await cache.unlock("k", cas)
    entry = await cache.entry("k")
    assert (entry.value, entry.cas, entry.locked) == ("old", before, False)
    assert 50 < (entry.ttl or 0) <= 60
    with pytest.raises(KeyNotLocked) as caught:
        await cache.unlock("k", cas)
    assert caught.value.key == "k"
    assert await cache.set("k", "new", cas=before)


async def test_only_the_locks_own_cas_unlocks(cache: Cache) -> None:
    before = await cache.set("k", "old")
    lock = await cache.get_and_lock("k", LONG)
    for cas in (before, lock.cas ^ 1):
        with pytest.raises(KeyNotLocked):
            await cache.unlock("k", cas)
    with pytest.raises(KeyLocked):
        await cache.set("k", "new")


async def test_a_lock_ends_with_its_time(cache: Cache, stage: Stage) -> None:
    cas = await cache.set("k", "old")
    lock = await cache.get_and_lock("k", SHORT)

    async def free() -> bool:
        return not (await cache.entry("k")).locked

    await stage.until(free)
    with pytest.raises(KeyNotLocked):
        await cache.unlock("k", lock.cas)
    assert (await cache.entry("k")).cas == cas
    again = await cache.get_and_lock("k", LONG)
    with pytest.raises(KeyLocked):
        await cache.set("k", "new", cas=lock.cas)
    await cache.set("k", "new", cas=again.cas)
    with pytest.raises(CasMismatch):
        await cache.set("k", "newer", cas=lock.cas)


async def test_the_holder_of_a_lock_that_ended_may_still_write_before_anybody_else(cache: Cache, stage: Stage) -> None:
    await cache.set("k", "old")
    lock = await cache.get_and_lock("k", SHORT)

    async def free() -> bool:
        return not (await cache.entry("k")).locked

    await stage.until(free)
    await cache.set("k", "mine", cas=lock.cas)
    assert await cache.get("k") == "mine"


async def test_of_many_that_lock_at_once_one_succeeds(cache: Cache, stage: Stage) -> None:
    await cache.set("k", "old")
    outcomes = await stage.together([partial(cache.get_and_lock, "k", LONG)] * 8)
    locks = [each for each in outcomes if not isinstance(each, Exception)]
    assert len(locks) == 1
    assert {type(each) for each in outcomes if isinstance(each, Exception)} == {KeyLocked}


async def test_what_is_not_there_cannot_be_locked(cache: Cache) -> None:
    for call in (partial(cache.get_and_lock, "k", LONG), partial(cache.unlock, "k", 5)):
        with pytest.raises(KeyNotFound):
            await call()
    await cache.set("k", "old", tags=["red"])
    await cache.invalidate_tags("red")
    with pytest.raises(KeyNotFound):
        await cache.get_and_lock("k", LONG)


async def test_a_document_with_tags_can_be_locked(cache: Cache) -> None:
    await cache.set("k", "old", tags=["red"])
    lock = await cache.get_and_lock("k", LONG)
    assert lock.tags == ("red",)
    with pytest.raises(KeyLocked):
        await cache.insert("k", "new")


async def test_an_invalidation_asks_for_no_lock(cache: Cache) -> None:
    for remove in (partial(cache.invalidate, "k"), cache.clear, partial(cache.expire, "k")):
        await cache.set("k", "old")
        lock = await cache.get_and_lock("k", LONG)
        await remove()
        assert await cache.get("k") is None
        with pytest.raises(KeyNotFound):
            await cache.unlock("k", lock.cas)


async def test_a_lock_without_a_time_is_refused_before_anything_is_sent(cache: Cache) -> None:
    await cache.set("k", "old")
    no_times: list[Any] = [None, 0, -1, True, float("nan"), "", "soon", b"1"]
    for ttl in no_times:
        with pytest.raises(InvalidArgument) as caught:
            await cache.get_and_lock("k", ttl)
        assert caught.value.argument == "ttl"
        with pytest.raises(InvalidArgument):
            async with cache.locked("k", ttl):
                pass
    no_cas: list[Any] = [None, True, -1, 2**64, "1"]
    for cas in no_cas:
        with pytest.raises(InvalidArgument) as caught:
            await cache.unlock("k", cas)
        assert caught.value.argument == "cas"
    await cache.set("k", "new")


# -- as a context


async def test_a_block_has_the_lock_and_gives_it_back(cache: Cache) -> None:
    await cache.set("k", 1)
    async with cache.locked("k", LONG) as entry:
        assert (entry.value, entry.locked) == (1, True)
        with pytest.raises(KeyLocked):
            await cache.set("k", 2)
    await cache.set("k", 2)


async def test_a_block_may_write_with_its_cas(cache: Cache) -> None:
    await cache.set("k", 1)
    async with cache.locked("k", LONG) as entry:
        await cache.replace("k", entry.value + 1, cas=entry.cas)
        await cache.set("k", 5)
    assert await cache.get("k") == 5


async def test_a_block_that_fails_gives_the_lock_back(cache: Cache) -> None:
    await cache.set("k", 1)
    with pytest.raises(ZeroDivisionError):
        async with cache.locked("k", LONG) as entry:
            entry.value // 0
    await cache.set("k", 2)


async def test_a_block_that_cannot_have_the_lock_does_not_run(cache: Cache) -> None:
    await cache.set("k", 1)
    await cache.get_and_lock("k", LONG)
    with pytest.raises(KeyLocked):
        async with cache.locked("k", LONG):
            pytest.fail("it ran")


async def test_a_value_that_is_not_what_was_asked_for_is_not_left_locked(cache: Cache) -> None:
    await cache.set("k", "text")
    with pytest.raises(ValueError, match="int"):
        await cache.get_and_lock("k", LONG, type=int)
    await cache.set("k", "new")


# -- load-through


async def test_a_locked_document_is_a_hit(cache: Cache) -> None:
    await cache.set("k", "old")
    await cache.get_and_lock("k", LONG)

    async def never() -> str:
        pytest.fail("it was loaded")

    assert await cache.get_or_set("k", never) == "old"


async def test_a_load_does_not_write_over_a_locked_document(cache: Cache) -> None:
    function = cache.cached(key="k:{word}", ttl=60)(word_of)
    await function("a")
    before = await cache.entry("k:a")
    await cache.get_and_lock("k:a", LONG)
    with pytest.raises(KeyLocked):
        await function.set("other", "a")
    assert await function.refresh("a") == "a"
    after = await cache.entry("k:a")
    assert (after.cas, after.locked) == (before.cas, True)


async def word_of(word: str) -> str:
    return word


async def test_a_load_of_what_is_locked_and_out_of_date_goes_to_the_caller_alone(cache: Cache, stage: Stage) -> None:
    short = stage.open(lease=0.1)
    await short.set("k", "old", tags=["red"])
    lock = await short.get_and_lock("k", LONG)
    await short.invalidate_tags("red")

    async def load() -> str:
        return "new"

    assert await short.get_or_set("k", load) == "new"
    assert await short.get("k") is None
    with pytest.raises(CasMismatch):
        await short.set("k", "written", cas=lock.cas)
    await short.unlock("k", lock.cas)
    await short.get_or_set("k", load)
    assert await short.get("k") == "new"
