"""What every forwarding application does alike, and the one for WSGI. None of them knows of a cache."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore

from unicache._core.http.fields import end_to_end, normal

__all__ = ["Forward", "passed_on"]

Fields = list[tuple[bytes, bytes]]


def passed_on(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The fields without those of one connection (RFC 9110 7.6.1)."""
    found = end_to_end(normal((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found]


class Forward:
    """A WSGI application that forwards everything to ``origin``, a URL without a path."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._pool = httpcore.ConnectionPool(max_connections=None, max_keepalive_connections=0)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        """One request."""
        url = self._origin + environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else None
        headers = passed_on(_fields_of(environ))
        with self._pool.stream(environ["REQUEST_METHOD"], url, headers=headers, content=body) as response:
            reason = response.extensions["reason_phrase"].decode("latin-1")
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in passed_on(response.headers)]
            start_response(f"{response.status} {reason}", fields)
            yield from response.iter_stream()


def _fields_of(environ: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value):
            yield name.removeprefix("HTTP_").replace("_", "-").encode("latin-1"), value.encode("latin-1")
