"""What can be chosen about the HTTP cache: one value, checked when it is made. Pure."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from unicache._core.http.messages import Request
from unicache._core.http.rules import Naming, Rules
from unicache._core.tools.durations import optional_seconds, seconds
from unicache.errors import ConfigurationError
from unicache.typing import Duration

__all__ = ["Options", "rules_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """All times are durations: seconds, a timedelta, or text such as ``"5m"``. The response's own word goes first.

    What is stored

    ``ttl``                     freshness of responses that name none; None to go by the heuristic or not to store
    ``stale_while_revalidate``  the window of responses that name none
    ``stale_if_error``          the same
    ``stale_if_down``           the same for an application that does not answer: it raises, or says 502 or 504
    ``heuristic``               the part of the time since Last-Modified that a response without a lifetime is fresh
    ``heuristic_limit``         and its longest
    ``keep``                    how long a stale response with a validator is kept to be asked about
    ``jitter``                  the part of the time in the store that may be cut off, at random, below 1
    ``shared``                  False to store nothing; True for responses that are everybody's, whatever session,
                                Cookie or Authorization came with the request; None to go by them
    ``methods``                 methods that are answered from the cache, of GET and HEAD
    ``statuses``                statuses that are stored; None for all that may be
    ``set_cookie``              what becomes of a response with Set-Cookie: ``"refuse"``, ``"strip"`` or ``"store"``
    ``max_body``                bytes of a body that is stored; a longer one only passes
    ``max_headers``             characters of the fields that are stored
    ``tags``                    the tags of the response, or a function of request and response to them
    ``invalidates``             the tags that a POST, PUT, PATCH or DELETE invalidates if it succeeds, in the same form
    ``etag``                    whether stored responses get an ETag of their bytes if they have none

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
    ``fetch_whole``        whether the whole is fetched beside a client that asks for a part of what is not there
    ``collapse_timeout``   how long a request waits for another's response before it goes to the application itself
    ``pass_for``           how long a URL whose response could not be stored is not waited for
    ``name``               of this cache, in Cache-Status
    ``status``             whether responses have a Cache-Status
    ``debug``              whether Cache-Status shows the key
    """

    ttl: Duration | None = None
    stale_while_revalidate: Duration | None = None
    stale_if_error: Duration | None = None
    stale_if_down: Duration | None = "1m"
    heuristic: float = 0.1
    heuristic_limit: Duration = "1d"
    keep: Duration = "1h"
    jitter: float = 0.0
    shared: bool | None = None
    methods: Collection[str] = ("GET", "HEAD")
    statuses: Collection[int] | None = None
    set_cookie: Literal["refuse", "strip", "store"] = "refuse"
    max_body: int = 1024 * 1024
    max_headers: int = 32 * 1024
    tags: Collection[str] | Naming = ()
    invalidates: Collection[str] | Naming = ()
    etag: bool = False
    hosts: Collection[str] | None = None
    vary: Collection[str] = ()
    trusted: Collection[str] = ()
    parts: Callable[[Request], Iterable[str]] | None = None
    ignore_query: Collection[str] = ()
    sort_query: bool = False
    normalise: Collection[str] = ()
    max_variants: int = 32
    targets: Collection[str] = ("cdn-cache-control",)
    hide_targets: bool = False
    obey_requests: bool = True
    preconditions: bool = False
    max_ranges: int = 8
    fetch_whole: bool = False
    collapse_timeout: Duration = "10s"
    pass_for: Duration = 60.0
    name: str = "unicache"
    status: bool = True
    debug: bool = False

    def __post_init__(self) -> None:
        rules_of(self)  # for its errors


def rules_of(options: Options) -> Rules:
    """The same in one form. Raises ConfigurationError, InvalidArgument."""
    _check(options)
    return Rules(
        ttl=optional_seconds(options.ttl, "ttl"),
        stale_while_revalidate=optional_seconds(options.stale_while_revalidate, "stale_while_revalidate") or 0.0,
        stale_if_error=optional_seconds(options.stale_if_error, "stale_if_error") or 0.0,
        stale_if_down=optional_seconds(options.stale_if_down, "stale_if_down") or 0.0,
        heuristic=options.heuristic,
        heuristic_limit=seconds(options.heuristic_limit, "heuristic_limit"),
        keep=seconds(options.keep, "keep"),
        jitter=options.jitter,
        shared=options.shared,
        methods=frozenset(each.upper() for each in _several(options.methods, "methods")),
        statuses=None if options.statuses is None else frozenset(options.statuses),
        set_cookie=options.set_cookie,
        max_body=options.max_body,
        max_headers=options.max_headers,
        tags=_naming(options.tags, "tags"),
        invalidates=_naming(options.invalidates, "invalidates"),
        etag=options.etag,
        hosts=None if options.hosts is None else frozenset(_lowered(options.hosts, "hosts")),
        vary=tuple(sorted(_lowered(options.vary, "vary"))),
        trusted=frozenset(_lowered(options.trusted, "trusted")),
        parts=options.parts,
        ignore_query=frozenset(_several(options.ignore_query, "ignore_query")),
        sort_query=options.sort_query,
        normalise=frozenset(_lowered(options.normalise, "normalise")),
        max_variants=options.max_variants,
        targets=tuple(_lowered(options.targets, "targets")),
        hide_targets=options.hide_targets,
        obey_requests=options.obey_requests,
        preconditions=options.preconditions,
        max_ranges=options.max_ranges,
        fetch_whole=options.fetch_whole,
        collapse_timeout=seconds(options.collapse_timeout, "collapse_timeout"),
        pass_for=seconds(options.pass_for, "pass_for"),
        name=options.name,
        status=options.status,
        debug=options.debug,
    )


def _check(options: Options) -> None:
    if options.set_cookie not in ("refuse", "strip", "store"):
        raise ConfigurationError(f"set_cookie must be 'refuse', 'strip' or 'store', not {options.set_cookie!r}")
    if not 0.0 <= options.heuristic <= 1.0:
        raise ConfigurationError("heuristic must be between 0 and 1")
    if not 0.0 <= options.jitter < 1.0:
        raise ConfigurationError("jitter must be 0 or more, and below 1")
    if not {each.upper() for each in options.methods} <= {"GET", "HEAD"}:
        raise ConfigurationError("methods must be GET and HEAD, or one of them; responses to others are not stored")
    if not _TOKEN.fullmatch(options.name):
        raise ConfigurationError(f"name must be a token, such as 'unicache', not {options.name!r}")
    for name in ("max_body", "max_headers", "max_ranges", "max_variants"):
        if getattr(options, name) < 1:
            raise ConfigurationError(f"{name} must be 1 or more")


def _lowered(given: Collection[str], name: str) -> list[str]:
    return [each.lower() for each in _several(given, name)]


def _several(given: Collection[str], name: str) -> Collection[str]:
    if isinstance(given, str):
        raise ConfigurationError(f"{name} must be several names, not one text")
    return given


def _naming(given: Collection[str] | Naming, name: str) -> tuple[Naming, ...]:
    if callable(given):
        return (given,)
    names = tuple(_several(given, name))
    return (lambda *_: names,) if names else ()


_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*")
