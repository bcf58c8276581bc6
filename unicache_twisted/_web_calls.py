"""One request of twisted.web on its way through the exchange: what the application writes goes in, and steps come out.

Nothing here decides anything. What must not live here: how an application is run (``web``).
"""

from collections.abc import Callable
from typing import Any, assert_never

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from unicache._core.http.exchange import Exchange
from unicache._core.http.messages import Head, Request
from unicache._core.http.site import Site
from unicache._core.http.steps import Ask, Relay, Reply
from unicache_twisted._driving import Driven
from unicache_twisted._web_channel import Channel, Mark, Start
from unicache_twisted._web_requests import HANDED_ON, Template, fields_of

__all__ = ["App", "answered", "is_application"]

App = Callable[[Any], None]
"""Runs the application with a request of its own. What it raises, or its Deferreds, goes to the channel's ``fail``."""


def is_application(request: Any) -> bool:
    """Whether the request is one that an application got from here, so that its response is looked at already."""
    return isinstance(request.channel, Channel)


def answered(site: Site, app: App, client: Any) -> "Deferred[None] | None":
    """Answer a client's request; None where nothing is cached. It fails with what the application failed with."""
    if b"websocket" in map(bytes.lower, client.requestHeaders.getRawHeaders(b"upgrade", [])):
        return None  # the application takes the connection
    template = Template(client)
    exchange = site.exchange(template.asked, _Refresh(app, template))
    if exchange is None:
        return None
    call = _Call(app, template, _Client(client), exchange)
    work = Driven(call.run())
    if not work.called:
        client.notifyFinish().addErrback(call.lost, work)
    return work


class _Refresh:
    """Runs the application for an exchange that no client waits for."""

    def __init__(self, app: App, template: Template) -> None:
        self._app = app
        self._template = template

    async def __call__(self, exchange: Exchange, ask: Ask) -> None:
        await _Call(self._app, self._template, None, exchange).asked(ask)


class _Client:
    """Where the response goes."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def start(self, head: Head, reason: bytes | None = None) -> None:
        """The head. What was said of the response before the cache was asked stays, but for what the head says."""
        request, fields = self._request, fields_of(head.headers)
        said = request.responseHeaders
        for name, values in said.getAllRawHeaders():
            if name not in HANDED_ON and not fields.hasHeader(name):
                fields.setRawHeaders(name, values)
        request.setResponseCode(head.status, reason)
        request.responseHeaders = fields
        request.cookies = [*fields.getRawHeaders(b"set-cookie", []), *request.cookies]
        request.etag = request.lastModified = request.defaultContentType = None  # the head has them

    def write(self, data: bytes) -> None:
        """A piece of the body."""
        self._request.write(data)

    def finish(self) -> None:
        """The end."""
        self._request.finish()

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        self.start(reply.head)
        self.write(reply.body)
        self.finish()


class _Call:
    """``client`` is None when nobody waits for the response."""

    def __init__(self, app: App, template: Template, client: _Client | None, exchange: Exchange) -> None:
        self._app = app
        self._template = template
        self._client = client
        self._exchange = exchange
        self._reason: Failure | None = None

    async def run(self) -> None:
        """From the request to the last byte."""
        step = await self._exchange.begin()
        if isinstance(step, Reply):
            self._reply(step)
        else:
            await self.asked(step)

    async def asked(self, step: Relay | Reply | Ask) -> None:
        """Run the application, and once more if the exchange says so."""
        try:
            while isinstance(step, Ask):
                step = await self._ran(step.request)
        finally:
            await self._exchange.abandoned()

    def lost(self, reason: Failure, work: "Deferred[None]") -> None:
        """The client is gone."""
        self._reason = reason
        work.cancel()

    async def _ran(self, asked: Request) -> Relay | Reply | Ask:
        request = self._template.request(asked, attended=self._client is not None)
        channel: Channel = request.channel
        with self._exchange.noted():
            self._app(request)
        try:
            step = await self._carried_out(request, channel)
        except BaseException:
            channel.lose(self._reason)
            raise
        channel.drop()
        return step

    async def _carried_out(self, request: Any, channel: Channel) -> Relay | Reply | Ask:
        start = await channel.next()
        if not isinstance(start, Start):
            assert isinstance(start, Failure)
            step: Relay | Reply | Ask = await self._failed(start)
        else:
            step = await self._exchange.head(self._template.head(start, request))
        match step:
            case Relay():
                assert isinstance(start, Start)
                await self._relayed(step.head, start, channel)
            case Reply():
                self._reply(step)
            case Ask():
                pass
            case _:
                assert_never(step)
        return step

    async def _failed(self, failure: Failure) -> Reply:
        reply = await self._exchange.failed(failure.value) if isinstance(failure.value, Exception) else None
        if reply is None:
            failure.raiseException()
        return reply

    async def _relayed(self, head: Head, start: Start, channel: Channel) -> None:
        """Pass the response on as it comes."""
        client, exchange = self._client, self._exchange
        if client is not None:
            client.start(head, start.reason)
            client.write(b"")  # the head goes out, however long the body takes
            channel.feed()
        while not self._in_vain and (event := await channel.next()) is not Mark.END:
            if isinstance(event, bytes):
                await exchange.data(event)
                if client is not None:
                    client.write(event)
            elif event is Mark.CHANGED:
                await exchange.abandoned()
            elif isinstance(event, Failure):
                event.raiseException()
        await exchange.end()
        if client is not None:
            client.finish()
        elif self._in_vain:
            channel.lose(None)

    @property
    def _in_vain(self) -> bool:
        """Whether nobody waits for the response, and nothing of it is kept."""
        return self._client is None and self._exchange.in_vain

    def _reply(self, reply: Reply) -> None:
        if self._client is not None:
            self._client.reply(reply)
