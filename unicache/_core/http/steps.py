"""What an exchange tells its adapter to do next. Values, and nothing else."""

from dataclasses import dataclass

from unicache._core.http.messages import Head, Request

__all__ = ["Ask", "Relay", "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response to send."""

    head: Head
    body: bytes


@dataclass(frozen=True, slots=True)
class Relay:
    """The head to pass on; the application's body follows."""

    head: Head


@dataclass(frozen=True, slots=True)
class Ask:
    """Call the application with this request."""

    request: Request
