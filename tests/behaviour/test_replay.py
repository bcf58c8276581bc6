"""Invalidations that failed, repeated when the server is back, for those who ask for it."""

from functools import partial
from typing import Any

import pytest
from loads import Source

from caches import Cache, Stage, bare
from servers import observer
from unicache._core.invalidation import missed
from unicache.errors import CacheError, ConfigurationError, InvalidationUncertain
from unicache.server import Server

WAYS = {
    "key": lambda cache: cache.invalidate("row:1"),
    "tag": lambda cache: cache.invalidate_tags("rows"),
    "all": lambda cache: cache.clear(),
    "expire": lambda cache: cache.expire("row:1"),
}


async def _missed(stage: Stage, server: Server, *ways: str, **options: Any) -> list[tuple[Cache, Source]]:
    """For each way, a cache that has failed to invalidate a value, on a server that answers again."""
    caches = [stage.open(server.url, timeout=0.2, namespace=f"{stage.namespace}-{how}", **options) for how in ways]
    sources = [Source(cache, stage) for cache in caches]
    for source in sources:
        await source.get(1)
        source.value = "new"
    server.pause()
    errors = await stage.together([partial(WAYS[how], cache) for how, cache in zip(ways, caches, strict=True)])
    server.resume()
    assert [type(error) for error in errors] == [InvalidationUncertain] * len(ways)
    assert all("will be repeated" in str(error) for error in errors)
    return list(zip(caches, sources, strict=True))


async def _answers(cache: Cache) -> bool:
    try:
        await cache.ping()
    except CacheError:
        return False
    return True


async def test_the_next_load_through_repeats_it_first(
    stage: Stage, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "FIRST_PAUSE", 600.0)
    for cache, source in await _missed(stage, own_server, *WAYS, replay_invalidations=10):
        await stage.until(partial(_answers, cache))
        assert await source.get(1) == "new"
        assert len(bare(cache)._engine.core.missed) == 0


async def test_it_is_repeated_for_the_others_when_nobody_reads(
    stage: Stage, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "FIRST_PAUSE", 0.01)
    [(cache, _)] = await _missed(stage, own_server, "key", replay_invalidations=10)
    name = bare(cache)._engine.names.entry("row:1")
    with observer(own_server) as client:
        await stage.until(lambda: not client.exists(name))


async def test_without_the_option_it_is_not_repeated(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.2)
    await cache.connect(within=20)
    own_server.pause()
    with pytest.raises(InvalidationUncertain) as caught:
        await cache.invalidate("row:1")
    own_server.resume()
    assert "repeated" not in str(caught.value)


async def test_what_there_is_no_room_for_is_not_repeated(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.1, replay_invalidations=2)
    await cache.connect(within=20)
    own_server.kill()
    said = []
    for keys in (["a"], ["a", "b"], ["c"]):
        with pytest.raises(InvalidationUncertain) as caught:
            await cache.invalidate(*keys)
        said.append("will be repeated" in str(caught.value))
    assert said == [True, True, False]
    assert len(bare(cache)._engine.core.missed) == 2


async def test_what_is_missed_again_while_it_is_repeated_is_repeated_again(
    stage: Stage, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "FIRST_PAUSE", 600.0)
    [(cache, _)] = await _missed(stage, own_server, "key", replay_invalidations=1)
    core = bare(cache)._engine.core
    name = bare(cache)._engine.names.entry("row:1")
    drop = core.store.drop

    async def dropped_and_missed_again(names: list[bytes]) -> None:
        await drop(names)
        assert core.missed.add([name])

    await stage.until(partial(_answers, cache))
    monkeypatch.setattr(core.store, "drop", dropped_and_missed_again)
    await core.missed.replay()
    assert len(core.missed) == 1


async def test_a_closed_cache_repeats_nothing(stage: Stage, own_server: Server) -> None:
    cache = stage.open(own_server.url, timeout=0.1, replay_invalidations=2)
    await cache.connect(within=20)
    own_server.kill()
    with pytest.raises(InvalidationUncertain):
        await cache.invalidate("a")
    await cache.close()
    await stage.until(lambda: bare(cache)._engine.core.missed._over is None)
    assert len(bare(cache)._engine.core.missed) == 0


async def test_the_number_must_be_one(stage: Stage) -> None:
    for wrong in (-1, True, "many"):
        with pytest.raises(ConfigurationError, match="replay_invalidations"):
            stage.open(replay_invalidations=wrong)
