"""cachelib's interface as its documentation describes it, under threads and gevent, on every store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import gevent
import gevent.pool
import pytest

import unicache
import unicache.cachelib
import unicache_gevent
from servers import observer
from unicache.errors import StoreUnavailable, ValueFormatError
from unicache.server import Server

KINDS = {"threads": unicache.Cache, "gevent": unicache_gevent.Cache}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, store_url: str, namespace: str) -> Any:
    with KINDS[request.param](store_url, namespace=namespace) as cache:
        yield cache


@pytest.fixture
def cache(store: unicache.Cache) -> unicache.cachelib.Cache:
    return unicache.cachelib.Cache(store)


def test_values_come_back_and_what_is_absent_is_none(cache: unicache.cachelib.Cache) -> None:
    assert cache.get("key") is None
    assert cache.has("key") is False
    for value in (0, "", [], {"a": (1, 2)}, b"bytes"):
        assert cache.set("key", value) is True
        assert cache.get("key") == value
    assert cache.set("none", None) is True
    assert (cache.get("none"), cache.has("none")) == (None, True)


def test_add_does_not_overwrite(cache: unicache.cachelib.Cache) -> None:
    assert [cache.add("key", 1), cache.add("key", 2), cache.get("key")] == [True, False, 1]


@pytest.mark.parametrize(
    ("timeout", "least", "most"), [(None, 299, 300), (60, 59, 60), (timedelta(minutes=1), 59, 60), (1, 0, 1)]
)
def test_a_time_out_is_in_seconds_and_300_of_them_by_default(
    cache: unicache.cachelib.Cache, store: unicache.Cache, timeout: Any, least: int, most: int
) -> None:
    cache.set("set", 1, timeout)
    cache.add("add", 1, timeout)
    cache.set_many({"many": 1}, timeout)
    for key in ("set", "add", "many"):
        assert least < (store.ttl(key) or 0) <= most


def test_a_time_out_of_zero_is_no_expiry_in_the_call_and_by_default(store: unicache.Cache) -> None:
    unicache.cachelib.Cache(store).set("call", 1, 0)
    unicache.cachelib.Cache(store, default_timeout=0).set("default", 1)
    assert (store.ttl("call"), store.ttl("default")) == (None, None)


def test_many_keys_keep_their_order(cache: unicache.cachelib.Cache) -> None:
    assert cache.set_many({"a": 1, "b": None, "c": 3}) == ["a", "b", "c"]
    assert cache.get_many("c", "a", "absent", "b") == [3, 1, None, None]
    assert cache.get_dict("a", "absent") == {"a": 1, "absent": None}
    assert cache.delete_many("a", "absent") == ["a", "absent"]
    assert cache.get_many("a", "c") == [None, 3]


def test_delete_says_whether_the_key_was_there(cache: unicache.cachelib.Cache) -> None:
    cache.set("key", 1)
    assert [cache.delete("key"), cache.delete("key")] == [True, False]


def test_counting_begins_at_zero_loses_nothing_and_keeps_the_time(
    cache: unicache.cachelib.Cache, store: unicache.Cache
) -> None:
    assert [cache.inc("new"), cache.inc("new", 5), cache.dec("new", 2), cache.dec("down")] == [1, 6, 4, -1]
    assert 299 < (store.ttl("new") or 0) <= 300
    cache.set("set", 41, 60)
    assert cache.inc("set") == 42
    assert (store.ttl("set") or 0) <= 60


def test_threads_and_greenlets_lose_no_count(cache: unicache.cachelib.Cache, store: unicache.Cache) -> None:
    together = gevent.pool.Pool(8) if isinstance(store, unicache_gevent.Cache) else ThreadPoolExecutor(8)
    list(together.map(lambda _: cache.inc("visits"), range(400)))
    assert cache.get("visits") == 400


def test_clear_removes_what_has_the_prefix_or_everything(store: unicache.Cache) -> None:
    mine = unicache.cachelib.Cache(store, key_prefix="mine:")
    others = unicache.cachelib.Cache(store)
    mine.set("key", 1)
    others.set("key", 2)
    assert store.get("mine:key") == 1
    assert mine.clear() is True
    assert (mine.get("key"), others.get("key")) == (None, 2)
    assert others.clear() is True
    assert others.get("key") is None


def test_what_cannot_be_stored_is_refused_with_what_to_do(cache: unicache.cachelib.Cache) -> None:
    with pytest.raises(ValueFormatError, match="codec='pickle' and signing"):
        cache.set("key", 1j)


def test_what_cannot_be_read_is_not_there(valkey_server: Server, namespace: str) -> None:
    with unicache.Cache(valkey_server.url, namespace=namespace) as store, observer(valkey_server) as client:
        cache = unicache.cachelib.Cache(store)
        client.set(f"{namespace}:key", b"of somebody else")
        assert cache.get("key") is None
        assert cache.get_many("key") == [None]
        assert store.stats()["corrupt"] == 2


def test_a_server_that_refuses_some_keys_says_which(namespace: str) -> None:
    with Server() as server, unicache.Cache(server.url, namespace=namespace) as store, observer(server) as client:
        strict = unicache.cachelib.Cache(store, ignore_delete_many_errors=False)
        lax = unicache.cachelib.Cache(store)
        lax.set_many({"a": 1, "b": 2})
        client.lpush(f"{namespace}:list", "not a string")
        assert lax.delete_many("a", "list") == ["a"]
        with pytest.raises(RuntimeError, match="not certainly deleted"):
            strict.delete_many("b", "list")


def test_a_store_that_is_down_is_loud(namespace: str) -> None:
    with Server() as server, unicache.Cache(server.url, namespace=namespace) as store:
        cache = unicache.cachelib.Cache(store)
        server.kill()
        for call in (cache.get, cache.delete, cache.delete_many, cache.inc):
            with pytest.raises(StoreUnavailable):
                call("key")


def test_under_gevent_greenlets_run_while_one_waits(namespace: str) -> None:
    ticks = []
    with Server() as server, unicache_gevent.Cache(server.url, namespace=namespace) as store:
        cache = unicache.cachelib.Cache(store)
        cache.set("key", 1)
        server.pause()
        waiting = gevent.spawn(cache.get, "key")
        gevent.spawn(lambda: (ticks.append(1), server.resume())).join()
        assert waiting.get() == 1
        assert ticks == [1]
