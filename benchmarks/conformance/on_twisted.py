"""Forwarding by twisted.web: ``python -m benchmarks.conformance.on_twisted PORT ORIGIN CACHE``."""

# ruff: noqa: E402  the reactor is chosen before anybody asks for one
from twisted.internet import asyncioreactor

asyncioreactor.install()

import asyncio
import sys
from typing import Any

import httpcore
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from benchmarks.conformance.forwarding import passed_on
from unicache_twisted import Cache
from unicache_twisted.web import CacheResource

__all__ = ["Forward", "main"]


class Forward(Resource):
    """A Resource that forwards everything to ``origin``, a URL without a path."""

    isLeaf = True  # noqa: N815  its name in twisted.web

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin.encode()
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=0)

    def render(self, request: Any) -> int:
        """One request."""
        done = Deferred.fromFuture(asyncio.ensure_future(self._forward(request)))
        done.addErrback(request.processingFailed)
        return NOT_DONE_YET

    async def _forward(self, request: Any) -> None:
        fields = [(name, value) for name, values in request.requestHeaders.getAllRawHeaders() for value in values]
        body = request.content.read() or None
        asked = self._pool.stream(request.method, self._origin + request.uri, headers=passed_on(fields), content=body)
        async with asked as response:
            request.setResponseCode(response.status, response.extensions["reason_phrase"])
            request.responseHeaders = Headers()  # twisted.web puts some there of its own
            for name, value in passed_on(response.headers):
                request.responseHeaders.addRawHeader(name, value)
            async for chunk in response.aiter_stream():
                request.write(chunk)
        request.finish()


def main(port: str, origin: str, address: str) -> None:
    """Serve until killed."""
    cache = Cache(address, namespace="conformance")
    running: Any = reactor
    running.listenTCP(int(port), Site(CacheResource(Forward(origin), cache)), interface="127.0.0.1")
    running.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
