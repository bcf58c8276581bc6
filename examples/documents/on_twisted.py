"""The service of ``on_flask`` for twisted.web. ``PORT=8000 UNICACHE_URL=valkey://localhost python on_twisted.py``"""

import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet import endpoints, reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from unicache.errors import KeyExists, KeyNotFound, OperationTimeout, StoreUnavailable
from unicache_twisted import Cache

STATUS = {KeyNotFound: 404, KeyExists: 409, StoreUnavailable: 503, OperationTimeout: 503}

cache = Cache.from_env(namespace="documents", ttl="1h")


class NoJson(Exception):
    """What came is none."""


def sent(request: Request) -> Any:
    """The document that came."""
    try:
        return json.load(request.content)
    except ValueError as error:
        raise NoJson from error


def as_json(method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., int]:
    """A render method that sends what the coroutine returns, or the status of its error."""

    def render(resource: "Document", request: Request) -> int:
        def send(answer: Any) -> None:
            request.setHeader("content-type", "application/json")
            request.write(json.dumps(answer).encode())
            request.finish()

        def failed(failure: Failure) -> None:
            kind = failure.check(CancelledError, NoJson, *STATUS)
            if kind is NoJson:
                request.setResponseCode(400)
                send({"error": "BadRequest"})
            elif kind in STATUS:
                request.setResponseCode(STATUS[kind])
                send({"error": failure.type.__name__})
            elif kind is None:
                request.processingFailed(failure)

        work = Deferred.fromCoroutine(method(resource, request))
        request.notifyFinish().addErrback(lambda _: work.cancel())  # the client has gone
        work.addCallback(send).addErrback(failed)
        return NOT_DONE_YET

    return render


class Document(Resource):
    """One document."""

    isLeaf = True

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    @as_json
    async def render_GET(self, request: Request) -> Any:
        return (await cache.entry(self.key)).value

    @as_json
    async def render_POST(self, request: Request) -> Any:
        await cache.insert(self.key, sent(request))
        return {"key": self.key}

    @as_json
    async def render_PUT(self, request: Request) -> Any:
        await cache.set(self.key, sent(request))
        return {"key": self.key}

    @as_json
    async def render_DELETE(self, request: Request) -> Any:
        if not await cache.delete(self.key):
            raise KeyNotFound(key=self.key)
        return {"key": self.key}


class Documents(Resource):
    """All of them, below ``/documents``."""

    def getChild(self, name: bytes, request: Request) -> Document:
        return Document(name.decode())


if __name__ == "__main__":
    root = Resource()
    root.putChild(b"documents", Documents())
    endpoints.serverFromString(reactor, f"tcp:{os.environ['PORT']}:interface=127.0.0.1").listen(Site(root))
    reactor.run()
