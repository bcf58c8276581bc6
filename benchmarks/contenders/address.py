"""Where the server under test listens."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

__all__ = ["Address", "AwaitingGet", "Get"]

Get = Callable[[str], Any]
AwaitingGet = Callable[[str], Awaitable[Any]]


class Address(NamedTuple):
    """A TCP address."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As unicache takes it. Most peers wait as long as it takes; neither shall we fail on a busy machine."""
        return f"valkey://{self.host}:{self.port}?timeout=30"
