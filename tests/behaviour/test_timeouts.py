"""Callers who will not wait, and loads that go on without them: soft and hard time-outs, cancellation, long loads."""

from contextlib import suppress
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Any

import gevent
import pytest
from gevent.event import Event as GeventEvent
from loads import TTL, Source, aged, held

import unicache
import unicache_gevent
from caches import Cache, Stage, bare
from unicache._core.records.record import Lease
from unicache.errors import ConfigurationError, OperationTimeout

STALE = {"stale_if_error": 600}


async def is_there(source: Source) -> bool:
    """Whether the row is; the hard timeout may be too short for a machine that is busy, and then it is there later."""
    with suppress(OperationTimeout):
        return bool(await source.get(1) == "old")
    return False


async def test_a_soft_timeout_serves_the_stale_value_and_the_load_is_stored(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, soft_timeout=0.02, **STALE)
    await source.get(1)
    aged(cache, TTL + 1)
    source.value = "new"
    source.hold()
    result = await source.get.result(1)
    assert (result.value, result.source, result.stale, result.reason) == ("old", "hit", True, "soft timeout")
    source.release()
    assert await source.get(1) == "new"
    assert source.loads == 2


async def test_a_soft_timeout_waits_where_there_is_nothing_to_serve(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, soft_timeout=0.02, **STALE)
    source.hold()
    caller = stage.begin(lambda: source.get.result(1))
    await source.loading()
    began = monotonic()
    await stage.until(lambda: monotonic() > began + 0.04)
    source.release()
    result = await caller.result()
    assert (result.value, result.stale) == ("old", False)


async def test_a_load_within_its_soft_timeout_is_the_answer(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, soft_timeout=20, **STALE)
    await source.get(1)
    aged(cache, TTL + 1)
    source.value = "new"
    result = await source.get.result(1)
    assert (result.value, result.source) == ("new", "loaded")


async def test_a_hard_timeout_raises_and_the_load_is_stored(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, hard_timeout=0.02)
    source.hold()
    for _ in range(2):  # the leader, and one who joins
        with pytest.raises(OperationTimeout) as caught:
            await source.get(1)
        assert caught.value.key == "row:1"
    source.release()
    await stage.until(partial(is_there, source))
    assert source.loads == 1


async def test_a_hard_timeout_ends_the_waiting_where_the_soft_one_has_nothing_to_serve(
    cache: Cache, stage: Stage
) -> None:
    source = Source(cache, stage, soft_timeout=0.01, hard_timeout=0.02, **STALE)
    source.hold()
    with pytest.raises(OperationTimeout):
        await source.get(1)
    source.release()
    await stage.until(partial(is_there, source))


async def test_a_failure_after_the_hard_timeout_troubles_nobody(cache: Cache, stage: Stage) -> None:
    source = Source(cache, stage, hard_timeout=0.02)
    source.failure = LookupError("no row")
    source.hold()
    with pytest.raises(OperationTimeout):
        await source.get(1)
    await source.loading()  # on a busy machine it begins only after the caller has left
    source.failure = None
    source.release()
    await stage.until(lambda: cache.stats()["errors"] == 1 and not bare(cache)._engine.core.flights._flights)
    await stage.until(partial(is_there, source))


async def test_options_that_contradict_each_other_are_refused_at_decoration(cache: Cache) -> None:
    async def load() -> None: ...

    for options in (
        {"soft_timeout": 2, "hard_timeout": 1, "stale_if_error": 5, "ttl": 1},
        {"soft_timeout": 1, "ttl": 1},
        {"hard_timeout": 3600},
        {"stale_if_error": 5},
        {"stale_while_revalidate": -1, "ttl": 1},
        {"early_refresh": 1.0},
        {"abandoned": "drop"},
    ):
        with pytest.raises(ConfigurationError):
            cache.cached(**options)(load)
        with pytest.raises(ValueError):  # noqa: PT011  an argument of the call may be an InvalidArgument
            await cache.get_or_set("k", load, **options)


# -- who goes away


async def one(source: Source) -> Any:
    return await source.get(1)


async def test_a_cancelled_leader_leaves_the_others_served(cache: Cache, stage: Stage) -> None:
    if not stage.flavour.cancels:
        return  # ``test_an_interrupted_thread_leaves_the_others_served`` has the case
    source = Source(cache, stage)
    source.hold()
    leader = stage.flavour.start(partial(one, source))
    await source.loading()
    others = [stage.begin(lambda: source.get(1)) for _ in range(3)]
    await stage.until(lambda: cache.stats()["waits"] == 3)
    leader.cancel()
    await leader.ended()
    source.release()
    assert [await other.result() for other in others] == ["old"] * 3
    assert await source.get(1) == "old"
    assert source.loads == 1


async def test_a_load_that_everybody_left_is_finished_and_stored(cache: Cache, stage: Stage) -> None:
    if not stage.flavour.cancels:
        return  # nothing cancels a thread
    source = Source(cache, stage)
    source.hold()
    callers = [stage.flavour.start(partial(one, source)) for _ in range(3)]
    await source.loading()
    await stage.until(lambda: cache.stats()["waits"] == 2)
    for caller in callers:
        caller.cancel()
        await caller.ended()
    source.release()
    await stage.until(lambda: cache.exists("row:1"))
    assert await source.get(1) == "old"
    assert source.loads == 1


async def test_a_load_that_everybody_left_is_cancelled_if_that_is_asked_for(cache: Cache, stage: Stage) -> None:
    if not stage.flavour.cancels:
        return  # ``test_a_load_in_a_thread_is_finished_whatever_is_asked_for`` has the case
    source = Source(cache, stage, abandoned="cancel")
    source.hold()
    callers = [stage.flavour.start(partial(one, source)) for _ in range(3)]
    await source.loading()
    await stage.until(lambda: cache.stats()["waits"] == 2)
    for caller in callers[:2]:
        caller.cancel()
        await caller.ended()
    assert isinstance(await held(cache, "row:1"), Lease)
    callers[2].cancel()
    await callers[2].ended()
    await stage.until(lambda: is_free(cache))
    assert source.ended == 0
    source.release()
    assert await source.get(1) == "old"
    assert (source.loads, source.ended) == (2, 1)


async def is_free(cache: Cache) -> bool:
    return await held(cache, "row:1") is None


async def test_a_load_that_a_hard_timeout_left_alone_is_cancelled_if_that_is_asked_for(
    cache: Cache, stage: Stage
) -> None:
    if not stage.flavour.cancels:
        return  # ``test_a_load_in_a_thread_is_finished_whatever_is_asked_for`` has the case
    source = Source(cache, stage, abandoned="cancel", hard_timeout=0.02)
    source.hold()
    with pytest.raises(OperationTimeout):
        await source.get(1)
    await stage.until(lambda: is_free(cache))
    assert source.ended == 0


def test_a_load_in_a_thread_is_finished_whatever_is_asked_for() -> None:
    cache, go = unicache.Cache(), Event()

    def load() -> str:
        go.wait()
        return "loaded"

    with pytest.raises(OperationTimeout):
        cache.get_or_set("k", load, hard_timeout=0.01, abandoned="cancel")
    go.set()
    assert cache.get_or_set("k", lambda: "another") == "loaded"


async def test_a_load_that_cannot_be_started_is_over_at_once(
    cache: Cache, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(cache, stage, hard_timeout=5)

    def refuse(main: object) -> None:
        raise RuntimeError("can't start new thread")

    await cache.connect()
    with monkeypatch.context() as patched:
        patched.setattr(bare(cache)._engine.core.io, "spawn", refuse, raising=False)
        with pytest.raises(RuntimeError, match="new thread"):
            await source.get(1)
    assert await source.get(1) == "old"


def test_an_interrupted_thread_leaves_the_others_served() -> None:
    cache, results = unicache.Cache(), []

    def interrupted() -> None:
        other.start()
        while not cache.stats()["waits"]:
            pass
        raise KeyboardInterrupt

    other = Thread(target=lambda: results.append(cache.get_or_set("k", lambda: "another")))
    with pytest.raises(KeyboardInterrupt):
        cache.get_or_set("k", interrupted)
    other.join()
    assert results == ["another"]
    assert cache.get("k") == "another"


def test_a_gevent_timeout_ends_the_waiting_and_not_the_load() -> None:
    cache, go = unicache_gevent.Cache(), GeventEvent()

    def load() -> str:
        go.wait()
        return "loaded"

    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        cache.get_or_set("k", load)
    go.set()
    assert cache.get_or_set("k", lambda: "another") == "loaded"


# -- what takes longer than its lease


async def patient(cache: Cache) -> tuple[Any, int]:
    """What the key gives to one who would load it, and whether it had to."""
    runs: list[int] = []

    async def load() -> str:
        runs.append(1)
        return "another"

    await cache.set("arrived", value=True)
    return await cache.get_or_set("row:1", load, ttl=TTL), len(runs)


async def test_a_load_longer_than_its_lease_stays_the_only_one(stage: Stage, elsewhere: Any) -> None:
    lease = 0.3
    cache = stage.open(lease=lease)
    source = Source(cache, stage, tags=[])
    source.hold()
    leader = stage.begin(lambda: source.get(1))
    await source.loading()
    elsewhere.begin(patient)
    await stage.until(lambda: cache.exists("arrived"))
    arrived = monotonic()
    await stage.until(lambda: monotonic() > arrived + 2 * lease)
    source.release()
    assert await leader.result() == "old"
    assert elsewhere.result() == ("old", 0)
    assert cache.stats()["refused"] == 0


async def test_a_watch_over_leases_ends_with_them(stage: Stage) -> None:
    cache = stage.open(lease=0.03)
    source = Source(cache, stage)
    await stage.together([partial(source.get, number) for number in range(5)])
    keeper = bare(cache)._engine.core.keeper
    await stage.until(lambda: not keeper._watches)
