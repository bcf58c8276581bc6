"""chocs' HTTP cache on unicache: both of its storage interfaces, and its middleware around an application."""

from datetime import datetime
from typing import Any

import pytest

import unicache
import unicache_gevent
from unicache.chocs import Storage
from unicache.errors import InvalidationUncertain
from unicache.server import Server

# chocs is older than the Pythons that it runs on here, and they tell.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'cgi' is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:chocs.*"),
]


@pytest.fixture(params=[unicache.Cache, unicache_gevent.Cache], ids=["threads", "gevent"])
def cache(request: pytest.FixtureRequest, store_url: str, namespace: str) -> Any:
    with request.param(store_url, namespace=namespace, ttl=500) as opened:
        yield opened


def item(name: str = "id", body: bytes = b"body", ttl: int = 60) -> Any:
    from chocs_middleware.cache import CacheItem

    return CacheItem(name, body, ttl)


def test_it_is_what_chocs_asks_for(cache: unicache.Cache) -> None:
    from chocs_middleware.cache import ICacheStorage, ICollectableCacheStorage

    assert isinstance(Storage(cache), ICacheStorage)
    assert isinstance(Storage(cache), ICollectableCacheStorage)


def test_an_item_comes_back_as_it_was(cache: unicache.Cache) -> None:
    storage, given = Storage(cache), item()
    given._created_at = datetime(2020, 1, 1)
    storage.set(given)
    found = storage.get("id")
    assert type(found) is type(given)
    assert vars(found) == vars(given)


def test_an_item_lives_for_as_long_as_it_says_or_as_the_cache_does(cache: unicache.Cache) -> None:
    storage = Storage(cache)
    storage.set(item("timed", ttl=60))
    storage.set(item("untimed", ttl=0))
    assert 59 < (cache.ttl("timed") or 0) <= 60
    assert 499 < (cache.ttl("untimed") or 0) <= 500


def test_what_is_not_there_is_chocs_error(cache: unicache.Cache) -> None:
    from chocs_middleware.cache import CacheError

    with pytest.raises(CacheError):
        Storage(cache).get("absent")


def test_collecting_removes_one_item_and_may_be_repeated(cache: unicache.Cache) -> None:
    from chocs_middleware.cache import CacheError

    storage = Storage(cache)
    storage.set(item("a"))
    storage.set(item("b"))
    storage.collect(item("a"))
    storage.collect(item("a"))
    assert storage.get("b").body == b"body"
    with pytest.raises(CacheError):
        storage.get("a")


def test_collecting_is_loud_when_it_is_not_certain(namespace: str) -> None:
    with Server() as server, unicache.Cache(server.url, namespace=namespace) as cache:
        server.kill()
        with pytest.raises(InvalidationUncertain):
            Storage(cache).collect(item())


def test_the_middleware_of_chocs_serves_from_it(cache: unicache.Cache) -> None:
    from chocs import Application, HttpMethod, HttpRequest, HttpResponse
    from chocs_middleware.cache import CacheMiddleware

    runs = []
    app = Application(CacheMiddleware(Storage(cache)))

    @app.get("/page", cache_expiry=60)
    def page(request: HttpRequest) -> HttpResponse:
        runs.append(1)
        return HttpResponse("the page")

    def get() -> Any:
        return app(HttpRequest(HttpMethod.GET, "/page", headers={"accept": "*/*", "accept-language": "en"}))

    assert [get().as_str(), get().as_str()] == ["the page"] * 2
    assert len(runs) == 1
    assert "age" in get().headers
