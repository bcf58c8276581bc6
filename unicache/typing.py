"""Public types: what calls give back and what their annotations name. No behaviour beyond that of plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Generic, TypedDict, TypeVar

__all__ = ["DEFAULT", "CacheInfo", "Call", "Default", "Duration", "Entry", "Options"]

T = TypeVar("T")

Duration = int | float | str | timedelta
"""Seconds as a number, a ``timedelta``, or text such as ``"1h30m"`` or ``"250ms"``."""


class Default(Enum):
    """The type of ``DEFAULT``."""

    DEFAULT = "the cache's own"

    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT = Default.DEFAULT
"""Stands for the ``ttl`` the cache was made with, where None would mean "no expiry"."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value with everything that is known of it.

    ``ttl``    seconds it has left, None for no expiry
    ``tags``   the tags it was stored with
    ``age``    seconds since it was written
    ``stale``  True when it is past its soft expiry, and kept only to be served while it is renewed
    """

    key: str
    value: T
    cas: int
    ttl: float | None
    tags: tuple[str, ...]
    age: float
    stale: bool

    def __repr__(self) -> str:
        return f"Entry(key={self.key!r}, cas={self.cas}, ttl={self.ttl}, age={self.age:.3f}, stale={self.stale})"


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What became of the calls of one cached function, in this process, since it was decorated."""

    hits: int
    misses: int
    loads: int
    errors: int


@dataclass(frozen=True, slots=True)
class Call:
    """A finished call of a function decorated with ``invalidates``.

    ``arguments``  by name, defaults applied
    ``result``     what it returned; None before it ran
    """

    arguments: Mapping[str, Any]
    result: Any = None


class Options(TypedDict, total=False):
    """What a cache may be told beside its URL, or behind the ``?`` in it; the two are the same.

    ``lease``             how long a load may take before another process may start it again; 10 seconds
    ``timeout``           how long a call waits for the server; 1 second
    ``connect_timeout``   how long opening a connection may take; 1 second
    ``max_connections``   sockets that threads share; 16. The other models need one
    ``client_name``       what the server calls the connection in ``CLIENT LIST``
    ``username password db``  who to be on the server, and which database to use
    ``max_entries max_bytes`` bounds of ``memory://``; 100,000 entries and 256 MiB
    ``ssl_ca_certs``      path of the authorities to trust in place of the system's
    ``ssl_certfile ssl_keyfile``  paths of the own certificate and its key
    ``ssl_cert_reqs``     ``"required"``, or ``"none"`` to trust anybody
    """

    lease: Duration
    timeout: Duration
    connect_timeout: Duration
    max_connections: int
    client_name: str
    username: str
    password: str
    db: int
    max_entries: int
    max_bytes: int
    ssl_ca_certs: str
    ssl_certfile: str
    ssl_keyfile: str
    ssl_cert_reqs: str
