"""What can be switched and watched while the process runs: disabled(), enabled, stats, events, from_env."""

from functools import partial
from typing import Any

import pytest

import unicache
from caches import Cache, Stage, bare
from unicache.errors import ConfigurationError


class Counted:
    """A cached function that counts its runs."""

    def __init__(self, cache: Cache) -> None:
        self.runs = 0
        self.call = cache.cached(ttl=60)(self._run)

    async def _run(self, number: int) -> int:
        self.runs += 1
        return number


async def test_a_disabled_cache_runs_functions_and_stores_nothing(cache: Cache) -> None:
    function = Counted(cache)
    assert cache.enabled is True
    with cache.disabled():
        assert cache.enabled is False
        assert [await function.call(1), await function.call(1)] == [1, 1]
        assert await cache.get_or_set("k", partial(function._run, 2)) == 2
    assert cache.enabled is True
    assert function.runs == 3
    assert await function.call.get(1) is None
    assert await cache.exists("k") is False


async def test_a_disabled_cache_does_not_serve_what_it_has(cache: Cache) -> None:
    function = Counted(cache)
    await function.call(1)
    with cache.disabled():
        await function.call(1)
    await function.call(1)
    assert function.runs == 2


async def test_documents_and_invalidations_work_while_disabled(cache: Cache) -> None:
    function = Counted(cache)
    await function.call(1)
    with cache.disabled():
        await cache.set("k", 1)
        assert await cache.get("k") == 1
        await function.call.invalidate(1)
    await function.call(1)
    assert function.runs == 2


async def test_disabled_contexts_nest_and_end_with_errors(cache: Cache) -> None:
    with pytest.raises(LookupError), cache.disabled(), cache.disabled():
        raise LookupError
    assert cache.enabled is True


async def test_disabled_covers_only_who_entered_it(cache: Cache, stage: Stage) -> None:
    function = Counted(cache)
    inside, over = stage.event(), stage.event()

    async def enter() -> None:
        with cache.disabled():
            inside.set()
            await stage.passed(over)

    other = stage.begin(enter)
    await stage.passed(inside)
    assert cache.enabled is True
    assert [await function.call(1), await function.call(1), function.runs] == [1, 1, 1]
    over.set()
    await other.result()


async def test_the_switch_is_read_at_call_time_and_covers_all(cache: Cache, stage: Stage) -> None:
    function = Counted(cache)
    view = cache.namespace("view")
    await function.call(1)
    bare(cache).enabled = False
    assert (cache.enabled, view.enabled) == (False, False)
    await function.call(1)
    assert await stage.begin(lambda: function.call(1)).result() == 1
    bare(cache).enabled = True
    await function.call(1)
    assert function.runs == 3


async def test_one_caches_switch_is_not_another_ones(cache: Cache, stage: Stage) -> None:
    other = stage.open()
    with cache.disabled():
        assert other.enabled is True


async def test_stats_count_what_happened(cache: Cache) -> None:
    function = Counted(cache)
    assert set(cache.stats().values()) == {0}
    await function.call(1)
    await function.call(1)
    await function.call(2)
    await cache.invalidate("a", "b")
    stats = cache.stats()
    assert (stats["hits"], stats["misses"], stats["loads"]) == (1, 2, 2)
    assert stats["invalidations"] == 2
    assert stats["errors"] == stats["refused"] == stats["uncached"] == stats["corrupt"] == 0
    assert cache.namespace("view").stats() == stats


async def test_listeners_hear_of_loads_and_invalidations(cache: Cache) -> None:
    heard: list[tuple[str, Any]] = []
    for event in ("load", "load_error", "invalidate"):
        cache.on(event, lambda event=event, **details: heard.append((event, details["key"])))
    function = Counted(cache)

    async def failing() -> None:
        raise LookupError

    await function.call(1)
    await function.call(1)
    with pytest.raises(LookupError):
        await cache.get_or_set("k", failing)
    await cache.invalidate("k")
    assert heard[0] == ("load", function.call.key(1))
    assert [event for event, _ in heard] == ["load", "load", "load_error", "invalidate"]
    assert heard[2] == ("load_error", "k")


async def test_a_listener_that_fails_is_logged_and_harms_nobody(cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    def failing(**_: Any) -> None:
        raise LookupError("the listener's")

    cache.on("load", failing)
    assert await Counted(cache).call(1) == 1
    assert "a listener for load failed" in caplog.text


async def test_an_unknown_event_is_refused(cache: Cache) -> None:
    with pytest.raises(ConfigurationError, match="invalidate"):
        cache.on("invalidation", print)


def test_from_env_reads_the_url_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNICACHE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="UNICACHE_URL"):
        unicache.Cache.from_env()
    monkeypatch.setenv("UNICACHE_URL", "memory://?ttl=5")
    with unicache.Cache.from_env(namespace="n") as cache:
        cache.set("k", 1)
        assert (cache.ttl("k") or 0) <= 5
        assert repr(cache) == "<unicache.Cache namespace='n'>"
