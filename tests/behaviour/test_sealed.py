"""Signing and encryption, with a key or without: what is not sealed for this key is an error, or a miss that loads."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from planting import plant, stored
from unicache.errors import ManyError, ValueFormatError

OLD, NEW = b"o" * 32, b"n" * 32
KINDS = ("signing", "encryption")


def ring(kind: str, *names: str) -> dict[str, Mapping[str, bytes]]:
    """The option, with these keys in this order."""
    return {kind: {name: {"old": OLD, "new": NEW}[name] for name in names}}


async def loader() -> str:
    return "loaded"


async def read(cache: Cache, key: str) -> Any:
    return await cache.get(key)


async def write(cache: Cache, key: str, value: Any) -> None:
    await cache.set(key, value)


async def refused(cache: Cache, key: str = "k") -> None:
    """By every way to read it."""
    for call in (cache.get, cache.entry):
        with pytest.raises(ValueFormatError) as caught:
            await call(key)
        assert caught.value.key == key
    with pytest.raises(ManyError):
        await cache.get_many([key])
    before = cache.stats()["corrupt"]
    assert await cache.get_or_set(key, loader) == "loaded"
    assert cache.stats()["corrupt"] == before + 1


@pytest.mark.parametrize("kind", KINDS)
async def test_every_call_works_on_what_is_sealed(stage: Stage, kind: str) -> None:
    cache = stage.open(**ring(kind, "new"))
    cas = await cache.set("k", {"n": 1}, tags=["t"])
    assert (await cache.entry("k")).cas == cas
    cas = await cache.replace("k", {"n": 2}, cas=cas)
    assert await cache.get_and_touch("k", 60) == {"n": 2}
    assert await cache.mutate("k", lambda value: {"n": value["n"] + 1}) == {"n": 3}
    await cache.set_many({"a": 1, "b": (2,)}, tags=["t"])
    assert await cache.get_many(["a", "b"]) == {"a": 1, "b": (2,)}
    assert await cache.get_or_set("c", loader) == "loaded"
    assert await cache.get_or_set("c", loader) == "loaded"
    await cache.invalidate_tags("t")
    assert await cache.get("a") is None
    assert await cache.delete("k") is True
    assert cache.stats()["corrupt"] == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_what_changes_a_value_in_place_seals_it_again(stage: Stage, kind: str) -> None:
    cache = stage.open(**ring(kind, "new"))
    assert await cache.increment("n", 5, initial=1) == 1
    assert await cache.increment("n", 5) == 6
    assert await cache.get("n") == 6
    await cache.set("t", "b")
    await cache.append("t", "c")
    await cache.prepend("t", "a")
    assert await cache.get("t") == "abc"
    names = await cache.as_list("l").append("x"), await cache.as_list("l").append("y")
    assert (names, await cache.as_list("l").values()) == ((None, None), ["x", "y"])
    async with cache.locked("t", 30) as entry:
        assert entry.value == "abc"
    assert cache.stats()["corrupt"] == 0


async def adding(cache: Cache, times: int) -> None:
    for _ in range(times):
        await cache.increment("n", initial=1)


async def test_a_sealed_counter_loses_nothing_between_two_processes(stage: Stage, elsewhere: Any) -> None:
    there = elsewhere.opened(**ring("encryption", "new"))
    there.begin(adding, 50)
    cache = stage.open(**ring("encryption", "new"))
    await adding(cache, 50)
    there.result()
    assert await cache.get("n") == 100


@pytest.mark.parametrize("kind", KINDS)
async def test_a_planted_counter_is_neither_read_nor_added_to(
    stage: Stage, elsewhere: Any, observer: Valkey, kind: str
) -> None:
    elsewhere(adding, 1)
    cache = stage.open(**ring(kind, "new"))
    with pytest.raises(ValueFormatError):
        await cache.increment("n")
    with pytest.raises(ValueFormatError):
        await cache.get("n")
    assert stored(observer, stage, "n").payload == b"1"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cached_function_remembers_values_and_failures_sealed(stage: Stage, kind: str) -> None:
    cache = stage.open(**ring(kind, "new"))
    runs: list[int] = []

    @cache.cached(key="f:{number}", ttl=60, negative={LookupError: 60})
    async def function(number: int) -> tuple[int, ...]:
        runs.append(number)
        if number < 0:
            raise LookupError(number)
        return (number,)

    for _ in range(2):
        assert await function(1) == (1,)
        with pytest.raises(LookupError):
            await function(-1)
    assert runs == [1, -1]


async def test_what_is_encrypted_cannot_be_seen_on_the_server(stage: Stage, observer: Valkey) -> None:
    await stage.open(**ring("encryption", "new"), compression="zstd").set("k", {"visible": "visible" * 300})
    await stage.open(**ring("encryption", "new")).set("other", {"visible": "visible"})
    for key in ("k", "other"):
        assert b"visible" not in observer.get(f"{stage.namespace}:{key}")  # type: ignore[operator]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_sealed_is_not_read(cache: Cache, stage: Stage, elsewhere: Any, kind: str) -> None:
    elsewhere(write, "k", "planted")
    sealed = stage.open(**ring(kind, "new"))
    await refused(sealed)
    assert await sealed.get("k") == "loaded"
    await refused(cache)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_sealed_for_another_key_or_namespace_is_not_read(
    stage: Stage, observer: Valkey, kind: str
) -> None:
    cache = stage.open(**ring(kind, "new"))
    await cache.set("other", "text")
    plant(observer, stage, stored(observer, stage, "other"))
    await refused(cache)
    view = cache.namespace("view")
    await view.set("k", "text")
    observer.set(f"{stage.namespace}:k", observer.get(f"{stage.namespace}/view:k"))  # type: ignore[arg-type]
    with pytest.raises(ValueFormatError):
        await cache.get("k")


@pytest.mark.parametrize("kind", KINDS)
async def test_keys_are_changed_in_two_processes_and_nobody_loses_a_value(
    stage: Stage, elsewhere: Any, kind: str
) -> None:
    """Each process is deployed in turn, so that at any time they are at most one step apart."""
    steps = [("old",), ("old", "new"), ("new", "old"), ("new",)]
    for step, (before, after) in enumerate(pairwise(steps)):
        here, there = stage.open(**ring(kind, *after)), elsewhere.opened(**ring(kind, *before))
        there(write, f"there{step}", step)
        await here.set(f"here{step}", step)
        assert await here.get(f"there{step}") == step
        assert there(read, f"here{step}") == step
    await refused(here, "there0")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_signature_of_a_key_that_is_gone_is_not_accepted(
    stage: Stage, elsewhere: Any, observer: Valkey, kind: str
) -> None:
    elsewhere.opened(**ring(kind, "old"))(write, "k", "older")
    older = stored(observer, stage)
    cache = stage.open(**ring(kind, "new"))
    await refused(cache)
    await cache.set("k", "newer")
    plant(observer, stage, older)
    await refused(cache)


@pytest.mark.parametrize("kind", KINDS)
async def test_errors_and_events_show_no_key_and_no_value(stage: Stage, elsewhere: Any, kind: str) -> None:
    elsewhere.opened(**{kind: {"k": b"hidden" * 5 + b"!!"}})(write, "k", "hidden")
    cache = stage.open(**ring(kind, "new"))
    told: list[str] = []
    cache.on("corrupt", lambda key, error: told.append(f"{key} {error!r}"))
    with pytest.raises(ValueFormatError) as caught:
        await cache.get("k")
    await refused(cache)
    assert len(told) == 1
    assert "hidden" not in f"{told} {caught.value!r} {vars(caught.value)} {cache!r} {cache.stats()}"
