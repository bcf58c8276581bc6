"""The ends of leases: a cache that is closed leaves none behind, and one that is never let go starves nobody."""

from functools import partial
from typing import Any

import pytest
from loads import Source, held

from caches import Cache, Stage, bare
from unicache._core.loads import waiting
from unicache._core.records.record import Lease
from unicache.errors import CacheClosed


async def test_a_cache_that_is_closed_while_it_loads_releases_its_leases(cache: Cache, stage: Stage) -> None:
    other = stage.open()
    sources = [Source(cache, stage, key=key) for key in ("a:{number}", "b:{number}")]
    for source in sources:
        source.hold()
    calls = [stage.begin(partial(source.get, 1)) for source in sources]
    for source in sources:
        await source.loading()
    store, names = bare(other)._engine.core.store, bare(cache)._engine.names
    if stage.url == "memory://":
        store = bare(cache)._engine.core.store
    released: list[bytes] = []
    release = bare(cache)._engine.core.store.release

    async def noted(name: bytes, token: bytes) -> None:
        await release(name, token)
        released.append(name)

    bare(cache)._engine.core.store.release = noted
    assert isinstance(await store.read(names.entry("a:1")), Lease)
    await cache.close()
    assert sorted(released) == [names.entry("a:1"), names.entry("b:1")]
    for source in sources:
        source.release()
    for call in calls:
        with pytest.raises(CacheClosed):
            await call.result()


async def test_callers_who_waited_long_enough_are_served_by_one_run_together(
    cache: Cache, stage: Stage, observer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.1)
    source = Source(cache, stage)
    source.hold()
    stuck = stage.begin(partial(source.get, 1))
    await source.loading()
    patient = stage.open(lease=3)
    other = Source(patient, stage)
    calls = [stage.begin(partial(other.get.result, 1)) for _ in range(10)]
    await stage.until(lambda: patient.stats()["waits"] == 9)
    results = [await call.result() for call in calls]
    assert {(result.value, result.source) for result in results} == {("old", "uncached")}
    assert other.loads == 1
    assert isinstance(await held(cache, "row:1"), Lease)
    source.release()
    assert await stuck.result() == "old"
