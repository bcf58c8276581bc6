"""Flask-Caching on unicache, chosen by configuration alone."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

import unicache
import unicache_gevent
from unicache.errors import ConfigurationError
from unicache.server import Server

KINDS = {"unicache.flask.Cache": unicache.Cache, "unicache_gevent.flask.Cache": unicache_gevent.Cache}


@pytest.fixture(params=KINDS)
def configuration(request: pytest.FixtureRequest, valkey_server: Server, namespace: str) -> dict[str, Any]:
    options = {"namespace": namespace, "client_name": "flask"}
    return {"CACHE_TYPE": request.param, "CACHE_UNICACHE_URL": valkey_server.url, "CACHE_OPTIONS": options}


@pytest.fixture
def app(configuration: dict[str, Any]) -> Iterator[Flask]:
    app = Flask(__name__)
    app.config.update(configuration)
    yield app
    del app
    gc.collect()


def test_a_view_is_run_once_and_again_when_it_was_deleted(app: Flask) -> None:
    cache, runs = Cache(app), []

    @app.get("/")
    @cache.cached(timeout=60)
    def view() -> str:
        runs.append(1)
        return f"page {len(runs)}"

    client = app.test_client()
    assert [client.get("/").text for _ in range(3)] == ["page 1"] * 3
    with app.app_context():
        cache.delete("view//")
    assert client.get("/").text == "page 2"


def test_a_function_is_memoized_per_arguments_and_can_be_forgotten(app: Flask) -> None:
    cache, runs = Cache(app), []

    @cache.memoize(timeout=60, cache_none=True)
    def add(a: int, b: int) -> int | None:
        runs.append((a, b))
        return a + b or None

    with app.app_context():
        assert [add(1, 2), add(1, 2), add(1, -1), add(1, -1)] == [3, 3, None, None]
        assert runs == [(1, 2), (1, -1)]
        cache.delete_memoized(add, 1, 2)
        assert [add(1, 2), add(1, -1)] == [3, None]
        assert runs == [(1, 2), (1, -1), (1, 2)]


def test_other_programs_find_a_value_by_its_prefix_and_key(
    app: Flask, configuration: dict[str, Any], namespace: str
) -> None:
    cache = Cache(app, config={"CACHE_KEY_PREFIX": "pages:", "CACHE_DEFAULT_TIMEOUT": 60})
    with (
        app.app_context(),
        KINDS[configuration["CACHE_TYPE"]](configuration["CACHE_UNICACHE_URL"], namespace=namespace) as other,
    ):
        cache.set("key", {"a": 1})
        assert other.get("pages:key") == {"a": 1}
        assert 59 < (other.ttl("pages:key") or 0) <= 60


def test_a_view_runs_uncached_when_the_store_is_down(
    app: Flask, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Server() as server:
        cache = Cache(app, config={"CACHE_UNICACHE_URL": server.url})
        app.get("/")(cache.cached()(lambda: "page"))
        server.kill()
        assert app.test_client().get("/").text == "page"
    assert "cannot reach" in caplog.text


def test_without_a_url_the_environment_says_where(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNICACHE_URL", raising=False)
    del app.config["CACHE_UNICACHE_URL"]
    with pytest.raises(ConfigurationError, match="UNICACHE_URL"):
        Cache(app)
    monkeypatch.setenv("UNICACHE_URL", "memory://")
    with app.app_context():
        cache = Cache(app)
        cache.set("key", 1)
        assert cache.get("key") == 1
