"""Documents: get, entry, set, insert, replace, delete."""

from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import CasMismatch, KeyExists, KeyNotFound


async def write(cache: Cache, key: str, value: Any) -> int:
    return await cache.set(key, value)


async def insert(cache: Cache, key: str, number: int) -> list[str]:
    """The numbers that won, of ``number`` inserts made from here."""
    return [result for result in [await tried(cache, key, n) for n in range(number)] if result == "won"]


async def tried(cache: Cache, key: str, value: int) -> str:
    try:
        await cache.insert(key, value)
    except KeyExists as error:
        return str(error.key)
    return "won"


async def test_a_missing_key_gives_the_default_and_creates_nothing(cache: Cache) -> None:
    assert await cache.get("absent") is None
    assert await cache.get("absent", 7) == 7
    assert await cache.get("absent", "default", type=int) == "default"
    assert await cache.exists("absent") is False


async def test_entry_of_a_missing_key_raises_and_names_it(cache: Cache) -> None:
    with pytest.raises(KeyNotFound) as caught:
        await cache.entry("absent")
    assert caught.value.key == "absent"
    assert isinstance(caught.value, KeyError)
    assert await cache.exists("absent") is False


async def test_a_falsy_value_is_not_a_miss(cache: Cache) -> None:
    for value in (None, 0, "", b"", False, 0.0, [], {}, ()):
        await cache.set("k", value)
        found = await cache.get("k", "default")
        assert found == value
        assert type(found) is type(value)
        assert await cache.exists("k") is True
        assert (await cache.entry("k")).value == value


async def test_entry_tells_all_that_is_known(cache: Cache) -> None:
    cas = await cache.set("k", {"a": 1}, ttl=60, tags=["red", "blue"])
    entry = await cache.entry("k")
    assert (entry.key, entry.value, entry.cas, entry.tags, entry.stale) == ("k", {"a": 1}, cas, ("red", "blue"), False)
    assert 0 < (entry.ttl or 0) <= 60
    assert 0 <= entry.age < 60


async def test_an_entry_says_nothing_of_its_value_in_its_repr(cache: Cache) -> None:
    await cache.set("k", "topsecret")
    assert "topsecret" not in repr(await cache.entry("k"))


async def test_set_writes_whether_the_key_is_there_or_not(cache: Cache) -> None:
    first = await cache.set("k", 1)
    second = await cache.set("k", 2)
    assert first != second
    assert await cache.get("k") == 2


async def test_insert_creates_only(cache: Cache) -> None:
    await cache.insert("k", "first")
    with pytest.raises(KeyExists) as caught:
        await cache.insert("k", "second")
    assert caught.value.key == "k"
    assert await cache.get("k") == "first"


async def test_insert_finds_a_stored_none(cache: Cache) -> None:
    await cache.set("k", None)
    with pytest.raises(KeyExists):
        await cache.insert("k", 1)


async def test_one_of_fifty_concurrent_inserts_wins(cache: Cache, stage: Stage) -> None:
    outcomes = await stage.together([lambda number=number: cache.insert("k", number) for number in range(50)])
    lost = [outcome for outcome in outcomes if isinstance(outcome, KeyExists)]
    assert len(lost) == 49
    winner = next(place for place, outcome in enumerate(outcomes) if isinstance(outcome, int))
    assert await cache.get("k") == winner


async def test_one_insert_wins_over_all_processes_and_flavours(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    elsewhere.begin(insert, "k", 25)
    here = await stage.together([lambda: tried(cache, "k", 1)] * 25)
    assert (here + elsewhere.result()).count("won") == 1


async def test_replace_never_creates(cache: Cache) -> None:
    with pytest.raises(KeyNotFound):
        await cache.replace("k", 1)
    assert await cache.exists("k") is False
    await cache.set("k", 1)
    cas = await cache.replace("k", 2)
    assert (await cache.entry("k")).cas == cas
    assert await cache.get("k") == 2


async def test_delete_says_whether_it_was_there(cache: Cache) -> None:
    await cache.set("k", None)
    assert await cache.delete("k") is True
    assert await cache.delete("k") is False
    assert await cache.get("k", "gone") == "gone"


async def test_what_is_written_elsewhere_is_read_and_deleted_here(cache: Cache, elsewhere: Any) -> None:
    cas = elsewhere(write, "k", {"n": [1, 2.5, None]})
    entry = await cache.entry("k")
    assert (entry.cas, entry.value) == (cas, {"n": [1, 2.5, None]})
    assert await cache.delete("k", cas=cas) is True


async def test_a_value_is_not_changed_by_what_its_reader_does_to_it(cache: Cache) -> None:
    given = {"list": [1]}
    await cache.set("k", given)
    given["list"].append(2)
    (await cache.get("k"))["list"].append(3)
    assert await cache.get("k") == {"list": [1]}


async def test_delete_with_a_cas_removes_only_that_one(cache: Cache) -> None:
    old = await cache.set("k", 1)
    await cache.set("k", 2)
    with pytest.raises(CasMismatch) as caught:
        await cache.delete("k", cas=old)
    assert caught.value.key == "k"
    assert await cache.get("k") == 2
