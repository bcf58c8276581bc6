"""Forwarding under ASGI, by uvicorn: ``python -m benchmarks.conformance.on_asgi PORT ORIGIN CACHE``."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpcore
import uvicorn

from benchmarks.conformance.forwarding import passed_on
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware

__all__ = ["Forward", "main"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Forward:
    """An ASGI application that forwards everything to ``origin``, a URL without a path."""

    def __init__(self, origin: str) -> None:
        self._origin = origin.encode()
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=0)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """One request."""
        url = self._origin + scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        asked = self._pool.stream(
            scope["method"], url, headers=passed_on(scope["headers"]), content=_body_of(scope, receive)
        )
        async with asked as response:
            headers = passed_on(response.headers)
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            async for chunk in response.aiter_stream():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _body_of(scope: Any, receive: Receive) -> AsyncIterator[bytes] | None:
    names = {name for name, _ in scope["headers"]}
    return _received(receive) if names & {b"content-length", b"transfer-encoding"} else None


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def main(port: str, origin: str, address: str) -> None:
    """Serve until killed."""
    async with Cache(address, namespace="conformance") as cache:
        app = CacheMiddleware(Forward(origin), cache)
        config = uvicorn.Config(app, port=int(port), log_level="critical", date_header=False, server_header=False)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
