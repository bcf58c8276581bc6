"""The HTTP cache as WSGI middleware, under threads and gevent. Nothing here decides anything.

What the application gives is passed on as it comes. What must not live here: anything that ASGI would need too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any, assert_never
from urllib.parse import quote, unquote_to_bytes

from unicache._cache import Cache
from unicache._core.http.exchange import Exchange
from unicache._core.http.fields import Headers, first, normal
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options
from unicache._core.http.personal import seen_in
from unicache._core.http.site import Site
from unicache._core.http.steps import Ask, Relay, Reply
from unicache._core.run import run
from unicache._wsgi_bodies import Body, Listed, chained, close

__all__ = ["CacheMiddleware"]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

_RAW = ("REQUEST_URI", "RAW_URI")
"""Where servers put the target as it came; PATH_INFO is decoded."""

_PHRASES = {int(status): status.phrase for status in HTTPStatus}

_UNQUOTED = "!$&'()*+,-./:;=@_~"


class CacheMiddleware:
    """A WSGI application that answers for another one where HTTP lets it, and asks it where not.

    ``app``      the application: Flask, Django, Bottle and so on
    ``cache``    where responses are kept; a cache of ``unicache_gevent`` under a gevent server
    ``options``  what is stored, for how long, and what tells responses apart
    ``routes``   other options for paths that begin so, such as ``{"/api/": Options(ttl="10s"), "/admin/": None}``, or
                 that look so, with ``{name}`` for one segment and ``*`` for anything: ``"/users/{id}/orders"``;
                 None caches nothing, and the longest route counts

    What the responses say goes first: Cache-Control, CDN-Cache-Control, Expires, Vary, validators. Every response has a
    Cache-Status that says what was done, and why. A store that is down lets everything through.
    """

    def __init__(
        self,
        app: App,
        cache: Cache,
        options: Options | None = None,
        *,
        routes: Mapping[str, Options | None] | None = None,
    ) -> None:
        self._app = app
        self._site = Site(cache._engine, options or Options(), routes or {})

    def purge(self, url: str, *, soft: bool = False) -> None:
        """Remove what is stored of an absolute URL, in all variants; ``soft`` keeps it as stale from now on.

        Raises InvalidationUncertain when the store did not confirm, InvalidArgument for a URL that is none.
        """
        run(self._site.purge(url, soft=soft))

    def purge_prefix(self, url: str, *, soft: bool = False) -> None:
        """The same for all URLs that begin so, whatever their query. Raises what ``purge`` raises."""
        run(self._site.purge_prefix(url, soft=soft))

    def purge_tags(self, *tags: str, soft: bool = False) -> None:
        """The same for what carries one of the tags. Without ``soft`` it is ``cache.invalidate_tags``, which is for
        results of functions as well; with it, the whole namespace is looked through. Raises what ``purge`` raises.
        """
        run(self._site.purge_tags(tags, soft=soft))

    def purge_all(self, *, soft: bool = False) -> None:
        """The same for all responses in the cache's namespace. Raises what ``purge`` raises."""
        run(self._site.purge_all(soft=soft))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        exchange = self._site.exchange(_request_of(environ), _Refresh(self._app, environ))
        if exchange is None:
            return self._app(environ, start_response)
        step = run(exchange.begin())
        if isinstance(step, Reply):
            return _replied(step, start_response)
        return _Call(self._app, environ, start_response, exchange).asked(step)


class _Refresh:
    """Runs the application for an exchange that no client waits for."""

    def __init__(self, app: App, environ: Environ) -> None:
        self._app = app
        self._environ = environ

    async def __call__(self, exchange: Exchange, ask: Ask) -> None:
        environ = {**self._environ, "REQUEST_METHOD": ask.request.method, "wsgi.input": BytesIO()}
        body = _Call(self._app, environ, _nowhere, exchange).asked(ask)
        try:
            pieces = iter(body)
            while not exchange.in_vain and next(pieces, None) is not None:
                pass
        finally:
            close(body)


def _nowhere(*_: object) -> Callable[[bytes], object]:
    """Where the response to nobody goes."""
    return len


class _Call:
    """One request on its way through the exchange, and the application."""

    def __init__(self, app: App, environ: Environ, start_response: StartResponse, exchange: Exchange) -> None:
        self._app = app
        self._environ = environ
        self._start_response = start_response
        self._exchange = exchange
        self._started: tuple[str, list[tuple[str, str]]] | None = None
        self._relayed = False
        self._written: list[bytes] = []

    def asked(self, ask: Ask) -> Iterable[bytes]:
        """Run the application, and once more if the exchange says so; the body to send."""
        step: Relay | Reply | Ask = ask
        result: Iterable[bytes] = ()
        try:
            while isinstance(step, Ask):
                close(result)
                result, self._started = (), None
                inner = _environ_for(self._environ, step.request)
                with self._exchange.noted():
                    result = self._app(inner, self._start)
                    body = self._begun(result)
                step = run(self._exchange.head(self._head(inner)))
        except Exception as error:
            close(result)
            reply = run(self._exchange.failed(error))
            if reply is None:
                raise
            return _replied(reply, self._start_response)
        except BaseException:
            run(self._exchange.abandoned())
            raise
        return self._answer(step, body, result)

    def _begun(self, result: Iterable[bytes]) -> Iterator[bytes]:
        """The body, from which as much was taken as the application needed to begin its response."""
        if self._started is not None and not isinstance(result, Iterator):
            return iter(result)
        body, taken = iter(result), []
        while self._started is None:
            taken.append(next(body, b""))
            if self._started is None and not taken[-1]:
                break
        return chained(taken, body)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """The application's start_response."""
        if self._relayed:
            return self._restarted(status, headers, exc_info)
        self._started = (status, headers)
        return self._written.append

    def _restarted(self, status: str, headers: list[tuple[str, str]], exc_info: Any) -> Callable[[bytes], object]:
        """It changed its mind after its head was passed on: the server knows whether that can be helped."""
        run(self._exchange.abandoned())
        write: Callable[[bytes], object] = self._start_response(status, headers, exc_info)
        return write

    def _head(self, environ: Environ) -> Head:
        if self._started is None:
            raise RuntimeError("the application did not call start_response")
        status, headers = self._started
        return Head(int(status[:3]), normal(headers), seen_in(environ))

    def _answer(self, step: Relay | Reply, body: Iterator[bytes], result: Iterable[bytes]) -> Iterable[bytes]:
        match step:
            case Reply():
                close(result)
                return _replied(step, self._start_response)
            case Relay(head=head):
                assert self._started is not None
                self._start_response(self._started[0], list(head.headers))
                self._relayed = True
                written, self._written = self._written, []
                if isinstance(result, list | tuple) and not written:
                    return Listed(result, self._exchange)
                return Body(chained(written, body), result, self._exchange)
            case _:
                assert_never(step)


def _replied(reply: Reply, start_response: StartResponse) -> list[bytes]:
    status = reply.head.status
    phrase = _PHRASES.get(status, "Unknown")
    start_response(f"{status} {phrase}", list(reply.head.headers))
    return [reply.body]


def _request_of(environ: Environ) -> Request:
    headers = _headers_of(environ)
    host = first(headers, "host") or environ.get("SERVER_NAME", "")
    has_body = first(headers, "content-length") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ
    query = environ.get("QUERY_STRING") or None
    return Request(
        environ["REQUEST_METHOD"], environ["wsgi.url_scheme"], host, _path_of(environ), query, headers, has_body
    )


def _path_of(environ: Environ) -> str:
    """The path as it came, if the server tells; else as the application sees it, quoted again."""
    seen = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    for name in _RAW:
        raw = str(environ.get(name, "")).partition("?")[0]
        if raw and unquote_to_bytes(raw.encode("latin-1")) == seen.encode("latin-1"):
            return raw
    return quote(seen.encode("latin-1"), safe=_UNQUOTED)


def _headers_of(environ: Environ) -> Headers:
    found = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    plain = (name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name))
    return normal([*found, *((name.replace("_", "-"), environ[name]) for name in plain)])


def _environ_for(environ: Environ, request: Request) -> Environ:
    """The environment with the request's fields and query in place of the client's."""
    changed = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
    for name, value in request.headers:
        if name not in ("content-type", "content-length"):
            changed["HTTP_" + name.upper().replace("-", "_")] = value
    return {**changed, "QUERY_STRING": request.query or ""}
