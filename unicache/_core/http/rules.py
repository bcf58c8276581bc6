"""What the policy goes by: the options of a cache, complete and in one form, and a request they are about. Pure.

How users write them is ``options``'s business.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from unicache._core.http.messages import Head, Request

__all__ = ["Case", "Naming", "Rules"]

Naming = Callable[[Request, Head], Iterable[str]]
"""From a request and the head of its response to names of tags."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """As ``unicache.http.Options``; times in seconds, names of fields in lower case."""

    ttl: float | None = None
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    stale_if_down: float = 60.0
    heuristic: float = 0.1
    heuristic_limit: float = 86400.0
    keep: float = 3600.0
    jitter: float = 0.0
    shared: bool | None = None
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    statuses: frozenset[int] | None = None
    set_cookie: str = "refuse"
    max_body: int = 1024 * 1024
    max_headers: int = 32 * 1024
    tags: tuple[Naming, ...] = ()
    invalidates: tuple[Naming, ...] = ()
    etag: bool = False
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
    fetch_whole: bool = False
    collapse_timeout: float = 10.0
    pass_for: float = 60.0
    name: str = "unicache"
    status: bool = True
    debug: bool = False

    def named(self, functions: Iterable[Naming], request: Request, head: Head) -> tuple[str, ...]:
        """What these functions name, each once."""
        return tuple(dict.fromkeys(name for function in functions for name in function(request, head)))


@dataclass(frozen=True, slots=True)
class Case:
    """One request, under these rules, at this time (unix seconds)."""

    request: Request
    rules: Rules
    now: float
