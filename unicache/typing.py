"""Public types: what calls give back and what their annotations name. No behaviour beyond that of plain values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any, Generic, Literal, Protocol, TypedDict, TypeVar

import msgspec

from unicache._core.tools.discreet import Discreet

__all__ = [
    "DEFAULT",
    "CacheInfo",
    "Call",
    "Codec",
    "Default",
    "Duration",
    "Entry",
    "LoadOptions",
    "Near",
    "Options",
    "Result",
]

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


class Entry(Discreet, Generic[T], frozen=True):
    """A value with everything that is known of it.

    ``cas``      what a write may be bound to; from ``get_and_lock``, the lock's
    ``ttl``      seconds it has left until it is stale, or gone if it never is or is already; None for no expiry
    ``tags``     the tags it was stored with
    ``age``      seconds since it was written
    ``stale``    True when it is past its soft expiry, and kept only to be served while it is renewed
    ``locked``   True when somebody has a lock on it
    ``size``     bytes that the stored value takes
    ``created``  when it was written, unix seconds by the clock of whoever wrote it
    ``expires_at``  when its ``ttl`` is over, unix seconds by the clock of this machine; None for never
    ``cost``     seconds that the load took which brought it, 0.0 when it was not loaded
    """

    key: str
    value: T
    cas: int
    ttl: float | None
    tags: tuple[str, ...]
    age: float
    stale: bool
    locked: bool = False
    size: int = 0
    created: float = 0.0
    expires_at: float | None = None
    cost: float = 0.0

    def __repr__(self) -> str:
        return f"Entry(key={self.key!r}, cas={self.cas}, ttl={self.ttl}, age={self.age:.3f}, stale={self.stale})"


class CacheInfo(msgspec.Struct, frozen=True):
    """What became of the calls of one cached function, in this process, since it was decorated.

    ``near``  those of the hits that were answered in this process, by a near cache or ``memory://``
    """

    hits: int
    misses: int
    loads: int
    errors: int
    near: int = 0


class Call(msgspec.Struct, frozen=True):
    """A finished call of a function decorated with ``invalidates``.

    ``arguments``  by name, defaults applied
    ``result``     what it returned; None before it ran
    """

    arguments: Mapping[str, Any]
    result: Any = None


class Near(msgspec.Struct, frozen=True):
    """A near cache: what was read is kept in this process for as long as the server says nothing else.

    ``max_bytes``      what all entries together may take, their administration included; 64 MiB
    ``max_entries``    how many there may be; 1,000,000
    ``max_staleness``  how old the last sign of life of a connection may be for what it read to be served; 1 second. In
                       health an entry is as fresh as the network is fast; this is for a connection that dies silently
    """

    max_bytes: int = 64 * 2**20
    max_entries: int = 1_000_000
    max_staleness: Duration = 1.0


class Codec(Protocol):
    """What an application can give as ``codec``: values to bytes and back, the same value of the same type.

    ``id`` is stored with each value, and says what reads it: a number from 32 to 127, never used for anything else.
    What the methods raise becomes ValueFormatError. They may be called from several threads at once.
    """

    @property
    def id(self) -> int:
        """The number."""
        ...

    def encode(self, value: Any, /) -> bytes:
        """The bytes of a value, or an error if it would not come back the same."""
        ...

    def decode(self, data: bytes, /) -> Any:
        """The value, or an error if ``encode`` cannot have made the bytes."""
        ...


class Options(TypedDict, total=False):
    """What a cache may be told beside its URL, or behind the ``?`` in it; the two are the same.

    ``near``              True, or a ``Near``, for a near cache in this process; ``memory://`` is one anyway

    ``lease``             how long a load outlives its process before another starts it again; 10 seconds
    ``origin_limit``      loads that may run at a time while the store is down; 64
    ``replay_invalidations``  how many invalidations that failed are kept, to be repeated when the server is back; 0.
                          They raise all the same
    ``codec``             what writes values: ``"msgpack"``, which None stands for, ``"json"``, ``"raw"``, ``"pickle"``
                          or a ``Codec``. Of several, the first writes, and the others are read too
    ``compression``       ``"zstd"`` to compress values of more than ``compression_threshold`` bytes, 1024; ``"none"``
    ``signing encryption``  keys of 32 bytes by their ids, such as ``{"2026": key}``: the first signs or encrypts every
                          value, and only what one of them has is read. At most one of the two
    ``max_value_bytes``   the most bytes of one encoded value, written or read; 20 MiB
    ``timeout``           how long a call waits for the server; 1 second
    ``connect_timeout``   how long opening a connection may take; 1 second
    ``acknowledged_by``   how many replicas must have a change of a document, or an invalidation, before the call
                          returns; 0. With fewer it raises NotReplicated, or InvalidationUncertain
    ``replica``           ``"host:port"`` of a replica that documents are read from while it answers. It may lag behind
    ``max_connections``   sockets that threads share; 32. The other models need one
    ``client_name``       what the server calls the connection in ``CLIENT LIST``
    ``username password db``  who to be on the server, and which database to use
    ``max_entries max_bytes`` bounds of ``memory://``; 100,000 entries and 256 MiB
    ``ssl_ca_certs``      path of the authorities to trust in place of the system's
    ``ssl_certfile ssl_keyfile``  paths of the own certificate and its key
    ``ssl_cert_reqs``     ``"required"``, or ``"none"`` to trust anybody
    """

    near: Near | bool | None
    lease: Duration
    origin_limit: int
    replay_invalidations: int
    codec: "str | Codec | Sequence[str | Codec] | None"
    compression: Literal["zstd", "none"]
    compression_threshold: int
    signing: Mapping[str, bytes]
    encryption: Mapping[str, bytes]
    max_value_bytes: int
    timeout: Duration
    connect_timeout: Duration
    acknowledged_by: int
    replica: str
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


class LoadOptions(TypedDict, total=False):
    """How a cached function or ``get_or_set`` deals with values that are old, loads that are slow, and failures.

    ``stale_while_revalidate``  how long after its ttl a value is still served, while it is renewed behind the caller
    ``stale_if_error``  how long after its ttl a value is served when the load fails, or is slow (``soft_timeout``)
    ``early_refresh``   renew a value behind the caller before its ttl is up, the likelier the dearer its load and the
                        nearer its end; 1.0 is usual, more is earlier
    ``jitter``          the part of the ttl that may be cut off at random, so that what was stored together does not
                        expire together; 0.1 for a tenth
    ``soft_timeout``    how long to wait for a load when a stale value could be served instead; the load goes on
    ``hard_timeout``    how long to wait for a load at all; then OperationTimeout, and the load goes on
    ``abandoned``       what becomes of a load for which nobody waits any more: it goes on, which is ``"finish"``, or
                        ``"cancel"``. A thread cannot be cancelled: it finishes
    ``negative``        failures to remember: exception classes and for how long
    ``result_tags``     further tags, computed from the result
    """

    stale_while_revalidate: Duration
    stale_if_error: Duration
    early_refresh: float
    jitter: float
    soft_timeout: Duration
    hard_timeout: Duration
    abandoned: Literal["finish", "cancel"]
    negative: Mapping[type[Exception], Duration]
    result_tags: Callable[[Any], Iterable[str]]


class Result(Discreet, Generic[T], frozen=True):
    """A value from load-through with where it came from.

    ``source``  ``"hit"``, ``"loaded"``, or ``"uncached"`` when the store was not used
    ``stale``   True when its ttl was up; then ``reason`` says why it was served all the same:
                ``"stale-while-revalidate"``, ``"error"`` or ``"soft timeout"``
    ``age``     seconds since it was stored, 0.0 for what was just loaded
    """

    value: T
    source: str
    stale: bool = False
    reason: str | None = None
    age: float = 0.0

    def __repr__(self) -> str:
        return f"Result(source={self.source!r}, stale={self.stale}, reason={self.reason!r}, age={self.age:.3f})"
