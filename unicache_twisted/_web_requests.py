"""Requests of twisted.web, as the HTTP cache reads them, and as the application behind it gets them.

The application has a request of its own for each of its runs: of the client's class, with all that is in the client's,
and a ``Channel`` under it. So every run begins anew, whatever became of the one before. What must not live here: steps
of the exchange.
"""

import sys
from io import BytesIO
from typing import Any

from twisted.web.http import parse_qs
from twisted.web.http_headers import Headers as Fields
from twisted.web.resource import EncodingResourceWrapper, getChildForRequest

from unicache._core.http.fields import Headers, first, normal
from unicache._core.http.messages import Head, Request
from unicache_twisted._web_channel import Channel, Start, failure_of

__all__ = ["HANDED_ON", "Template", "fields_of", "read"]

HANDED_ON = (b"Server", b"Date")
"""What twisted.web says of each response before anybody is asked. It is the application's to say."""

_SESSIONS = ("_secureSession", "_insecureSession")

_ENCODING: Any = EncodingResourceWrapper

_untyped_traversal: Any = getChildForRequest
_untyped_query: Any = parse_qs


def _request_of(client: Any, scheme: str) -> Request:
    """The client's request, as it came."""
    headers = read(client.requestHeaders)
    path, mark, query = client.uri.decode("latin-1").partition("?")
    has_body = first(headers, "content-length") not in (None, "0") or first(headers, "transfer-encoding") is not None
    method = client.method.decode("latin-1")
    return Request(method, scheme, first(headers, "host") or "", path, query if mark else None, headers, has_body)


def _has_session(request: Any) -> bool:
    """Whether the application has looked at a session: twisted.web's, or Klein's, which is kept beside it."""
    klein = sys.modules.get("klein.interfaces")
    return any(vars(request).get(name) for name in _SESSIONS) or bool(
        klein is not None and request.getComponent(klein.ISession, None)
    )


def read(fields: Fields) -> Headers:
    """Fields as the policy wants them."""
    found = fields.getAllRawHeaders()
    return normal((name.decode("latin-1"), value.decode("latin-1")) for name, values in found for value in values)


def fields_of(headers: Headers) -> Fields:
    """Fields as twisted.web wants them."""
    fields = Fields()
    for name, value in headers:
        fields.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))
    return fields


class Template:
    """What the application's requests are made after: a client's, as it was before anything was done with it.

    ``asked``  that request, as the policy wants it
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._state = dict(vars(client))
        self._secure = client.isSecure()
        self.asked = _request_of(client, "https" if self._secure else "http")

    def request(self, asked: Request, *, attended: bool) -> Any:
        """A new request for the application; ``attended`` if the client is there to get the response."""
        made: Any = object.__new__(type(self._client))
        vars(made).update({name: _copied(value) for name, value in self._state.items() if name != "_encoder"})
        made.method = asked.method.encode("latin-1")
        made.requestHeaders, made.responseHeaders = fields_of(asked.headers), self._handed_on()
        made.cookies, made.notifications = [], []
        self._ask(made, asked.query)
        made.content = self._content() if attended else BytesIO()
        made.channel = Channel(made, self._client if attended else None, secure=self._secure)
        made.transport, made.processingFailed = made.channel.transport, made.channel.fail
        return made

    def _handed_on(self) -> Fields:
        said, fields = self._state["responseHeaders"], Fields()
        for name in HANDED_ON:
            fields.setRawHeaders(name, said.getRawHeaders(name, []))
        return fields

    def head(self, start: Start, request: Any) -> Head:
        """The application's head. A session that it has looked at makes it somebody's own.

        Where it has added a line to what was handed on, its own counts: it passes another server's Date on.
        """
        for name in HANDED_ON:
            said = start.fields.getRawHeaders(name, [])
            if len(said) > 1 and said[:1] == self._state["responseHeaders"].getRawHeaders(name):
                start.fields.setRawHeaders(name, said[1:])
        return Head(start.status, read(start.fields), _has_session(request))

    def _content(self) -> Any:
        content = self._client.content
        content.seek(0)
        return content

    def _ask(self, made: Any, query: str | None) -> None:
        """Put another query in place of the client's; ``args`` has the fields of a form, too, and they stay."""
        _, mark, came = made.uri.partition(b"?")
        wanted = None if query is None else query.encode("latin-1")
        if wanted == (came if mark else None):
            return
        old, new = _untyped_query(came, 1), _untyped_query(wanted or b"", 1)
        made.args = {**new, **{name: values for name, values in made.args.items() if values != old.get(name)}}
        made.uri = made.path if wanted is None else made.path + b"?" + wanted


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, list | dict) else value


def render(resource: Any, request: Any) -> None:
    """Find the resource below this one that the request is for, and have it answer: what a ``Site`` does."""
    try:
        found: Any = _untyped_traversal(resource, request)
        if isinstance(found, _ENCODING):
            request._encoder = found.getEncoder(request)
        request.render(found)
    except BaseException:  # noqa: BLE001  so does twisted.web
        request.processingFailed(failure_of())
