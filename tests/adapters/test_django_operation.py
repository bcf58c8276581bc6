"""What Django's backend does beside its calls: values of any class, pools, event loops, outages, settings."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import CacheHandler
from django.utils.safestring import SafeString, mark_safe

from django_backend import KINDS, Backend
from servers import observer
from unicache import Cache
from unicache.errors import ConfigurationError, StoreUnavailable, ValueFormatError
from unicache.server import Server

SIGNED = {"codec": "pickle", "signing": {"2026": bytes(32)}}


@pytest.fixture(params=KINDS)
def remote(request: pytest.FixtureRequest, valkey_server: Server, namespace: str) -> Backend:
    return Backend(request.param, valkey_server.url, namespace)


def test_what_cannot_be_stored_is_refused_with_what_to_do(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        calls = (cache.set, cache.add, cache.get_or_set)
        for call in (*calls, lambda key, value: cache.set_many({key: value})):
            with pytest.raises(ValueFormatError, match="codec='pickle' and signing"):
                await call("fragment", mark_safe("<p>"))
        assert await cache.get("fragment") is None

    backend.run(body)


def test_with_a_key_any_object_is_stored_as_a_pickle(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        pickling = cache.having(OPTIONS=SIGNED)
        await pickling.set("fragment", mark_safe("<p>"))
        assert type(await pickling.get("fragment")) is SafeString

    backend.run(body)


def test_what_cannot_be_read_is_not_there(remote: Backend) -> None:
    async def body(cache: Backend) -> None:
        await cache.having(OPTIONS=SIGNED).set_many({"a": {1}, "b": {2}})
        assert await cache.get("a", "default") == "default"
        assert await cache.get_many(["a", "b"]) == {}

    remote.run(body)


def test_the_calls_for_threads_and_for_event_loops_see_the_same(backend: Backend) -> None:
    async def body() -> None:
        await backend.bare.aset("key", 1)

    asyncio.run(body())
    assert backend.bare.get("key") == 1


def test_the_calls_for_event_loops_need_no_thread(store_url: str, namespace: str) -> None:
    async def body(cache: Backend) -> None:
        before = threading.enumerate()
        await cache.set_many({"a": 1})
        assert await cache.get_or_set("b", 2) == 2
        assert await cache.get_many("ab") == {"a": 1, "b": 2}
        await cache.clear()
        assert threading.enumerate() == before

    Backend("asyncio", store_url, namespace).run(body)


def test_many_event_loops_wait_for_one_run(store_url: str, namespace: str) -> None:
    runs = []

    async def made() -> int:
        runs.append(1)
        await asyncio.sleep(0)
        return 42

    async def body(cache: Backend) -> None:
        assert await asyncio.gather(*(cache.get_or_set("key", made) for _ in range(20))) == [42] * 20
        assert len(runs) == 1

    Backend("asyncio", store_url, namespace).run(body)


def test_all_threads_share_a_pool(namespace: str) -> None:
    with Server(config={"maxclients": "100"}) as server, ThreadPoolExecutor(8) as pool:
        handler = CacheHandler(
            {
                "default": {
                    "BACKEND": "unicache.django.Cache",
                    "LOCATION": server.url,
                    "OPTIONS": {"namespace": namespace, "max_connections": 2},
                }
            }
        )
        together = threading.Barrier(8)

        def use(number: int) -> int:
            together.wait()
            handler["default"].set(f"key{number}", number)
            return id(handler["default"])

        assert len(set(pool.map(use, range(8)))) == 8  # Django makes one for each thread
        with observer(server) as client:
            assert len(client.client_list()) <= 2 + 1  # and this observer


def test_other_programs_find_a_value_by_the_key_that_django_makes(valkey_server: Server, namespace: str) -> None:
    Backend("threads", valkey_server.url, namespace).bare.set("key", {"a": 1})
    with Cache(valkey_server.url, namespace=namespace) as cache:
        assert cache.get(":1:key") == {"a": 1}


def test_a_store_that_is_down_is_an_error_but_for_get_or_set(namespace: str) -> None:
    with Server() as server:
        cache = Backend("threads", server.url, namespace).bare
        server.kill()
        assert cache.get_or_set("key", lambda: 42) == 42
        for name, argument in (("get", "key"), ("delete", "key"), ("delete_many", ["key"]), ("set_many", {"key": 1})):
            with pytest.raises(StoreUnavailable):
                getattr(cache, name)(argument)


def test_without_a_location_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, namespace: str) -> None:
    monkeypatch.delenv("UNICACHE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="UNICACHE_URL"):
        Backend("threads", "", namespace)
    monkeypatch.setenv("UNICACHE_URL", "memory://")
    cache = Backend("threads", "", namespace).bare
    cache.set("key", 1)
    assert cache.get("key") == 1


def test_wrong_options_are_named(namespace: str) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'timeout'"):
        Backend("threads", "memory://", namespace).configured(OPTIONS={"timeuot": 1})
