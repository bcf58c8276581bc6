"""The near cache where event models differ: what looks at sockets, what a loop leaves behind, and how errors come."""

import asyncio
import select
from typing import Any

import pytest
from twisted.python.failure import Failure

import unicache
import unicache_asyncio
import unicache_twisted
from unicache._blocking import BlockingIo
from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials, NearOptions
from unicache._core.wire import near
from unicache._core.wire.exclusive_link import ExclusiveLink
from unicache.errors import CacheClosed, StoreUnavailable
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


class Watched:
    """A transport that, while it reads, looks at itself as another thread would; ``ends`` if the stream does then."""

    def __init__(self, *, ends: bool) -> None:
        self.near = near.Near(NearOptions(10_000, 10, 60.0), BlockingIo.now)
        self.link = ExclusiveLink(BlockingIo(), Endpoint(), Credentials(), self.near)
        self._ends = ends
        self.seen: list[Any] = []

    def arrivals(self) -> Any:
        return lambda _seconds, _most: []

    def read(self, *, wait: bool) -> None:
        self.seen.append(self.link.trust.arrived)
        if self._ends:
            self.link.end(StoreUnavailable("gone"))

    def close(self) -> None: ...


@pytest.mark.parametrize("ends", [False, True])
def test_what_one_thread_takes_in_waits_for_the_others_until_it_is_parsed(ends: bool) -> None:
    transport: Any = Watched(ends=ends)
    transport.link._attach(transport)
    transport.link.take_in()
    [look] = transport.seen
    assert look(0.0, 1)
    after = transport.link.trust.arrived
    assert after is None if ends else after(0.0, 1) == []


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
