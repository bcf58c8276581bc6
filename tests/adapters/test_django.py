"""Django's cache interface as its documentation describes it: threads, event loops and gevent, on every store."""

from typing import Any

import pytest
from django.core.cache.backends.base import CacheKeyWarning

from django_backend import Backend
from unicache._core.run import run as finish


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
