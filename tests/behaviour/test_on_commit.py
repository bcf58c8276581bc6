"""Transactions: what is queued for one is invalidated when it has committed, and dropped when it is rolled back."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from loads import Source
from valkey import Valkey

from caches import Cache, Stage, bare
from servers import calls
from unicache.errors import ConfigurationError, InvalidArgument, InvalidationUncertain
from unicache.server import Server

KEYS = ["a", "b", "c", "d"]


class RolledBack(Exception):
    """What ends a transaction that is not committed."""


async def filled(cache: Cache) -> Cache:
    await cache.set_many(dict.fromkeys(KEYS, 1))
    await cache.set("tagged", 1, tags=["red"])
    return cache


async def left(cache: Cache) -> str:
    """Which of the keys are still there, in one word."""
    return "".join(await cache.get_many(KEYS))


async def test_keys_and_tags_go_when_the_transaction_has_committed(cache: Cache) -> None:
    await filled(cache)
    async with cache.pending() as transaction:
        cache.on_commit(transaction, keys=["a", "b"])
        cache.on_commit(transaction, tags=["red"])
        assert await left(cache) == "abcd"
        assert await cache.get("tagged") == 1
    assert await left(cache) == "cd"
    assert await cache.get("tagged") is None


async def roll_back(cache: Cache) -> None:
    async with cache.pending() as transaction:
        cache.on_commit(transaction, keys=KEYS, tags=["red"])
        raise RolledBack


async def test_a_transaction_that_is_rolled_back_invalidates_nothing(cache: Cache) -> None:
    await filled(cache)
    with pytest.raises(RolledBack):
        await roll_back(cache)
    assert await left(cache) == "abcd"
    assert await cache.get("tagged") == 1
    assert cache.stats()["invalidations"] == 0


async def test_a_savepoint_that_is_rolled_back_drops_only_its_own(cache: Cache) -> None:
    await filled(cache)
    async with cache.pending() as transaction:
        cache.on_commit(transaction, keys=["a"])
        with suppress(RolledBack), transaction.savepoint():
            cache.on_commit(transaction, keys=["a", "b"])
            with transaction.savepoint():
                cache.on_commit(transaction, keys=["c"], tags=["red"])
            raise RolledBack
        with transaction.savepoint():
            cache.on_commit(transaction, keys=["d"])
    assert await left(cache) == "bc"
    assert await cache.get("tagged") == 1


async def test_what_a_savepoint_dropped_may_be_queued_again(cache: Cache) -> None:
    await filled(cache)
    async with cache.pending() as transaction:
        savepoint = transaction.savepoint()
        cache.on_commit(transaction, keys=["a", "b"])
        savepoint.rollback()
        cache.on_commit(transaction, keys=["b"])
    assert await left(cache) == "acd"


async def test_a_layer_may_drive_the_transaction_itself(cache: Cache) -> None:
    await filled(cache)
    committed, rolled_back = cache.pending(), cache.pending()
    cache.on_commit(committed, keys=["a"])
    cache.on_commit(rolled_back, keys=["b"])
    rolled_back.rollback()
    for _ in range(2):
        await committed.commit()
        await rolled_back.commit()
    assert await left(cache) == "bcd"


class Transaction:
    """One of a database layer that carries what is outstanding for it."""

    def __init__(self, pending: Any) -> None:
        self.unicache_pending = bare(pending)


async def test_a_transaction_may_carry_what_is_outstanding(cache: Cache) -> None:
    await filled(cache)
    async with cache.pending() as pending:
        cache.on_commit(Transaction(pending), keys=["a"])
    assert await left(cache) == "bcd"


async def test_several_caches_and_namespaces_may_share_a_transaction(cache: Cache, stage: Stage) -> None:
    caches = [cache, cache.namespace("inner"), stage.open("memory://")]
    for each in caches:
        await filled(each)
    async with cache.pending() as transaction:
        for each, key in zip(caches, KEYS, strict=False):
            each.on_commit(transaction, keys=[key])
            each.namespace("inner").on_commit(transaction, keys=["d"])
    assert [await left(each) for each in caches] == ["bcd", "ac", "abd"]


async def test_functions_are_invalidated_where_they_are_cached(cache: Cache) -> None:
    async def ones(numbers: list[int]) -> dict[int, int]:
        return dict.fromkeys(numbers, 1)

    class Shop:
        @cache.namespace("inner").cached(key="stock:{article}:{red}", ignore=["self"])
        async def stock(self, article: str, *, red: bool = False) -> int:
            return 1

    many, shop = cache.cached_many(key="one:{number}")(ones), Shop()
    await many([1, 2, 3])
    await shop.stock("pen", red=True)
    async with cache.pending() as transaction:
        many.invalidate_on_commit(transaction, 1, 3)
        shop.stock.invalidate_on_commit(transaction, "pen", red=True)
        assert await shop.stock.get("pen", red=True) == 1
    assert await shop.stock.get("pen", red=True) is None
    assert list(await cache.get_many(["one:1", "one:2", "one:3"])) == ["one:2"]


async def test_bad_input_raises_when_it_is_queued_and_queues_nothing(cache: Cache) -> None:
    await filled(cache)
    bad: list[dict[str, Any]] = [
        {"keys": "a"},
        {"keys": [""]},
        {"keys": ["a", 5]},
        {"keys": ["a" * 1025]},
        {"keys": ["a"], "tags": "red"},
        {"keys": ["a"], "tags": [None]},
        {"keys": 5},
    ]
    async with cache.pending() as transaction:
        for queued in bad:
            with pytest.raises(InvalidArgument):
                cache.on_commit(transaction, **queued)
    assert await left(cache) == "abcd"
    assert cache.stats()["invalidations"] == 0


async def test_the_arguments_of_a_function_are_checked_when_they_are_queued(cache: Cache) -> None:
    async def load(number: int) -> int:
        return number

    function = cache.cached()(load)
    async with cache.pending() as transaction:
        with pytest.raises(InvalidArgument):
            function.invalidate_on_commit(transaction, object())  # type: ignore[arg-type]


async def test_what_is_no_transaction_is_refused(cache: Cache) -> None:
    for wrong in (None, "BEGIN", object(), Transaction(5), cache):
        with pytest.raises(InvalidArgument) as caught:
            cache.on_commit(wrong, keys=["a"])
        assert caught.value.argument == "transaction"


async def test_a_transaction_that_is_over_is_refused(cache: Cache) -> None:
    async with cache.pending() as transaction:
        pass
    rolled_back = cache.pending()
    rolled_back.rollback()
    for over in (transaction, rolled_back):
        with pytest.raises(InvalidArgument, match="over"):
            cache.on_commit(over, keys=["a"])


async def test_a_transaction_of_another_package_is_refused(cache: Cache) -> None:
    import unicache
    import unicache_asyncio
    import unicache_twisted

    mine = type(bare(cache.pending()))
    others = [each.Pending for each in (unicache, unicache_asyncio, unicache_twisted) if each.Pending is not mine]
    assert len(others) == 2
    for other in others:
        with pytest.raises(ConfigurationError, match=other.__module__.partition(".")[0]):
            cache.on_commit(other(), keys=["a"])


async def test_a_commit_is_one_command_for_keys_and_one_for_tags(cache: Cache, observer: Valkey) -> None:
    await filled(cache)
    before = calls(observer)
    async with cache.pending() as transaction:
        for _ in range(3):
            for key in KEYS:
                cache.on_commit(transaction, keys=[key], tags=["red", key])
    assert calls(observer) - before == {"unlink": 2}


async def test_nothing_queued_is_nothing_sent(cache: Cache, observer: Valkey) -> None:
    await cache.connect()
    before = calls(observer)
    async with cache.pending() as transaction:
        cache.on_commit(transaction)
    assert calls(observer) == before


# -- the race


@pytest.mark.parametrize("how", ["key", "tag", "function"])
async def test_a_reader_paused_between_load_and_store_leaves_nothing_stale(
    cache: Cache, stage: Stage, how: str
) -> None:
    source = Source(cache, stage)
    source.hold()
    reader = stage.begin(lambda: source.get(1))
    await source.loading()
    source.hold_no_more()
    async with cache.pending() as transaction:
        match how:
            case "key":
                cache.on_commit(transaction, keys=["row:1"])
            case "tag":
                cache.on_commit(transaction, tags=["rows"])
            case "function":
                source.get.invalidate_on_commit(transaction, 1)
        source.value = "new"  # the commit
    if how != "tag":  # which leaves the reader's lease alone
        assert await source.get(1) == "new"
    source.release()
    assert await reader.result() == "old"
    assert await source.get(1) == "new"


async def test_a_reader_who_stored_the_old_value_after_it_was_queued_leaves_nothing_stale(
    cache: Cache, stage: Stage
) -> None:
    source = Source(cache, stage)
    async with cache.pending() as transaction:
        source.get.invalidate_on_commit(transaction, 1)
        assert await source.get(1) == "old"
        source.value = "new"  # the commit
    assert await source.get(1) == "new"


# -- what can go wrong


async def test_a_store_that_is_down_is_told_and_the_others_are_invalidated(
    cache: Cache, stage: Stage, own_server: Server
) -> None:
    await filled(cache)
    down = stage.open(own_server.url, timeout=0.1)
    await down.connect(within=20)
    own_server.kill()
    transaction = cache.pending()
    down.on_commit(transaction, keys=["a"], tags=["red"])
    cache.on_commit(transaction, keys=["a"], tags=["red"])
    with pytest.raises(InvalidationUncertain):
        await transaction.commit()
    assert await left(cache) == "bcd"
    assert await cache.get("tagged") is None


async def test_a_cancelled_commit_is_invalidated_all_the_same(stage: Stage, own_server: Server) -> None:
    if not stage.flavour.cancels:
        return  # nothing cancels a thread
    cache = await filled(stage.open(own_server.url, timeout=10))
    transaction = cache.pending()
    cache.on_commit(transaction, keys=["a"], tags=["red"])
    own_server.pause()
    caller = stage.flavour.start(partial(_commit, transaction))
    await stage.until(lambda: "0 keys" in repr(transaction))
    caller.cancel()
    own_server.resume()
    await caller.ended()
    await stage.until(lambda: cache.stats()["invalidations"] == 2)
    assert await left(cache) == "bcd"
    assert await cache.get("tagged") is None


async def _commit(transaction: Any) -> None:
    await transaction.commit()
