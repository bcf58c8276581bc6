"""Views say what becomes of their responses, in each framework's own way, and those that look at a session are seen."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import bottle
import django.http
import fastapi
import flask
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path
from starlette.middleware.sessions import SessionMiddleware

import unicache
import unicache_asyncio
from http_table.middleware import Client, scope_of
from http_table.wsgi import environ_of, get, timed
from unicache._core.http.fields import first, normal
from unicache._core.http.messages import Request
from unicache.errors import ConfigurationError
from unicache.http import Options, response_options, set_response_options
from unicache.wsgi import CacheMiddleware
from unicache_asyncio.asgi import CacheMiddleware as AsgiMiddleware

FRESH = {"Cache-Control": "max-age=60"}

Ask = Callable[..., str]
"""From a path and a cookie to Cache-Status."""


def request(url: str, cookie: str, method: str) -> Request:
    fields = normal([("Host", "testserver"), *([("Cookie", cookie)] if cookie else [])])
    return Request(method, "http", "testserver", url, None, fields)


def by_wsgi(app: Any, cache: unicache.Cache) -> Ask:
    cached = CacheMiddleware(app, cache)

    def ask(url: str, cookie: str = "", method: str = "GET") -> str:
        _, headers, _ = get(cached, environ_of(request(url, cookie, method)))
        return first(headers, "cache-status") or ""

    return ask


def of_flask(cache: unicache.Cache) -> Ask:
    app = flask.Flask(__name__)
    app.secret_key = "secret"  # noqa: S105  of a test

    @app.get("/said/<name>")
    @response_options(ttl="1m", tags=["all"])
    def said(name: str) -> str:
        set_response_options(tags=[name])
        return name

    @app.post("/change/<name>")
    def change(name: str) -> str:
        set_response_options(invalidates=[name])
        return name

    @app.get("/session")
    def session() -> flask.Response:
        return flask.Response(str(flask.session.get("user")), headers=FRESH)

    return by_wsgi(app, cache)


@response_options(ttl="1m", tags=["all"])
def django_said(request: django.http.HttpRequest, name: str) -> django.http.HttpResponse:
    set_response_options(tags=[name])
    return django.http.HttpResponse(name)


def django_change(request: django.http.HttpRequest, name: str) -> django.http.HttpResponse:
    set_response_options(invalidates=[name])
    return django.http.HttpResponse(name)


def django_session(request: django.http.HttpRequest) -> django.http.HttpResponse:
    return django.http.HttpResponse(request.session.get("user"), headers=FRESH)


urlpatterns = [
    path("said/<name>", django_said),
    path("change/<name>", django_change),
    path("session", django_session),
]


def of_django(cache: unicache.Cache) -> Ask:
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["testserver"],
            SECRET_KEY="secret",  # noqa: S106  of a test
            SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
            MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        )
    return by_wsgi(WSGIHandler(), cache)


def of_bottle(cache: unicache.Cache) -> Ask:
    app = bottle.Bottle()

    @app.get("/said/<name>")
    @response_options(ttl="1m", tags=["all"])
    def said(name: str) -> str:
        set_response_options(tags=[name])
        return name

    @app.post("/change/<name>")
    def change(name: str) -> str:
        set_response_options(invalidates=[name])
        return name

    @app.get("/session")
    def session() -> str:
        bottle.response.headers.update(FRESH)
        return str(bottle.request.get_cookie("user"))

    return by_wsgi(app, cache)


def of_fastapi(_: unicache.Cache) -> Ask:
    app = fastapi.FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="secret")  # noqa: S106  of a test

    @app.get("/said/{name}")
    @response_options(ttl="1m", tags=["all"])
    async def said(name: str) -> str:
        set_response_options(tags=[name])
        return name

    @app.post("/change/{name}", dependencies=[fastapi.Depends(lambda name: set_response_options(invalidates=[name]))])
    def change(name: str) -> str:
        return name

    @app.get("/session")
    def session(request: fastapi.Request) -> fastapi.Response:
        return fastapi.Response(str(request.session.get("user")), headers=FRESH)

    cached = AsgiMiddleware(app, unicache_asyncio.Cache())

    def ask(url: str, cookie: str = "", method: str = "GET") -> str:
        client = Client()
        asyncio.run(cached(scope_of(request(url, cookie, method)) | {"query_string": b""}, client.receive, client.send))
        return first(client.headers, "cache-status") or ""

    return ask


@pytest.fixture(params=[of_flask, of_django, of_bottle, of_fastapi], ids=lambda make: make.__name__)
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    with unicache.Cache() as cache:
        yield request.param(cache)


def test_a_view_says_how_long_and_by_which_tags(ask: Ask) -> None:
    for name in ("ann", "bob"):
        assert "stored" in ask(f"/said/{name}")
        assert "hit" in ask(f"/said/{name}")
    assert "fwd=method" in ask("/change/ann", method="POST")
    assert "stored" in ask("/said/ann")
    assert "hit" in ask("/said/bob")
    ask("/change/all", method="POST")
    assert "stored" in ask("/said/bob")


def test_line_104_who_looks_at_a_session_or_cookie_answers_one_person(ask: Ask) -> None:
    for cookie in ("user=ann", "user=bob"):
        assert "hit" not in ask("/session", cookie)
    assert "hit" not in ask("/session")


def test_outside_of_the_middleware_nothing_is_said() -> None:
    assert response_options(ttl=1)(lambda: set_response_options(ttl=2))() is None


@pytest.mark.parametrize("options", [{"ttl": "soon"}, {"vary": "accept"}, {"tags": "one"}, {"max_body": 0}], ids=str)
def test_what_is_wrong_is_told_at_decoration(options: dict[str, Any]) -> None:
    with pytest.raises((ConfigurationError, unicache.errors.InvalidArgument)):
        response_options(**options)


@pytest.mark.parametrize("name", ["ignore_query", "hosts", "nonsense"])
def test_what_decides_before_the_view_is_not_the_view_s_to_say(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        response_options(**{name: ()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("/", "no-lifetime"),
        ("/api/x", "stored"),
        ("/api/users/1/orders", "detail=option-shared"),
        ("/api/users/1/2/orders", "stored"),
        ("/api/users//orders", "stored"),
        ("/api/users/1/orders/2", "stored"),
        ("/a.css", "ttl=7"),
        ("/api/a.css", "ttl=60"),
        ("/a.css/x", "no-lifetime"),
        ("/admin/x", ""),
        ("/%61dmin/x", ""),
        ("/api/a%2eb", "ttl=60"),
    ],
)
def test_a_route_is_a_beginning_or_a_pattern_and_the_longest_counts(url: str, word: str) -> None:
    routes = {
        "/api/": Options(ttl="1m"),
        "/api/users/{id}/orders": Options(shared=False),
        "/*.css": Options(ttl=7),
        "/api/*.css": Options(ttl="1m"),
        "/admin/": None,
    }
    with timed(unicache.Cache, lambda: 0.0, None) as cache:
        cached = CacheMiddleware(_plain, cache, routes=routes)
        _, headers, _ = get(cached, environ_of(request(url, "", "GET")))
    status = first(headers, "cache-status")
    assert (word in (status or "")) if word else status is None


def _plain(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"body"]


def test_a_route_begins_with_a_slash() -> None:
    with unicache.Cache() as cache, pytest.raises(ConfigurationError, match="route"):
        CacheMiddleware(_plain, cache, routes={"api": None})
