"""Load-through where no order of callers matters: trouble that comes from the loader, and loaders that ask for more."""

from collections.abc import Callable
from typing import Any

import pytest

import unicache
from unicache import Cache
from unicache.errors import CacheError, StoreUnavailable


@pytest.fixture
def cache() -> Cache:
    return Cache()


def troubled(runs: list[int]) -> Callable[[], Any]:
    """A loader that fails as a store would, because it uses one itself."""

    def loader() -> Any:
        runs.append(1)
        raise StoreUnavailable("another store")

    return loader


def test_a_loader_that_fails_like_a_store_runs_once_and_its_error_is_raised(cache: Cache) -> None:
    runs: list[int] = []
    with pytest.raises(StoreUnavailable, match="another store"):
        cache.get_or_set("key", troubled(runs))
    assert len(runs) == 1
    assert cache.stats()["errors"] == 1
    assert cache.get_or_set("key", lambda: "value") == "value"


def test_such_a_loader_runs_once_for_a_refresh_too(cache: Cache) -> None:
    runs: list[int] = []
    cache.set("other", 1)
    function = cache.cached(key="other")(troubled(runs))
    with pytest.raises(StoreUnavailable, match="another store"):
        function.refresh()
    assert len(runs) == 1
    assert cache.get("other") == 1


def test_a_loader_may_load_another_key(cache: Cache) -> None:
    assert cache.get_or_set("outer", lambda: cache.get_or_set("inner", lambda: 1) + 1) == 2
    assert cache.get_many(["outer", "inner"]) == {"outer": 2, "inner": 1}


def test_a_loader_that_asks_for_its_own_key_is_told_so(cache: Cache) -> None:
    def loader() -> Any:
        return cache.get_or_set("key", loader)

    with pytest.raises(CacheError, match="asked for 'key' itself"):
        cache.get_or_set("key", loader)
    assert cache.get_or_set("key", lambda: 1) == 1


def test_a_loader_that_invalidates_its_own_key_is_answered_and_not_stored(cache: Cache) -> None:
    def loader() -> int:
        cache.invalidate("key")
        return 1

    assert cache.get_or_set("key", loader) == 1
    assert not cache.exists("key")
    assert cache.stats()["refused"] == 1


def test_a_value_that_cannot_be_stored_fails_and_leaves_the_key_free(cache: Cache) -> None:
    with pytest.raises(unicache.errors.ValueFormatError):
        cache.get_or_set("key", object)
    assert cache.get_or_set("key", lambda: 1) == 1
