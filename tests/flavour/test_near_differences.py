"""The near cache where event models differ: what looks at sockets, what a loop leaves behind, and how errors come."""

import asyncio
import select
from typing import Any

import pytest
from twisted.python.failure import Failure

import unicache
import unicache_asyncio
import unicache_twisted
from unicache.errors import CacheClosed
from unicache.server import Server
from unicache.typing import Near

LASTING = Near(max_staleness=60)


def test_threads_hear_of_changes_where_there_is_no_epoll(
    valkey_server: Server, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on other systems than Linux, and as gevent's ``patch_all()`` leaves a program."""
    monkeypatch.delattr(select, "epoll", raising=False)
    with (
        unicache.Cache(valkey_server.url, namespace=namespace, near=LASTING) as cache,
        unicache.Cache(valkey_server.url, namespace=namespace) as another,
    ):
        cache.set("k", "old")
        assert [cache.get("k") for _ in range(3)] == ["old"] * 3
        another.set("k", "new")
        assert cache.get("k") == "new"


def test_a_cache_that_was_closed_in_one_loop_serves_nothing_in_another(valkey_server: Server, namespace: str) -> None:
    cache = unicache_asyncio.Cache(valkey_server.url, namespace=namespace, near=LASTING)
    with asyncio.Runner() as first:
        first.run(cache.set("k", 1))
        assert [first.run(cache.get("k")) for _ in range(3)] == [1] * 3
        asyncio.run(cache.close())
        with pytest.raises(CacheClosed):
            first.run(cache.get("k"))


def test_twisted_gives_the_error_of_a_key_as_a_failure_though_hits_need_no_waiting() -> None:
    def key(number: int) -> str:
        raise LookupError(number)

    @unicache_twisted.Cache("memory://").cached(key=key)
    def function(number: int) -> int:
        return number

    failures: list[Failure] = []
    wrong: Any = function
    for call in (function(1), wrong(1, 2)):
        call.addErrback(failures.append)
    assert [failure.type for failure in failures] == [LookupError, TypeError]
