"""Requests and responses as the policy sees them: values, without bodies. Pure."""

from dataclasses import dataclass, replace

from unicache._core.http.fields import Headers

__all__ = ["Head", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``path``     as it came, still percent-encoded
    ``query``    as it came, without the "?"; None when there was no "?"
    ``host``     what the Host field says, or the authority of an absolute target
    ``has_body`` whether it has content
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str | None
    headers: Headers
    has_body: bool = False

    def with_headers(self, headers: Headers) -> "Request":
        """The same request with other fields."""
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Head:
    """Status and fields of a response.

    ``personal``  the application was seen to read a session, so the response is somebody's own
    """

    status: int
    headers: Headers
    personal: bool = False
