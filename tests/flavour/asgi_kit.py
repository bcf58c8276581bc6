"""What tests of the ASGI middleware need: an application that counts, and a client that asks it."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from http_table.middleware import Client, raw, scope_of
from unicache._core.http.fields import first, normal
from unicache._core.http.messages import Request

__all__ = ["PATIENCE", "App", "ask", "status_of", "under_asyncio", "until"]

PATIENCE = 20.0

Test = Callable[..., Coroutine[Any, Any, None]]


def under_asyncio(body: Test) -> Callable[..., None]:
    """Run the test in a loop of its own."""

    @functools.wraps(body)
    def test(**fixtures: Any) -> None:
        asyncio.run(asyncio.wait_for(body(**fixtures), PATIENCE))

    return test


class App:
    """An application that answers with these fields, after ``gate`` if there is one, and counts."""

    def __init__(self, *headers: str, body: bytes = b"body", status: int = 200) -> None:
        self.headers = list(headers)
        self.body = body
        self.status = status
        self.runs = 0
        self.running = 0
        self.most = 0
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.seen: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.runs += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.seen.append(scope)
        self.entered.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
            await self.answer(scope, receive, send)
        finally:
            self.running -= 1

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        await send(self.start())
        await send({"type": "http.response.body", "body": self.body})

    def start(self) -> dict[str, Any]:
        fields = normal((name, value) for name, _, value in (text.partition(":") for text in self.headers))
        return {"type": "http.response.start", "status": self.status, "headers": raw(fields)}


async def ask(app: Any, url: str = "/", *headers: str, method: str = "GET", client: Client | None = None) -> Client:
    client = client or Client()
    path, _, query = url.partition("?")
    fields = normal(
        (name, value) for name, _, value in (text.partition(":") for text in ("Host: example.com", *headers))
    )
    await app(
        scope_of(Request(method, "http", "example.com", path, query or None, fields)), client.receive, client.send
    )
    return client


def status_of(client: Client) -> str:
    return first(client.headers, "cache-status") or ""


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110  nothing tells when
        await asyncio.sleep(0.001)
