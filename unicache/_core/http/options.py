"""What can be chosen about the HTTP cache: one value, checked when it is made. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

from unicache._core.durations import seconds
from unicache._core.http.messages import Head, Request
from unicache.errors import ConfigurationError

__all__ = ["Case", "Options"]

_DURATIONS = (
    "collapse_timeout",
    "heuristic_limit",
    "keep",
    "pass_for",
    "stale_if_error",
    "stale_while_revalidate",
    "ttl",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """All times are durations: seconds, a timedelta, or text such as ``"5m"``. The response's own word goes first.

    What is stored

    ``ttl``                     freshness of responses that name none; None to go by the heuristic or not to store
    ``stale_while_revalidate``  the window of responses that name none
    ``stale_if_error``          the same
    ``heuristic``               the part of the time since Last-Modified that a response without a lifetime is fresh
    ``heuristic_limit``         and its longest
    ``keep``                    how long a stale response with a validator is kept to be asked about
    ``private``                 True to store nothing
    ``statuses``                statuses that are stored; None for all that may be
    ``set_cookie``              what becomes of a response with Set-Cookie: ``"refuse"``, ``"strip"`` or ``"store"``
    ``max_body``                bytes of a body that is stored; a longer one only passes
    ``max_headers``             characters of the fields that are stored
    ``tags``                    a function of request and response to the tags of the response

    What tells responses apart

    ``hosts``         hosts whose responses are stored; None for all
    ``vary``          request fields that responses vary by, whatever they say
    ``trusted``       forwarding fields, such as ``x-forwarded-host``, that the application may go by; part of the key
    ``parts``         a function of the request to further parts of the key, such as a tenant
    ``ignore_query``  names of query arguments that neither key nor application get to see
    ``sort_query``    whether query arguments are brought into one order, for key and application
    ``normalise``     fields of preferences, such as ``accept-language``, whose members' order and case are no matter
    ``max_variants``  variants of one URL

    What is answered

    ``targets``            targeted fields that this cache obeys, the first valid one
    ``hide_targets``       whether clients get to see them
    ``obey_requests``      whether clients may ask for fresher or staler responses by Cache-Control
    ``preconditions``      whether If-Match and If-Unmodified-Since are answered from the cache
    ``max_ranges``         ranges of one request; more are answered by the whole
    ``collapse_timeout``   how long a request waits for another's response before it goes to the application itself
    ``pass_for``           how long a URL whose response could not be stored is not waited for
    ``name``               of this cache, in Cache-Status
    ``status``             whether responses have a Cache-Status
    ``debug``              whether Cache-Status shows the key
    """

    ttl: float | None = None
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    heuristic: float = 0.1
    heuristic_limit: float = 86400.0
    keep: float = 3600.0
    private: bool = False
    statuses: frozenset[int] | None = None
    set_cookie: str = "refuse"
    max_body: int = 1024 * 1024
    max_headers: int = 32 * 1024
    tags: Callable[[Request, Head], Iterable[str]] | None = None
    hosts: frozenset[str] | None = None
    vary: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()
    parts: Callable[[Request], Iterable[str]] | None = None
    ignore_query: frozenset[str] = frozenset()
    sort_query: bool = False
    normalise: frozenset[str] = frozenset()
    max_variants: int = 32
    targets: tuple[str, ...] = ("cdn-cache-control",)
    hide_targets: bool = False
    obey_requests: bool = True
    preconditions: bool = False
    max_ranges: int = 8
    collapse_timeout: float = 10.0
    pass_for: float = 60.0
    name: str = "unicache"
    status: bool = True
    debug: bool = False

    def __post_init__(self) -> None:
        for name in _DURATIONS:
            self._set(name, _duration(getattr(self, name), name))
        for name in ("hosts", "trusted", "vary", "normalise", "targets"):
            self._set(name, _lowered(getattr(self, name), name))
        for name in ("statuses", "ignore_query"):
            given = getattr(self, name)
            self._set(name, None if given is None else frozenset(given))
        if self.set_cookie not in ("refuse", "strip", "store"):
            raise ConfigurationError(f"set_cookie must be 'refuse', 'strip' or 'store', not {self.set_cookie!r}")
        if not 0.0 <= self.heuristic <= 1.0:
            raise ConfigurationError("heuristic must be between 0 and 1")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def names(cls) -> frozenset[str]:
        """The names of all options."""
        return frozenset(each.name for each in fields(cls))


def _duration(given: object, name: str) -> float | None:
    if given is None and name == "ttl":
        return None
    return 0.0 if given == 0 else seconds(given, name)  # type: ignore[arg-type]


def _lowered(given: Iterable[str] | None, name: str) -> object:
    """Names in lower case, in the kind of collection that the option has."""
    if given is None:
        return None
    if isinstance(given, str):
        raise ConfigurationError(f"{name} must be several names, not one text")
    lowered = [each.lower() for each in given]
    return tuple(lowered) if name in ("vary", "targets") else frozenset(lowered)


@dataclass(frozen=True, slots=True)
class Case:
    """One request, under these options, at this time (unix seconds)."""

    request: Request
    options: Options
    now: float
