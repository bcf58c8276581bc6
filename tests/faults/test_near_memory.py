"""What a near cache may hold of memory, when far more passes through it than it has room for."""

import subprocess
import sys
import textwrap

import pytest

from unicache import Cache
from unicache.server import Server

KEYS, CHUNK = 1_000_000, 1000
ROOM = 64 << 20

READER = """
    import asyncio, psutil, sys
    from unicache_asyncio import Cache, Near

    def held():
        return psutil.Process().memory_info().rss

    async def main(url, keys, chunk, room):
        async with Cache(url, namespace="app", timeout=30, near=Near(max_bytes=room, max_entries=keys)) as cache:
            found = len(await cache.get_many([f"user:{number}" for number in range(chunk)]))
            before = held()
            for first in range(chunk, keys, chunk):
                found += len(await cache.get_many([f"user:{number}" for number in range(first, first + chunk)]))
            print(found, held() - before)

    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
"""


@pytest.mark.deep
def test_a_million_keys_pass_through_64_mb_and_take_a_fifth_more_at_most() -> None:
    with Server() as server, Cache(server.url, namespace="app", timeout=30) as cache:
        for first in range(0, KEYS, CHUNK):
            cache.set_many({f"user:{number}": bytes(number % 200) for number in range(first, first + CHUNK)})
        command = [sys.executable, "-c", textwrap.dedent(READER), server.url, str(KEYS), str(CHUNK), str(ROOM)]
        found, grown = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert found == KEYS
    assert 0.5 < grown / ROOM < 1.2
