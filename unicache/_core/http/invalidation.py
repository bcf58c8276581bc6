"""What a response to an unsafe request makes out of date (RFC 9111 4.4, RFC 9875). Pure."""

from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from unicache._core.http.fields import combined, first
from unicache._core.http.keys import normal_host, origin_of
from unicache._core.http.messages import Head, Request
from unicache._core.http.rules import Rules
from unicache._core.http.structured import strings

__all__ = ["SAFE", "Outdated", "group_tags", "outdated_by"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

MOST_GROUPS = 64
LONGEST_GROUP = 128
"""RFC 9875 2 asks for 32 of 32 at least."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """URLs, as requests for them, and tags."""

    targets: tuple[Request, ...] = ()
    tags: tuple[str, ...] = ()


def outdated_by(request: Request, head: Head, rules: Rules) -> Outdated:
    """The target of an unsafe request that succeeded, what its response points at, and the groups and tags it names."""
    if request.method in SAFE or not 200 <= head.status < 400:
        return Outdated()
    found = [_target(request, "")]
    found += [_target(request, url) for name in ("location", "content-location") if (url := first(head.headers, name))]
    targets = tuple(dict.fromkeys(each for each in found if each is not None))
    groups = _groups(request, head, "cache-group-invalidation")
    return Outdated(targets, groups + rules.named(rules.invalidates, request, head))


def group_tags(request: Request, head: Head) -> tuple[str, ...]:
    """The tags under which a response can be found by its groups: a group belongs to its origin (RFC 9875 2)."""
    return _groups(request, head, "cache-groups")


def _groups(request: Request, head: Head, field: str) -> tuple[str, ...]:
    value = combined(head.headers, field)
    groups = None if value is None else strings(value)
    if not groups or len(groups) > MOST_GROUPS or max(map(len, groups)) > LONGEST_GROUP:
        return ()
    return tuple(dict.fromkeys(f"group {origin_of(request)} {group}" for group in groups))


def _target(request: Request, reference: str) -> Request | None:
    """A plain GET of the URL that a reference means; None when it is of another origin, or none."""
    base = f"{origin_of(request)}{request.path}" + ("" if request.query is None else f"?{request.query}")
    try:
        found = urljoin(base, reference).partition("#")[0] if reference else base
        url = urlsplit(found)
    except ValueError:
        return None
    host = normal_host(url.scheme, url.netloc)
    if host is None or f"{url.scheme}://{host}" != origin_of(request):
        return None
    query = url.query if "?" in found else None
    return replace(request, method="GET", host=host, path=url.path or "/", query=query, has_body=False)
