"""Replicas: a change that returns when they have it or says that they have not, and documents that are read from one.

Who served a call is the servers' own count of commands; a replica that is frozen confirms nothing.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from caches import Cache, Stage
from servers import Replicated, calls
from servers import observer as observer_of
from unicache import subdocument as sd
from unicache._core import wired
from unicache.errors import (
    InvalidationUncertain,
    KeyExists,
    KeyNotFound,
    ManyError,
    NotReplicated,
)
from unicache.server import Server

Call = Callable[[], Coroutine[Any, Any, Any]]

SHORT = 2.0
"""Seconds for a call that is to fail; a small part of it is for replicas, where ``hasty`` is used."""

LONG = 20.0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give replicas little of the time, and the primary, which has to answer, all the more."""
    monkeypatch.setattr(wired, "PATIENCE", 0.05)


def careful(stage: Stage, group: Replicated, timeout: float = LONG) -> Cache:
    """A cache whose changes the replica has to confirm."""
    return stage.open(group.primary.url, acknowledged_by=1, timeout=timeout)


def reading(stage: Stage, group: Replicated, **options: Any) -> Cache:
    """A cache that reads documents from the replica, and writes what that has when the call returns."""
    options = {"acknowledged_by": 1, "timeout": LONG, "near": False} | options
    return stage.open(group.primary.url, replica=group.place, **options)


BEFORE = {
    "replaced": 1,
    "appended": "a",
    "extended": "a",
    "touched": 1,
    "looked at": 1,
    "mutated": "a",
    "partly": {"a": 1},
}
"""What there has to be for the changes, and what there is then."""

AFTER = BEFORE | {"set": 1, "inserted": 1, "replaced": 2, "appended": "as", "extended": "as", "counter": 1}
AFTER |= {"mutated": "aa", "one": 1, "two": 2, "partly": {"a": 1, "b": 2}}


def changes(cache: Cache) -> list[Call]:
    """Each way to change a document, of its own, and one request that does."""
    return [
        partial(cache.set, "set", 1),
        partial(cache.insert, "inserted", 1),
        partial(cache.replace, "replaced", 2),
        partial(cache.append, "appended", "s"),
        partial(cache.append_many, {"extended": "s"}),
        partial(cache.touch, "touched", 60),
        partial(cache.get_and_touch, "looked at", 60),
        partial(cache.increment, "counter", initial=1),
        partial(cache.mutate, "mutated", doubled),
        partial(cache.set_many, {"one": 1, "two": 2}),
        partial(cache.mutate_in, "partly", [sd.set("b", 2)]),
        partial(cache.delete, "deleted"),
    ]


async def doubled(value: str) -> str:
    return value * 2


def count(server: Server, *commands: str) -> int:
    with observer_of(server) as client:
        return sum(calls(client)[command] for command in commands)


def blocked(server: Server) -> int:
    """How many connections wait there."""
    with observer_of(server) as client:
        return int(client.info("clients")["blocked_clients"])


def tries(server: Server) -> int:
    """How often it was asked what keys hold."""
    return count(server, "get", "mget")


# -- changes


async def test_a_change_asks_for_the_replica_in_the_same_request(stage: Stage, replicated: Replicated) -> None:
    cache, plain = careful(stage, replicated), stage.open(replicated.primary.url, near=False)
    await plain.set_many(BEFORE | {"deleted": 1})
    for change in changes(cache):
        before = count(replicated.primary, "wait")
        await change()
        assert count(replicated.primary, "wait") == before + 1
    before = count(replicated.primary, "wait")
    assert await cache.get_many([*AFTER, "deleted"]) == AFTER
    await plain.set("k", 3)
    assert count(replicated.primary, "wait") == before


async def test_what_was_changed_is_on_the_replica(stage: Stage, replicated: Replicated) -> None:
    cache, there = careful(stage, replicated), stage.open(replicated.replica.url, near=False)
    for number in range(20):
        await cache.set("k", number)
        assert await there.get("k") == number


@pytest.mark.usefixtures("hasty")
async def test_without_enough_replicas_each_change_says_so_and_is_made(stage: Stage, replicated: Replicated) -> None:
    plain = stage.open(replicated.primary.url, near=False)
    await plain.set_many(BEFORE | {"deleted": 1})
    caches = [careful(stage, replicated, SHORT) for _ in changes(plain)]
    for cache in caches:
        await cache.ping()
    replicated.replica.pause()
    errors = await stage.together([changes(cache)[which] for which, cache in enumerate(caches)])
    for error in errors:
        results = error.results.values() if isinstance(error, ManyError) else [error]
        assert all(isinstance(each, NotReplicated) and each.ambiguous and each.key for each in results)
    assert await plain.get_many([*AFTER, "deleted"]) == AFTER


async def test_one_question_is_for_all_keys_of_a_call(stage: Stage, replicated: Replicated) -> None:
    cache = careful(stage, replicated)
    before = count(replicated.primary, "wait")
    await cache.set_many({f"k{number}": number for number in range(50)})
    await cache.delete_many([f"k{number}" for number in range(50)])
    assert count(replicated.primary, "wait") == before + 2


@pytest.mark.usefixtures("hasty")
async def test_what_the_primary_refuses_is_refused(stage: Stage, replicated: Replicated) -> None:
    await stage.open(replicated.primary.url).set("k", 1)
    cache = careful(stage, replicated, SHORT)
    replicated.replica.pause()
    with pytest.raises(KeyExists):
        await cache.insert("k", 2)
    with pytest.raises(KeyNotFound):
        await cache.replace("absent", 2)
    with pytest.raises(ManyError) as caught:
        await cache.insert_many({"k": 2, "new": 2})
    assert [type(caught.value.results[key]) for key in ("k", "new")] == [KeyExists, NotReplicated]


async def test_a_lock_that_was_not_confirmed_is_given_back(stage: Stage, replicated: Replicated) -> None:
    plain = stage.open(replicated.primary.url, near=False)
    await plain.set("k", 1)
    async with careful(stage, replicated).locked("k", ttl=60):
        pass
    replicated.replica.pause()
    with pytest.raises(NotReplicated):
        await careful(stage, replicated, 0.6).get_and_lock("k", ttl=60)  # half of that is for replicas
    assert not (await plain.entry("k")).locked


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_forgot_its_scripts_is_asked_again(stage: Stage, replicated: Replicated) -> None:
    cache = careful(stage, replicated, SHORT)
    with suppress(NotReplicated):  # it was hasty; the server has the script
        await cache.set("k", 1)
    with observer_of(replicated.primary) as client:
        client.script_flush()
    replicated.replica.pause()
    with pytest.raises(NotReplicated):
        await cache.set("k", 2)
    assert await cache.get("k") == 2


async def test_a_user_who_may_not_ask_for_replicas_is_told(stage: Stage, replicated: Replicated) -> None:
    cache = careful(stage, replicated)
    with observer_of(replicated.primary) as client:
        client.execute_command("ACL", "SETUSER", "default", "-wait")
        try:
            with pytest.raises(NotReplicated, match="NOPERM"):
                await cache.set("k", 1)
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+wait")
    assert await cache.get("k") == 1


async def test_who_does_not_change_anything_is_not_kept_waiting(stage: Stage, replicated: Replicated) -> None:
    cache, done = careful(stage, replicated), []
    await cache.set("k", 1)

    async def written() -> None:
        await cache.set("k", 2)
        done.append("written")

    replicated.replica.pause()
    writing = stage.begin(written)
    await stage.until(lambda: blocked(replicated.primary))
    assert await cache.get("k") == 2
    assert done == []
    replicated.replica.resume()
    await writing.result()


# -- invalidations


@pytest.mark.usefixtures("hasty")
async def test_an_invalidation_that_the_replica_did_not_confirm_is_uncertain(
    stage: Stage, replicated: Replicated
) -> None:
    caches = [careful(stage, replicated, SHORT) for _ in range(3)]

    async def twice() -> None:
        with pytest.raises(InvalidationUncertain):
            await caches[1].invalidate("k")
        await caches[1].invalidate("k")  # it is gone, and still not confirmed

    await careful(stage, replicated).invalidate("k")
    replicated.replica.pause()
    plain = stage.open(replicated.primary.url, near=False)
    await plain.set_many({"k": 1, "tagged": 1, "start:k": 1}, tags={"tagged": ["red"]})
    errors = await stage.together(
        [
            partial(caches[0].invalidate_tags, "red"),
            twice,
            partial(caches[2].invalidate_prefix, "start:"),
        ]
    )
    assert [(type(error), error.ambiguous) for error in errors] == [(InvalidationUncertain, True)] * 3
    assert await plain.get_many(["k", "tagged", "start:k"]) == {}


@pytest.mark.usefixtures("hasty")
async def test_everything_is_cleared_though_no_replica_confirms(stage: Stage, replicated: Replicated) -> None:
    plain = stage.open(replicated.primary.url, near=False)
    await plain.set_many(dict.fromkeys(map(str, range(3000)), 0))
    cache = careful(stage, replicated, SHORT)
    replicated.replica.pause()
    before = count(replicated.primary, "wait")
    for times in (1, 2):
        with pytest.raises(InvalidationUncertain):
            await cache.clear()
        assert count(replicated.primary, "wait") == before + times
        assert await plain.get_many(map(str, range(3000))) == {}
    replicated.replica.resume()
    await stage.open(replicated.primary.url, acknowledged_by=1, timeout=LONG).clear()


# -- load-through


async def test_loads_ask_no_replica(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated, timeout=SHORT)
    replicated.replica.pause()

    @cache.cached(key="double:{number}", ttl=60, tags=["all"])
    async def double(number: int) -> int:
        return number * 2

    before = count(replicated.primary, "wait")
    for _ in range(2):
        assert await double(2) == 4
    assert await double.refresh(2) == 4
    assert await double.get(2) == 4
    assert count(replicated.primary, "wait") == before
    assert cache.stats()["uncached"] == 0


# -- reads


async def test_documents_are_read_from_the_replica(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated)
    await cache.set("k", {"a": 1}, ttl=60)
    reads: list[tuple[Call, Any]] = [
        (partial(cache.get, "k"), {"a": 1}),
        (partial(cache.get_many, ["k", "absent"]), {"k": {"a": 1}}),
        (partial(cache.exists, "k"), True),
        (partial(cache.exists_many, ["k"]), {"k": True}),
    ]
    here, there = tries(replicated.primary), tries(replicated.replica)
    for number, (read, expected) in enumerate(reads, 1):
        assert await read() == expected
        assert tries(replicated.replica) == there + number
    assert (await cache.entry("k")).value == {"a": 1}
    assert await cache.ttl("k") == pytest.approx(60, abs=20)
    assert (await cache.lookup_in("k", [sd.get("a")]))[0] == 1
    assert tries(replicated.replica) == there + len(reads) + 3
    assert tries(replicated.primary) == here


async def test_what_is_about_to_be_changed_is_read_from_the_primary(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated)
    await cache.set("k", "a")
    there = tries(replicated.replica)
    await cache.mutate("k", doubled)
    await cache.append("k", "b")
    await cache.append_many({"k": "c"})
    assert await cache.get_or_set("loaded", one) == 1
    assert tries(replicated.replica) == there
    assert await cache.get("k") == "aabc"


async def one() -> int:
    return 1


async def test_tags_are_judged_by_the_primary(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated, timeout=SHORT)
    await cache.set("k", 1, tags=["red"])
    with observer_of(replicated.replica) as client:
        host, port = replicated.primary.address
        client.replicaof("NO", "ONE")
        try:
            await stage.open(replicated.primary.url, near=False).invalidate_tags("red")
            assert await cache.get("k") is None
        finally:
            client.replicaof(host, port)


async def test_without_the_replica_the_primary_is_read(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated)
    await cache.set("k", 1)
    replicated.replica.kill()
    for _ in range(5):
        assert await cache.get("k") == 1
        assert (await cache.entry("k")).value == 1
    replicated.heal()

    async def served() -> bool:
        before = tries(replicated.replica)
        return await cache.get("k") == 1 and tries(replicated.replica) > before

    await stage.until(served)


async def test_a_replica_that_says_nothing_is_left_alone(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated, timeout=0.2, acknowledged_by=0)
    await cache.set("k", 1)
    replicated.replica.pause()
    assert [await cache.get("k") for _ in range(10)] == [1] * 10


async def test_a_replica_without_its_primary_may_refuse(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated)
    await cache.set("k", 1)
    with observer_of(replicated.replica) as client:
        host, port = replicated.primary.address
        client.config_set("replica-serve-stale-data", "no")
        client.replicaof("127.0.0.1", "1")
        try:
            assert await cache.get("k") == 1
        finally:
            client.replicaof(host, port)
            client.config_set("replica-serve-stale-data", "yes")


async def test_a_near_cache_reads_from_the_primary(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated, near=True)
    await cache.set("k", 1)
    there = tries(replicated.replica)
    assert await cache.get("k") == 1
    assert (await cache.entry("k")).value == 1
    assert tries(replicated.replica) == there


async def test_a_closed_cache_is_closed_for_replicas_too(stage: Stage, replicated: Replicated) -> None:
    cache = reading(stage, replicated, client_name=stage.namespace)
    await cache.set("k", 1)
    await cache.get("k")
    await cache.close()

    def connected() -> list[Any]:
        found = []
        for server in (replicated.primary, replicated.replica):
            with observer_of(server) as client:
                found += [each for each in client.client_list() if each["name"] == stage.namespace]
        return found

    await stage.until(lambda: not connected())
