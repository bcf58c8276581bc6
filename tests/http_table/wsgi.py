"""Runs a story through the WSGI middleware in this process: a cache of threads or gevent, and a clock that waits."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from http_table.drivers import START, Seen, answer_of, check, request_of
from http_table.stories import Origin, Story
from unicache import Cache
from unicache._core.http.fields import Headers, normal
from unicache._core.http.messages import Head, Request
from unicache._core.run import run as finish
from unicache.http import Options
from unicache.wsgi import CacheMiddleware

__all__ = ["Application", "environ_of", "get", "run", "timed"]


class Application:
    """A WSGI application that answers as the step says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.now = START
        self.origin = Origin()
        self.asked: list[Request] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = asked_of(environ)
        self.asked.append(request)
        head, body = answer_of(self.origin, request, self.now)
        if not head.status:
            raise RuntimeError("the application failed, as it was told to")
        start_response(f"{head.status} Whatever", list(head.headers))
        return [body[:2], body[2:]]


def environ_of(request: Request) -> dict[str, Any]:
    """The request as a WSGI server would give it."""
    fields: dict[str, str] = {}
    for name, value in request.headers:
        key = "HTTP_" + name.upper().replace("-", "_")
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    length = fields.pop("HTTP_CONTENT_LENGTH", "")
    return {
        **fields,
        "CONTENT_LENGTH": length,
        "REQUEST_METHOD": request.method,
        "wsgi.url_scheme": request.scheme,
        "SCRIPT_NAME": "",
        "PATH_INFO": _decoded(request.path),
        "REQUEST_URI": request.path,
        "QUERY_STRING": request.query or "",
        "SERVER_NAME": "",
        "wsgi.input": io.BytesIO(),
    }


def _decoded(path: str) -> str:
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


def asked_of(environ: dict[str, Any]) -> Request:
    found = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    return Request(environ["REQUEST_METHOD"], "http", "", environ["PATH_INFO"], None, normal(found))


def get(app: Any, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """What a client sees of a WSGI application."""
    started: list[Any] = []
    result = app(environ, lambda *head: started.append(head) or started.append)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    (status, headers, *_) = started[0]
    return int(status[:3]), normal(headers), body


def timed(kind: type[Cache], now: Callable[[], float], behind: list[Any] | None) -> Cache:
    """A cache of this kind with a clock of ours; its refreshes come into ``behind``, if given, to be run later."""

    class Timed(kind):  # type: ignore[misc, valid-type]
        def _new_io(self) -> Any:
            io: Any = super()._new_io()
            beside = io.spawn
            io.wall = io.now = now
            if behind is not None:
                io.spawn = lambda main: behind.append(main) if "_behind" in main.__qualname__ else beside(main)
            return io

    made: Cache = Timed()
    return made


def run(story: Story, kind: type[Cache]) -> None:
    """Carry a story out, and look whether everybody saw what he should."""
    application = Application()
    behind: list[Any] = []
    cache = timed(kind, lambda: application.now, behind)
    middleware = CacheMiddleware(application, cache, Options(**story.options))
    for number, step in enumerate(story.steps, 1):
        application.now += step.after
        assert step.origin is not None
        application.origin, application.asked = step.origin, []
        seen = _seen(middleware, application, request_of(step, application.now))
        while behind:
            finish(behind.pop()())
        check(step, seen, application.now, f"{story}, step {number}")
    cache.close()


def _seen(middleware: CacheMiddleware, application: Application, request: Request) -> Seen:
    try:
        status, headers, body = get(middleware, environ_of(request))
    except RuntimeError:
        status, headers, body = 500, (), b""
    return Seen(Head(status, headers), body, list(application.asked))
