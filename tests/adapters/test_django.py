"""Django's cache interface as its documentation describes it: threads, event loops and gevent, on every store."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import CacheHandler
from django.core.cache.backends.base import CacheKeyWarning
from django.utils.safestring import SafeString, mark_safe

from servers import observer
from unicache import Cache
from unicache._core.run import run as finish
from unicache.errors import ConfigurationError, StoreUnavailable, ValueFormatError
from unicache.server import Server

KINDS = {"threads": ("unicache", ""), "asyncio": ("unicache", "a"), "gevent": ("unicache_gevent", "")}
SIGNED = {"codec": "pickle", "signing": {"2026": bytes(32)}}

Body = Callable[["Backend"], Coroutine[Any, Any, None]]


class Backend:
    """A backend whose calls are awaited: the plain ones, or those for event loops."""

    def __init__(self, kind: str, url: str, namespace: str) -> None:
        self._package, self._prefix = KINDS[kind]
        self._url = url
        self._namespace = namespace
        self.bare = self.configured()

    def configured(self, **settings: Any) -> Any:
        """What Django makes of these settings."""
        options = {"namespace": self._namespace} | settings.pop("OPTIONS", {})
        backend = {"BACKEND": f"{self._package}.django.Cache", "LOCATION": self._url, "OPTIONS": options}
        return CacheHandler({"default": backend | settings})["default"]

    def having(self, **settings: Any) -> "Backend":
        other = Backend.__new__(Backend)
        vars(other).update(vars(self), bare=self.configured(**settings))
        return other

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self.bare, self._prefix + name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **kwargs) if self._prefix else method(*args, **kwargs)

        return call

    def run(self, body: Body) -> None:
        asyncio.run(body(self)) if self._prefix else finish(body(self))

    def left(self, key: str) -> float | None:
        """Seconds that the key has left."""
        return finish(self.bare._here._engine.documents.ttl(self.bare.make_key(key)))


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, store_url: str, namespace: str) -> Backend:
    return Backend(request.param, store_url, namespace)


@pytest.fixture(params=KINDS)
def remote(request: pytest.FixtureRequest, valkey_server: Server, namespace: str) -> Backend:
    return Backend(request.param, valkey_server.url, namespace)


def test_values_come_back_as_they_are(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        for value in (None, False, 0, "", [], "text", b"bytes", 3.5, {"a": (1, 2)}, {1, 2}):
            await cache.set("key", value)
            assert await cache.get("key", "default") == value
            assert type(await cache.get("key")) is type(value)
            assert await cache.has_key("key") is True

    backend.run(body)


def test_what_is_absent_gives_the_default_and_no_error(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        assert await cache.get("key") is None
        assert await cache.get("key", "default") == "default"
        assert await cache.has_key("key") is False
        assert await cache.delete("key") is False
        assert await cache.touch("key", 10) is False
        assert await cache.get_many(["key", "other"]) == {}
        await cache.delete_many(["key", "other"])

    backend.run(body)


def test_add_writes_only_where_nothing_is_not_even_none(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        assert await cache.add("key", None) is True
        assert await cache.add("key", "late") is False
        assert await cache.get("key", "default") is None
        assert await cache.delete("key") is True
        assert await cache.add("key", "now") is True

    backend.run(body)


def test_a_time_out_is_the_setting_s_unless_the_call_says_otherwise(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        for settings, timeout, least, most in (({}, {}, 299, 300), ({}, {"timeout": 60}, 59, 60), (long, {}, 8e6, 9e6)):
            other = cache.having(**settings)
            for write in (other.set, other.add):
                await write("key", 1, **timeout)
                assert least < (other.left("key") or 0) <= most
                await other.delete("key")
            assert await other.set_many({"key": 1}, **timeout) == []
            assert least < (other.left("key") or 0) <= most

    long: dict[str, Any] = {"TIMEOUT": 100 * 86400}
    backend.run(body)


def test_none_is_no_expiry_in_the_settings_and_in_calls(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        eternal = cache.having(TIMEOUT=None)
        await eternal.set("key", 1)
        assert eternal.left("key") is None
        assert await cache.touch("key") is True
        assert cache.left("key") is not None
        assert await cache.touch("key", None) is True
        assert cache.left("key") is None

    backend.run(body)


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_out_of_zero_or_less_is_not_cached(backend: Backend, timeout: int) -> None:
    async def body(cache: Backend) -> None:
        await cache.set_many({"a": 1, "b": 1, "c": 1})
        await cache.set("a", 2, timeout)
        assert await cache.touch("b", timeout) is True
        assert await cache.set_many({"c": 2}, timeout) == []
        assert await cache.add("d", 2, timeout) is True
        assert await cache.get_or_set("e", 2, timeout) == 2
        assert await cache.get_many("abcde") == {}

    backend.run(body)


def test_many_keys_go_together(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        assert await cache.set_many({"a": 1, "b": None, 3: 3}) == []
        assert await cache.get_many(["a", "b", 3, "c"]) == {"a": 1, "b": None, 3: 3}
        await cache.delete_many(key for key in ("a", 3))
        assert await cache.get_many(iter(["a", "b", 3])) == {"b": None}
        assert await cache.set_many({}) == []
        await cache.delete_many([])

    backend.run(body)


def test_numbers_are_counted_up_and_down_and_keep_their_time(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        await cache.set("visits", 41, 60)
        assert await cache.incr("visits") == 42
        assert await cache.incr("visits", 10) == 52
        assert await cache.decr("visits", 50) == 2
        assert await cache.get("visits") == 2
        assert (cache.left("visits") or 0) <= 60
        for call in (cache.incr, cache.decr):
            with pytest.raises(ValueError, match="'absent' not found"):
                await call("absent")

    backend.run(body)


def test_get_or_set_takes_a_value_or_a_function_which_runs_once(backend: Backend) -> None:
    runs = []

    def made() -> None:
        runs.append(1)

    async def body(cache: Backend) -> None:
        assert await cache.get_or_set("value", 1979, 60) == 1979
        assert (cache.left("value") or 0) <= 60
        assert await cache.get_or_set("made", made) is None
        assert await cache.get_or_set("made", made) is None
        assert len(runs) == 1

    backend.run(body)


def test_what_a_delete_overtook_is_not_stored(backend: Backend) -> None:
    def made() -> str:
        backend.bare.delete("key")
        return "old"

    async def body(cache: Backend) -> None:
        assert await cache.get_or_set("key", made) == "old"
        assert await cache.get("key") is None

    backend.run(body)


def test_versions_and_prefixes_keep_keys_apart(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        other, second = cache.having(KEY_PREFIX="other"), cache.having(VERSION=2)
        await cache.set("key", 1)
        assert await other.get("key") is None
        assert await second.get("key") is None
        assert await cache.get("key", version=1) == await second.get("key", version=1) == 1
        assert await cache.incr_version("key") == 2
        assert (await cache.get("key"), await second.get("key")) == (None, 1)
        assert await second.decr_version("key") == 1
        assert (await cache.get("key"), await second.get("key")) == (1, None)
        with pytest.raises(ValueError, match="not found"):
            await cache.incr_version("absent")

    backend.run(body)


def test_keys_are_made_by_the_function_of_the_settings(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        own = cache.having(KEY_FUNCTION=lambda key, prefix, version: f"{key}-{version}")
        await own.set("key", 1)
        assert finish(own.bare._here._engine.documents.get("key-1")) == 1

    backend.run(body)


def test_keys_that_memcached_would_not_take_are_warned_of(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        with pytest.warns(CacheKeyWarning, match="characters"):
            await cache.set("a b", 1)
        with pytest.warns(CacheKeyWarning, match="longer than 250"):
            assert await cache.get("x" * 300) is None
        with pytest.warns(CacheKeyWarning, match="characters"):
            assert await cache.get_many(["a b"]) == {"a b": 1}

    backend.run(body)


def test_clear_removes_all_prefixes_and_versions_and_no_other_namespace(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        other = cache.having(OPTIONS={"namespace": "elsewhere"})
        await other.set("key", 1)
        await cache.set_many({"a": 1, "b": 2})
        await cache.set("a", 1, version=2)
        await cache.clear()
        assert await cache.get_many(["a", "b"]) == await cache.get_many(["a"], version=2) == {}
        assert await other.get("key") == 1

    backend.run(body)


def test_a_backend_goes_on_after_the_end_of_a_request_closes_it(backend: Backend) -> None:
    async def body(cache: Backend) -> None:
        await cache.set("key", 1)
        await cache.close()
        assert await cache.get("key") == 1

    backend.run(body)


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
