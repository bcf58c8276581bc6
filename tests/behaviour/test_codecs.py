"""Codecs, compression and limits, chosen per cache: what one process writes another reads by the id stored with it."""

import os
from decimal import Decimal
from typing import Any, cast

import pytest
from valkey import Valkey

from caches import Cache, Stage
from planting import plant, stored
from unicache._core.records.record import Record
from unicache.errors import ManyError, ValueFormatError

KEY = b"k" * 32


class Hexadecimal:
    """A codec of the application."""

    id = 77

    def encode(self, value: Decimal) -> bytes:
        if type(value) is not Decimal:
            raise TypeError
        return str(value).encode().hex().encode()

    def decode(self, data: bytes) -> Decimal:
        return Decimal(bytes.fromhex(data.decode()).decode())


async def read(cache: Cache, key: str) -> Any:
    return await cache.get(key)


async def write(cache: Cache, key: str, value: Any) -> None:
    await cache.set(key, value)


VALUES: list[tuple[dict[str, Any], Any]] = [
    ({"codec": "json"}, {"name": "żółć", "sizes": [1, 2.5, None, True], "big": 2**70}),
    ({"codec": "raw"}, b"\x00\xff\r\n"),
    ({"codec": "raw"}, "text"),
    ({"codec": "pickle", "signing": {"1": KEY}}, {"odd": [complex(1, 2), range(3)]}),
    ({"codec": "pickle", "encryption": {"1": KEY}}, {"odd": bytearray(b"x")}),
    ({"codec": Hexadecimal()}, Decimal("1.10")),
    ({"compression": "zstd", "compression_threshold": 10}, ("text",) * 100),
    ({"compression": "zstd", "encryption": {"1": KEY}}, {"text": "x" * 5000}),
    ({"signing": {"1": KEY}}, {"when": (1, 2)}),
]


@pytest.mark.parametrize(("options", "value"), VALUES, ids=range(len(VALUES)))
async def test_what_is_written_one_way_comes_back_the_same(stage: Stage, options: dict[str, Any], value: Any) -> None:
    cache = stage.open(**options)
    await cache.set("k", value)
    found = await cache.get("k")
    assert (type(found), found) == (type(value), value)
    assert (await cache.entry("k")).value == value
    assert await cache.get_many(["k"]) == {"k": value}
    assert await cache.mutate("k", lambda old: old) == value
    assert await cache.get_or_set("k", no_loader) == value


async def no_loader() -> Any:
    raise AssertionError("there is a value")


async def test_another_process_and_flavour_reads_and_writes_the_same_way(stage: Stage, elsewhere: Any) -> None:
    for options, value in VALUES:
        cache, there = stage.open(**options), elsewhere.opened(**options)
        await cache.set("here", value)
        assert there(read, "here") == value
        there(write, "there", value)
        assert await cache.get("there") == value


async def test_a_value_is_read_by_the_id_stored_with_it(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    elsewhere.opened(codec="json")(write, "json", {"a": [1]})
    elsewhere.opened(codec="raw")(write, "raw", b"x")
    elsewhere.opened(compression="zstd", compression_threshold=1)(write, "zstd", "x" * 100)
    elsewhere.opened(codec=Hexadecimal())(write, "own", Decimal(1))
    assert [await cache.get(key) for key in ("json", "raw", "zstd")] == [{"a": [1]}, b"x", "x" * 100]
    with pytest.raises(ValueFormatError, match="codec 77"):
        await cache.get("own")
    assert await stage.open(codec=["msgpack", Hexadecimal()]).get("own") == Decimal(1)


async def test_raw_and_json_lie_on_the_server_as_they_are(stage: Stage, observer: Valkey) -> None:
    await stage.open(codec="raw").set("k", b"\x00bytes")
    assert stored(observer, stage).payload == b"\x00bytes"
    await stage.open(codec="json").set("k", {"a": 1})
    assert stored(observer, stage).payload == b'{"a":1}'


async def test_what_a_codec_cannot_write_is_refused_and_nothing_is_sent(stage: Stage, observer: Valkey) -> None:
    for codec, value in (("json", {"a": (1,)}), ("raw", 1), (Hexadecimal(), 1)):
        cache = stage.open(codec=codec)
        for call in (cache.set, cache.insert, cache.replace):
            with pytest.raises(ValueFormatError, match="cannot store"):
                await call("k", value)
        with pytest.raises(ValueFormatError, match="cannot store"):
            await cache.set_many({"fine": b"x", "k": value})
    assert not observer.exists(f"{stage.namespace}:k", f"{stage.namespace}:fine")


async def test_what_a_loader_gives_that_cannot_be_stored_is_told_to_its_caller(stage: Stage) -> None:
    cache = stage.open(codec="json")

    async def loader() -> Any:
        return {1, 2}

    with pytest.raises(ValueFormatError, match="as JSON value: a set"):
        await cache.get_or_set("k", loader)
    assert await cache.exists("k") is False


# Compression


async def test_large_values_take_less_room_and_small_ones_are_left_alone(stage: Stage, observer: Valkey) -> None:
    cache = stage.open(compression="zstd")
    await cache.set("k", "x" * 100_000)
    assert len(stored(observer, stage).payload) < 200
    await cache.set("k", "x" * 1024)
    assert stored(observer, stage).payload == b"x" * 1024
    noise = os.urandom(5000)
    await cache.set("k", noise)
    assert stored(observer, stage).payload == noise
    assert await cache.get("k") == noise


async def test_a_bomb_is_a_miss_in_load_through_and_an_error_in_a_read(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    await stage.open(compression="zstd", max_value_bytes=10_000_000).set("k", bytes(10_000_000))
    small = stage.open(max_value_bytes=1_000_000)
    with pytest.raises(ValueFormatError, match="more than 1000000 bytes") as caught:
        await small.get("k")
    assert caught.value.key == "k"

    async def loader() -> str:
        return "loaded"

    assert await small.get_or_set("k", loader) == "loaded"
    assert small.stats()["corrupt"] == 1
    assert await cache.get("k") == "loaded"
    assert len(stored(observer, stage).payload) == 6


# Limits


async def test_a_value_that_is_too_large_is_refused_before_anything_is_sent(stage: Stage) -> None:
    cache = stage.open(max_value_bytes=1000)
    await cache.set("k", "x" * 1000)
    for value in ("x" * 1001, ["x"] * 600, {"a": b"x" * 999}):
        with pytest.raises(ValueFormatError, match="more than 1000 bytes"):
            await cache.set("k", value)
    assert await cache.get("k") == "x" * 1000


async def test_a_value_of_another_that_is_too_large_is_not_read(cache: Cache, stage: Stage, elsewhere: Any) -> None:
    elsewhere(write, "k", "x" * 1001)
    with pytest.raises(ValueFormatError, match="more than 1000 bytes"):
        await stage.open(max_value_bytes=1000).get("k")
    with pytest.raises(ManyError):
        await stage.open(max_value_bytes=1000).get_many(["k"])
    assert await cache.get("k") == "x" * 1001


# What is planted


class Planted:
    """What runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.abort, ()


async def test_a_planted_pickle_never_runs(cache: Cache, stage: Stage, observer: Valkey) -> None:
    await stage.open(codec="pickle", signing={"1": b"a" * 32}).set("k", Planted())
    planted = stored(observer, stage)
    bare = planted.payload.partition(b"\x80\x05")[2]

    async def loader() -> str:
        return "loaded"

    others = [
        cache,
        stage.open(codec=["msgpack", "pickle"], signing={"1": KEY}),
        stage.open(codec="pickle", encryption={"1": KEY}),
        stage.open(codec="pickle", signing={"1": KEY}),
    ]
    for other in others:
        for payload, wrapping in ((planted.payload, planted.wrapping), (bare, 0), (planted.payload, 4)):
            plant(observer, stage, Record(payload, planted.codec, 1, 1.0, wrapping=wrapping))
            with pytest.raises(ValueFormatError):
                await other.get("k")
            assert await other.get_or_set("k", loader) == "loaded"
        assert other.stats()["corrupt"] == 3


async def test_a_record_that_is_damaged_anywhere_is_a_counted_miss(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    """Each byte cut, each bit flipped; the store of a function heals by itself."""

    async def loader() -> dict[str, Any]:
        return {"name": "Ann", "sizes": (1, 2)}

    name = f"{stage.namespace}:k"
    value = await cache.get_or_set("k", loader, tags=["t"])
    whole = cast("bytes", observer.get(name))
    cuts = [whole[:end] for end in range(0, len(whole), 5)]
    flips = [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(0, len(whole), 3)]
    for damaged in (*cuts, *flips, whole + b"\0", whole + whole, b"foreign"):
        observer.set(name, damaged)
        assert await cache.get_or_set("k", loader, tags=["t"]) == value
    assert cache.stats()["corrupt"] == len(cuts) + len(flips) + 3
    assert cache.stats()["loads"] == cache.stats()["corrupt"] + 1


async def test_foreign_bytes_in_every_codec_are_a_miss_or_an_error(
    cache: Cache, stage: Stage, observer: Valkey
) -> None:
    async def loader() -> str:
        return "loaded"

    bombs = (b"\x91" * 200_000, b"[" * 200_000, b"\xdd\xff\xff\xff\xff", b"\xc1", b"1 1")
    records = [Record(bomb, codec, 1, 1.0) for bomb in bombs for codec in (1, 8, 9, 77)]
    for record in records:
        plant(observer, stage, record)
        with pytest.raises(ValueFormatError):
            await cache.get("k")
        assert await cache.get_or_set("k", loader) == "loaded"
    assert cache.stats()["corrupt"] == len(records)
