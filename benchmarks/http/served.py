"""The servers that are compared, each in a process of its own: ``python -m benchmarks.http.served NAME PORT CACHE``."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

import uvicorn
import waitress

import unicache
import unicache_asyncio
from unicache.wsgi import CacheMiddleware as WsgiMiddleware
from unicache_asyncio.asgi import CacheMiddleware as AsgiMiddleware

__all__ = ["ASGI", "BODY", "END", "WEB", "WSGI", "main"]

END = b"<!-- end -->"
BODY = b"<p>A page, as pages go.</p>\n" * 75 + END
"""2 kB, of which the last bytes tell that it is whole."""

FIELDS = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-length", str(len(BODY))),
    ("cache-control", "max-age=3600"),
    ("etag", '"1"'),
)
HEADERS = [(name.encode(), value.encode()) for name, value in FIELDS]


async def page(scope: Any, receive: Any, send: Any) -> None:
    """The application under ASGI; nothing can be cheaper."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def wsgi_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same under WSGI."""
    start_response("200 OK", list(FIELDS))
    return [BODY]


@asynccontextmanager
async def _bare(address: str) -> AsyncIterator[Any]:
    yield page


@asynccontextmanager
async def _ours(address: str) -> AsyncIterator[Any]:
    async with unicache_asyncio.Cache(address, namespace="http") as cache:
        yield AsgiMiddleware(page, cache)


@asynccontextmanager
async def _near(address: str) -> AsyncIterator[Any]:
    async with unicache_asyncio.Cache(address, namespace="http", near=True) as cache:
        yield AsgiMiddleware(page, cache)


@asynccontextmanager
async def _hishel(address: str) -> AsyncIterator[Any]:
    from hishel import AsyncRedisStorage
    from hishel.asgi import ASGICacheMiddleware
    from redis.asyncio import Redis

    async with Redis.from_url(address.replace("valkey:", "redis:")) as client:
        yield ASGICacheMiddleware(page, AsyncRedisStorage(client))


ASGI = {"bare": _bare, "near": _near, "ours": _ours, "hishel": _hishel}
"""The applications under uvicorn, by name."""

WSGI = {"bare": None, "near": True, "ours": False}
"""Those under waitress: whether they have a near cache; the first has no cache at all."""

WEB = WSGI
"""The same for twisted.web."""


async def _on_uvicorn(name: str, port: int, address: str) -> None:
    async with ASGI[name](address) as app:
        config = uvicorn.Config(app, port=port, log_level="critical", access_log=False, lifespan="off")
        await uvicorn.Server(config).serve()


def _on_waitress(name: str, port: int, address: str) -> None:
    logging.disable(logging.WARNING)
    near = WSGI[name]
    with unicache.Cache(address, namespace="http", near=bool(near)) as cache:
        app = wsgi_page if near is None else WsgiMiddleware(wsgi_page, cache)
        waitress.serve(app, host="127.0.0.1", port=port, threads=4)


def _on_twisted(name: str, port: int, address: str) -> None:
    from twisted.internet import reactor
    from twisted.web.resource import Resource
    from twisted.web.server import Site

    from unicache_twisted import Cache
    from unicache_twisted.web import CacheResource

    class Page(Resource):
        isLeaf = True  # noqa: N815  its name in twisted.web

        def render(self, request: Any) -> bytes:
            for field in FIELDS:
                request.setHeader(*field)
            return BODY

    near, running = WEB[name], cast("Any", reactor)
    page = Page() if near is None else CacheResource(Page(), Cache(address, namespace="http", near=near))
    running.listenTCP(port, Site(page), interface="127.0.0.1")
    running.run()


_ON = {"wsgi": _on_waitress, "twisted": _on_twisted}


def main(model: str, name: str, port: str, address: str) -> None:
    """Serve until killed."""
    if model == "asgi":
        asyncio.run(_on_uvicorn(name, int(port), address))
    else:
        _ON[model](name, int(port), address)


if __name__ == "__main__":
    main(*sys.argv[1:])
