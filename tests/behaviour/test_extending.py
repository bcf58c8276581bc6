"""append and prepend: text to text, bytes to bytes, and no change is lost."""

from functools import partial
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from servers import calls
from unicache.errors import InvalidArgument, KeyLocked, KeyNotFound, ManyError, ValueFormatError


@pytest.mark.parametrize(
    ("value", "data", "both"), [("b", "c", "cbc"), ("é", "☃", "☃é☃"), (b"\x00", b"\xff", b"\xff\x00\xff")]
)
async def test_text_and_bytes_grow_at_either_end(cache: Cache, value: Any, data: Any, both: Any) -> None:
    first = await cache.set("k", value)
    second = await cache.append("k", data)
    third = await cache.prepend("k", data)
    found = await cache.get("k")
    assert (found, type(found)) == (both, type(both))
    assert (await cache.entry("k")).cas == third
    assert len({first, second, third}) == 3


async def test_the_time_and_the_tags_stay(cache: Cache) -> None:
    await cache.set("k", "a", ttl=60, tags=["red"])
    await cache.append("k", "b")
    entry = await cache.entry("k")
    assert (entry.value, entry.tags) == ("ab", ("red",))
    assert 50 < (entry.ttl or 0) <= 60


async def test_to_what_is_not_there_nothing_can_be_put(cache: Cache) -> None:
    for call in (cache.append, cache.prepend):
        with pytest.raises(KeyNotFound) as caught:
            await call("k", "data")
        assert caught.value.key == "k"
    assert await cache.exists("k") is False


async def test_a_value_of_another_type_raises_and_stays(cache: Cache) -> None:
    wrong: list[tuple[Any, Any]] = [(1, "1"), ([1], "1"), (None, "1"), (b"a", "b"), ("a", b"b")]
    for value, data in wrong:
        await cache.set("k", value)
        for call in (cache.append, cache.prepend):
            with pytest.raises(ValueFormatError) as caught:
                await call("k", data)
            assert caught.value.key == "k"
        assert await cache.get("k") == value


async def test_what_is_neither_text_nor_bytes_is_refused_before_anything_is_sent(cache: Cache) -> None:
    wrong: list[Any] = [1, None, ["a"], bytearray(b"a")]
    for data in wrong:
        for call in (partial(cache.append, "k"), partial(cache.prepend, "k")):
            with pytest.raises(InvalidArgument) as caught:
                await call(data)
            assert caught.value.argument == "data"
        with pytest.raises(InvalidArgument):
            await cache.append_many({"k": data})


async def test_a_locked_value_is_left_alone(cache: Cache) -> None:
    await cache.set("k", "a")
    await cache.get_and_lock("k", 30)
    with pytest.raises(KeyLocked):
        await cache.append("k", "b")
    assert type((await cache.append_many({"k": "b"}, return_exceptions=True))["k"]) is KeyLocked
    assert await cache.get("k") == "a"


async def test_no_append_is_lost(cache: Cache, stage: Stage) -> None:
    await cache.set("k", "")
    outcomes = await stage.together([partial(cache.append, "k", chr(ord("a") + number)) for number in range(26)])
    assert all(isinstance(cas, int) for cas in outcomes)
    assert "".join(sorted(await cache.get("k"))) == "abcdefghijklmnopqrstuvwxyz"


async def test_a_thousand_rivals_in_one_process_all_have_their_turn(stage: Stage) -> None:
    cache = stage.open(timeout=20)
    rivals = 1000 if stage.flavour.cancels else 100  # so many threads would be a test of threads
    await cache.set("k", "")
    outcomes = await stage.together([partial(cache.append, "k", "x")] * rivals)
    assert [outcome for outcome in outcomes if not isinstance(outcome, int)] == []
    assert await cache.get("k") == "x" * rivals


async def test_many_values_grow_each_on_its_own(cache: Cache) -> None:
    await cache.set_many({"a": "1", "b": b"1", "n": 1})
    cas = await cache.append_many({"a": "2", "b": b"2"})
    assert await cache.get_many(["a", "b"]) == {"a": "12", "b": b"12"}
    assert (await cache.entry("a")).cas == cas["a"]
    await cache.prepend_many({"a": "0"})
    assert await cache.get("a") == "012"
    results = await cache.append_many({"a": "3", "n": "2", "missing": "4"}, return_exceptions=True)
    assert (type(results["a"]), type(results["n"]), type(results["missing"])) == (int, ValueFormatError, KeyNotFound)
    with pytest.raises(ManyError):
        await cache.append_many({"missing": "4"})
    with pytest.raises(InvalidArgument):
        await cache.append_many(["a"])  # type: ignore[arg-type]


async def test_a_thousand_values_grow_in_a_few_commands(cache: Cache, observer: Valkey) -> None:
    values = {f"k{number}": "a" for number in range(1000)}
    await cache.set_many(values)
    before = calls(observer)
    await cache.append_many(values)
    done = calls(observer) - before
    assert done["mget"] <= 3
    assert done["evalsha"] + done["eval"] == 1000
    assert await cache.get_many(list(values)) == dict.fromkeys(values, "aa")
