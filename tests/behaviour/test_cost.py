"""What calls cost, counted on the wire and by the server: round trips, commands, and the keys they are about."""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from valkey import Valkey

import unicache
from caches import Stage
from servers import calls
from servers import observer as observer_of
from unicache._core.records.envelope import pack, unpack
from unicache._core.wire import resp
from unicache.server import Server
from wires import Counting

TEN_TAGS = [f"tag:{number}" for number in range(10)]
Costs = dict[str, int]


@pytest.fixture
def counting(_server: Server) -> Iterator[Counting]:
    with Counting(_server) as proxy:
        yield proxy


@pytest.mark.far
async def test_ten_tags_cost_at_most_one_more_round_trip_than_none(
    stage: Stage, counting: Counting, observer: Valkey
) -> None:
    observer.ping()
    plain, tagged = await costs(stage, counting, []), await costs(stage, counting, TEN_TAGS)
    assert plain == {"miss": 3, "hit": 1, "set": 1, "get": 1, "many": 1}
    assert {call: tagged[call] - plain[call] for call in plain if tagged[call] > plain[call] + 1} == {}


async def test_the_first_get_of_a_process_takes_two_round_trips_with_those_of_connecting(
    stage: Stage, counting: Counting, observer: Valkey
) -> None:
    observer.ping()
    assert await stage.open(counting.url).get("key") is None
    assert counting.round_trips == 2


async def costs(stage: Stage, counting: Counting, tags: list[str]) -> Costs:
    """Round trips of each call, by a cache that has its connection."""
    cache = stage.open(counting.url)
    await cache.connect()

    @cache.cached(key="f:{number}", tags=tags, ttl=60)
    async def function(number: int) -> int:
        return number

    calls: dict[str, Any] = {
        "miss": partial(function, len(tags)),
        "hit": partial(function, len(tags)),
        "set": partial(cache.set, "k", 1, tags=tags),
        "get": partial(cache.get, "k"),
        "many": partial(cache.get_many, ["k", f"f:{len(tags)}"]),
    }
    found: Costs = {}
    for name, call in calls.items():
        before = counting.round_trips
        await call()
        found[name] = counting.round_trips - before
    return found


# -- a tag that very many entries carry

AT_ONCE = 20_000


@pytest.fixture
def big_server(valkey_server: Server) -> Iterator[Server]:
    """One with room for a million entries."""
    with Server(valkey_server.binary, config={"maxmemory": "1gb"}) as server:
        yield server


@pytest.mark.parametrize("size", [100_000, pytest.param(1_000_000, marks=pytest.mark.deep)])
def test_a_tag_of_very_many_entries_is_invalidated_by_one_command_like_a_tag_of_ten(
    big_server: Server, size: int
) -> None:
    with unicache.Cache(big_server.url, namespace="big", timeout=20) as cache, observer_of(big_server) as client:
        few, many = [f"few:{number}" for number in range(10)], [f"k{number}" for number in range(0, size, size // 1000)]
        cache.set_many(dict.fromkeys(few, "value"), tags=["few"])
        cache.set("k0", "value", tags=["many"])
        multiply(big_server, client, b"big:k0", size)
        assert client.dbsize() == size + len(few) + 2
        assert (len(cache.get_many(few)), len(cache.get_many(many))) == (10, 1000)
        assert invalidation(cache, client, "few") == invalidation(cache, client, "many") == {"unlink": 1}
        assert cache.get_many(few) | cache.get_many(many) == {}


def multiply(server: Server, client: Valkey, name: bytes, size: int) -> None:
    """Write the entry of this name under so many names: as they would be if each had been set by itself."""
    stored = client.get(name)
    assert isinstance(stored, bytes)
    record, prefix = unpack(name, stored), name.removesuffix(b"0")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(server.address)
        for start in range(0, size, AT_ONCE):
            names = [prefix + b"%d" % number for number in range(start, start + AT_ONCE)]
            raw.sendall(resp.pack_all([("SET", each, pack(each, record)) for each in names]))
            expect(raw, b"+OK\r\n" * AT_ONCE)


def expect(raw: socket.socket, replies: bytes) -> None:
    heard = bytearray()
    while len(heard) < len(replies):
        heard += raw.recv(65536)
    assert heard == replies


def invalidation(cache: unicache.Cache, client: Valkey, tag: str) -> dict[str, int]:
    """The commands that the server carries out when a tag is invalidated."""
    before = calls(client)
    cache.invalidate_tags(tag)
    return calls(client) - before
