"""Whether a response may be stored, and as what (RFC 9111 3). Pure.

Every refusal is a word that Cache-Status shows, so that whoever wonders why nothing is stored can see it.
"""

import re
from dataclasses import replace
from hashlib import blake2b
from http import HTTPStatus

from unicache._core.http.directives import Control, cache_control, control_of
from unicache._core.http.fields import Headers, delta, end_to_end, first, lines, members, safe, size_of, without
from unicache._core.http.freshness import HEURISTIC, Lifetime, Times, initial_age, is_strict, lifetime_of, window
from unicache._core.http.messages import Head, Request
from unicache._core.http.rules import Rules
from unicache._core.http.stored import Stored

__all__ = ["OF_ONE_REQUEST", "effective_vary", "finished", "for_nobody", "freshened", "refusal", "stored_from"]

_UNKEYED = frozenset({206, 304, 412, 416, 417})
"""Statuses that answer a range, a condition or an expectation, which no key has in it."""

_UNDERSTOOD = frozenset(int(status) for status in HTTPStatus) - _UNKEYED
"""Statuses that must-understand may be said of."""

_KEPT_BY_304 = frozenset({"content-encoding", "content-length", "content-range", "content-type"})
"""Fields that describe the stored bytes, so that a 304 does not change them (RFC 9111 3.2)."""

_PROVOKED = frozenset({400, 413, 414, 431, 501})
"""Statuses that a request can provoke by what is not in the key, such as an oversized field."""

_USUAL_SIZE = 4096
"""Characters of request fields that no server refuses."""

_PUBLIC = ("public", "s-maxage", "must-revalidate")
"""Directives that let a response to one person go to others (RFC 9111 3.5)."""

OF_ONE_REQUEST = frozenset({"authorization", "cookie", "request-no-store", "session"})
"""Refusals that are about who asked, and say nothing against what is stored."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def refusal(request: Request, head: Head, rules: Rules, times: Times) -> str | None:
    """Why the response must not be stored, in a word; None if it may be."""
    control = control_of(head.headers, rules.targets)
    life = lifetime_of(head, control, rules, times.received)
    for reason in (
        _by_request(request, rules),
        _by_status(request, head, rules, life),
        _by_control(control),
        _by_person(request, head, control, rules),
        _by_fields(head, rules),
        _by_lifetime(head, control, life),
    ):
        if reason is not None:
            return reason
    return None


def _by_request(request: Request, rules: Rules) -> str | None:
    if request.method != "GET":
        return "method"
    if rules.obey_requests and "no-store" in cache_control(request.headers):
        return "request-no-store"
    return "option-shared" if rules.shared is False else None


def _by_status(request: Request, head: Head, rules: Rules, life: Lifetime) -> str | None:
    status = head.status
    if status < 200 or status > 599 or status in _UNKEYED:
        return "status"
    if rules.statuses is not None and status not in rules.statuses:
        return "option-statuses"
    if status in _PROVOKED and not life.known and (status not in HEURISTIC or _provoking(request)):
        return "status"
    return None


def _provoking(request: Request) -> bool:
    """Whether the request's fields may be what the status is about."""
    return size_of(request.headers) > _USUAL_SIZE or not safe(request.headers)


def _by_control(control: Control) -> str | None:
    directives = control.directives
    if "no-store" in directives and "must-understand" not in directives:
        return "no-store"
    return "private" if directives.bare("private") else None


def _by_person(request: Request, head: Head, control: Control, rules: Rules) -> str | None:
    """Nothing that is about one person is shared, unless it says that it may be."""
    public = _is_public(control, rules)
    if lines(request.headers, "authorization") and not public:
        return "authorization"
    if rules.set_cookie == "refuse" and lines(without(head.headers, _withheld(control)), "set-cookie"):
        return "set-cookie"
    if head.personal and not public and "cookie" not in effective_vary(head, rules):
        return "session"
    return "cookie" if lines(request.headers, "cookie") and not _goes_for_any_cookie(head, control, rules) else None


def _is_public(control: Control, rules: Rules) -> bool:
    return bool(rules.shared) or any(name in control.directives for name in _PUBLIC)


def _goes_for_any_cookie(head: Head, control: Control, rules: Rules) -> bool:
    """Whether a response to a request with a Cookie can be stored: it is for shared caches, or varies by it."""
    shared = control.target is not None or _is_public(control, rules)
    return shared or "cookie" in effective_vary(head, rules)


def for_nobody(headers: Headers, stored: Stored | None, rules: Rules) -> Headers:
    """The fields of a request that no client waits for: without its Cookie, if that would keep it from being stored."""
    if stored is not None:
        control = control_of(stored.headers, rules.targets)
        if _goes_for_any_cookie(Head(stored.status, stored.headers), control, rules):
            return headers
    return without(headers, {"cookie"})


def _by_fields(head: Head, rules: Rules) -> str | None:
    vary = members(head.headers, "vary")
    if "*" in vary:
        return "vary-star"
    if not all(map(_TOKEN.fullmatch, vary)):
        return "vary-invalid"
    if not safe(head.headers):
        return "unsafe-fields"
    lengths = set(members(head.headers, "content-length"))
    if len(lengths) > 1 or any(delta(each) is None for each in lengths):
        return "content-length"
    if any((delta(each) or 0) > rules.max_body for each in lengths):
        return "too-long"
    return "too-many-fields" if size_of(head.headers) > rules.max_headers else None


def _by_lifetime(head: Head, control: Control, life: Lifetime) -> str | None:
    """Without a lifetime there must be a way to ask whether the response still holds (RFC 9111 3)."""
    if "must-understand" in control.directives and head.status not in _UNDERSTOOD:
        return "status"
    marked = life.known or "public" in control.directives or head.status in HEURISTIC
    if not marked:
        return "no-lifetime"
    lasting = life.seconds or window(control, "stale-if-error", 0) or window(control, "stale-while-revalidate", 0)
    return None if lasting or _has_validator(head.headers) else "no-lifetime"


def _has_validator(headers: Headers) -> bool:
    return first(headers, "etag") is not None or first(headers, "last-modified") is not None


def effective_vary(head: Head, rules: Rules) -> tuple[str, ...]:
    """The request fields that tell this response from others of its URL, sorted.

    Beside those that Vary names, there are those that the response shows to have mattered (CORS and content
    codings whose Vary was forgotten).
    """
    names = {name.lower() for name in members(head.headers, "vary")} | set(rules.vary)
    if first(head.headers, "content-encoding") is not None:
        names.add("accept-encoding")
    if first(head.headers, "access-control-allow-origin") not in (None, "*"):
        names.add("origin")
    return tuple(sorted(names))


def stored_from(head: Head, rules: Rules, times: Times, length: int = 0) -> Stored:
    """The response as it is to be stored, by its fields alone; the body's ``length`` is known later."""
    control = control_of(head.headers, rules.targets)
    strict = is_strict(control)
    return Stored(
        status=head.status,
        headers=_kept_fields(head.headers, control, rules),
        length=length,
        requested=times.requested,
        received=times.received,
        age=initial_age(head.headers, times),
        lifetime=lifetime_of(head, control, rules, times.received).seconds,
        revalidate=0.0 if strict else window(control, "stale-while-revalidate", rules.stale_while_revalidate),
        if_error=0.0 if strict else window(control, "stale-if-error", rules.stale_if_error),
        strict=strict,
        validate=control.directives.bare("no-cache"),
    )


def finished(stored: Stored, body: bytes, rules: Rules) -> Stored:
    """The response with what only its whole body tells: the length, and an entity-tag if it has none and gets one.

    The tag is strong, because it is of the bytes as they are sent, after any content coding, and the same in every
    process (RFC 9110 8.8.3).
    """
    made = rules.etag and stored.status == 200 and first(stored.headers, "etag") is None
    return replace(stored, length=len(body), tag=_tag_of(stored.headers, body) if made else "")


def _tag_of(headers: Headers, body: bytes) -> str:
    """Representations differ by their type and coding, too."""
    found = blake2b(digest_size=16)
    for name in ("content-type", "content-encoding"):
        found.update(f"{first(headers, name)}\n".encode("latin-1", "replace"))
    found.update(body)
    return f'"{found.hexdigest()}"'


def _kept_fields(headers: Headers, control: Control, rules: Rules) -> Headers:
    """Without those of the connection, Age, and what no other client may get."""
    dropped = {"age"} | _withheld(control)
    if rules.set_cookie == "strip":
        dropped |= {"set-cookie", "set-cookie2"}
    return without(end_to_end(headers), dropped)


def _withheld(control: Control) -> frozenset[str]:
    """Fields that may be shown to one person only, and those that must be asked for anew."""
    return control.directives.names("private") | control.directives.names("no-cache")


def freshened(stored: Stored, head: Head, rules: Rules, times: Times) -> Stored:
    """The stored response after a 304: its fields where the 304 has none, the 304's where it has (RFC 9111 3.2).

    A 304 without a Date is of now, so the old one goes (RFC 9110 6.6.1).
    """
    news = without(end_to_end(head.headers), _KEPT_BY_304 | {"cache-status", "set-cookie", "set-cookie2"})
    merged = without(stored.headers, {"date"} | {name for name, _ in news}) + news
    aged = merged + tuple(("age", value) for value in lines(head.headers, "age"))
    return replace(stored_from(Head(stored.status, aged), rules, times), length=stored.length, tag=stored.tag)
