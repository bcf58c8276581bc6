"""How many Python functions of ours a call runs through, so that no path grows unnoticed.

Unlike seconds, these numbers are the same on every machine. A coroutine that goes on counts once more, as it costs.
A path that became shorter gets its new number here.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import unicache
import unicache_asyncio
from unicache.server import Server
from unicache_asyncio.asgi import CacheMiddleware

LOOKS = 5
Calls = dict[str, Callable[[], Any]]

MEMORY = {"get": 6, "function": 6}
NEAR = {"get": 6, "function": 6}
REMOTE = {"get": 24, "function": 28}
REMOTE_ASYNCIO = {"get": 27, "function": 33}
"""One of them is ``get_buffer``, and saves what it costs many times over: see docs/architecture/scale.md."""

RESPONSE = 98

INLINED = {"<dictcomp>", "<listcomp>", "<setcomp>"}
"""What is no call any more since Python 3.12."""

PACKAGES = tuple(
    str(Path(package.__file__).parent) for package in (unicache, unicache_asyncio) if package.__file__ is not None
)


class Counting:
    """Counts the calls of our functions in this thread, within the block."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> "Counting":
        sys.setprofile(self._happened)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _happened(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        self.calls += event == "call" and code.co_filename.startswith(PACKAGES) and code.co_name not in INLINED


def sync_lengths(url: str, **options: Any) -> dict[str, int]:
    """The shortest of a few looks at each call, in the package for threads."""
    with unicache.Cache(url, namespace="lengths", **options) as cache:

        @cache.cached(ttl=60)
        def function(number: int) -> int:
            return number

        cache.set("key", "value")
        calls: Calls = {"get": lambda: cache.get("key"), "function": lambda: function(1)}
        return {name: min(sync_length(call) for _ in range(LOOKS)) for name, call in calls.items()}


def sync_length(call: Callable[[], object]) -> int:
    with Counting() as counting:
        call()
    return counting.calls


async def awaited_lengths(url: str, **options: Any) -> dict[str, int]:
    """As ``sync_lengths``, under asyncio."""
    async with unicache_asyncio.Cache(url, namespace="lengths", **options) as cache:

        @cache.cached(ttl=60)
        async def function(number: int) -> int:
            return number

        await cache.set("key", "value")
        calls: Calls = {"get": lambda: cache.get("key"), "function": lambda: function(1)}
        return {name: min([await awaited_length(call) for _ in range(LOOKS)]) for name, call in calls.items()}


async def awaited_length(call: Callable[[], Awaitable[object]]) -> int:
    with Counting() as counting:
        await call()
    return counting.calls


def asyncio_lengths(url: str, **options: Any) -> dict[str, int]:
    lengths: Coroutine[Any, Any, dict[str, int]] = awaited_lengths(url, **options)
    return asyncio.run(lengths)


async def response_length() -> int:
    """The shortest look at a stored response, by the ASGI middleware."""

    async def page(_: Any, __: Any, send: Callable[..., Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=60")]})
        await send({"type": "http.response.body", "body": b"page"})

    async def nowhere(*_: Any) -> Any: ...

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"a"), (b"accept", b"*/*")]}
    async with unicache_asyncio.Cache("memory://") as cache:
        app = CacheMiddleware(page, cache)
        await app(dict(scope), nowhere, nowhere)
        return min([await awaited_length(lambda: app(dict(scope), nowhere, nowhere)) for _ in range(LOOKS)])


def grown(lengths: dict[str, int], limits: dict[str, int]) -> dict[str, int]:
    """The calls that are longer than they may be."""
    return {name: length for name, length in lengths.items() if length > limits[name]}


@pytest.mark.parametrize("lengths", [sync_lengths, asyncio_lengths])
def test_a_hit_in_memory_is_as_short_as_it_was(lengths: Callable[..., dict[str, int]]) -> None:
    assert grown(lengths("memory://"), MEMORY) == {}


@pytest.mark.parametrize("lengths", [sync_lengths, asyncio_lengths])
def test_a_hit_in_the_near_cache_is_as_short_as_it_was(
    lengths: Callable[..., dict[str, int]], valkey_server: Server
) -> None:
    assert grown(lengths(valkey_server.url, near=True), NEAR) == {}


@pytest.mark.parametrize(("lengths", "limits"), [(sync_lengths, REMOTE), (asyncio_lengths, REMOTE_ASYNCIO)])
def test_a_hit_on_the_server_is_as_short_as_it_was(
    lengths: Callable[..., dict[str, int]], limits: dict[str, int], valkey_server: Server
) -> None:
    assert grown(lengths(valkey_server.url), limits) == {}


def test_a_stored_response_is_served_by_as_few_calls_as_it_was() -> None:
    assert asyncio.run(response_length()) <= RESPONSE
