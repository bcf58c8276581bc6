"""Waiting for a load of another process: whoever waits is woken when it ends, whatever its end."""

from functools import partial
from typing import Any

import pytest
from loads import Source, held
from valkey import Valkey

from caches import Cache, Stage
from unicache._core.loads import waiting
from unicache._core.records.record import Lease


class Waiter:
    """Another cache, in which a call waits for this one's load."""

    def __init__(self, cache: Cache, stage: Stage) -> None:
        self._stage = stage
        self._changed = cache._engine.core.store.changed
        cache._engine.core.store.changed = self._counted
        self.looks = 0
        self.told = 0
        self.values: list[Any] = []
        self.source = Source(cache, stage)

    async def _counted(self, name: bytes, seconds: float) -> bool:
        self.looks += 1
        told = await self._changed(name, seconds)
        self.told += told
        return bool(told)

    async def begin(self) -> None:
        self._stage.begin(self._call)
        await self._stage.until(lambda: self.looks)

    async def _call(self) -> None:
        self.values.append(await self.source.get(1))

    async def value(self) -> Any:
        await self._stage.until(lambda: self.values)
        return self.values[0]


@pytest.mark.parametrize("end", ["stored", "failed", "invalidated"])
async def test_who_waits_for_another_cache_is_woken_when_its_load_ends(
    cache: Cache, stage: Stage, observer: Valkey, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LONGEST_SILENCE", 60.0)  # whoever is not woken comes too late
    source = Source(cache, stage)
    source.hold()
    source.failure = LookupError() if end == "failed" else None
    load = stage.begin(partial(source.get, 1))
    await source.loading()
    waiter = Waiter(stage.open(), stage)
    await waiter.begin()
    if end == "invalidated":
        await cache.invalidate("row:1")
        assert await waiter.value() == "old"
    source.release()
    if end == "failed":
        with pytest.raises(LookupError):
            await load.result()
    else:
        await load.result()
    assert await waiter.value() == "old"
    assert waiter.source.loads == (0 if end == "stored" else 1)
    assert waiter.told == (stage.flavour.name != "threads")  # whose links nobody reads while nobody uses them


async def test_a_user_who_may_not_be_told_of_changes_looks_again_and_again(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    user = stage.namespace
    observer.acl_setuser(user, enabled=True, nopass=True, keys="*", commands=["+@all", "-client|tracking"])
    source = Source(cache, stage)
    source.hold()
    load = stage.begin(partial(source.get, 1))
    await source.loading()
    assert isinstance(await held(cache, "row:1"), Lease)
    waiter = Waiter(stage.open(username=user, password="any"), stage)  # noqa: S106
    await waiter.begin()
    source.release()
    assert (await load.result(), await waiter.value(), waiter.source.loads, waiter.told) == ("old", "old", 0, 0)
    observer.acl_deluser(user)
