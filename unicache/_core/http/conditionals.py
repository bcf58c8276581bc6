"""Validators: what the client's conditions say of a stored response, and which the cache sends (RFC 9110 13). Pure.

What is no entity-tag still compares, as it stands: applications send such tags, and clients send them back.
"""

import re
from enum import Enum

from unicache._core.http.dates import moment
from unicache._core.http.fields import Headers, combined, first, lines, without
from unicache._core.http.freshness import date_of
from unicache._core.http.messages import Request
from unicache._core.http.rules import Case
from unicache._core.http.stored import Stored

__all__ = [
    "CONDITIONS",
    "Condition",
    "evaluated",
    "matches_304",
    "range_applies",
    "strongly_equal",
    "unconditional",
    "validating",
    "weakly_equal",
]

CONDITIONS = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"})
"""The fields that make a request conditional."""

_TAG = re.compile(r'(?:W/)?"[^"]*+"|[^\s,"]++')


class Condition(Enum):
    """What the conditions of a request come to."""

    HOLDS = "holds"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


def weakly_equal(one: str, other: str) -> bool:
    """RFC 9110 8.8.3.2."""
    return one.removeprefix("W/") == other.removeprefix("W/")


def strongly_equal(one: str, other: str) -> bool:
    """RFC 9110 8.8.3.2. What is not quoted is no strong tag."""
    return one == other and one.startswith('"')


def evaluated(case: Case, stored: Stored) -> Condition:
    """The conditions in their order of precedence (RFC 9110 13.2.2), for a response that may be served."""
    headers, now = case.request.headers, case.now
    if case.rules.preconditions and _precondition_fails(headers, stored, now):
        return Condition.FAILED
    if stored.status != 200:
        return Condition.HOLDS
    tags = combined(headers, "if-none-match")
    unchanged = _unmodified_since(headers, stored, now) if tags is None else _has_tag(tags, stored.etag)
    return Condition.NOT_MODIFIED if unchanged else Condition.HOLDS


def _precondition_fails(headers: Headers, stored: Stored, now: float) -> bool:
    wanted = combined(headers, "if-match")
    if wanted is not None:
        return wanted != "*" and not any(strongly_equal(tag, stored.etag or "") for tag in _TAG.findall(wanted))
    limit = moment(first(headers, "if-unmodified-since"), now)
    modified = moment(first(stored.headers, "last-modified"), now)
    return limit is not None and (modified is None or modified > limit)


def _has_tag(wanted: str, etag: str | None) -> bool:
    """Whether If-None-Match names the response. ``*`` names any."""
    if wanted == "*":
        return True
    return etag is not None and any(weakly_equal(tag, etag) for tag in _TAG.findall(wanted))


def _unmodified_since(headers: Headers, stored: Stored, now: float) -> bool:
    """A response without Last-Modified counts as modified at its Date (RFC 9111 4.3.2)."""
    limit = moment(first(headers, "if-modified-since"), now)
    if limit is None or len(lines(headers, "if-modified-since")) > 1:
        return False
    modified = moment(first(stored.headers, "last-modified"), now)
    return limit >= (date_of(stored.headers, stored.received) if modified is None else modified)


def range_applies(case: Case, stored: Stored) -> bool:
    """Whether If-Range, if there is one, lets the range through: a strong tag or the exact date (RFC 9110 13.1.5)."""
    condition, now = combined(case.request.headers, "if-range"), case.now
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return stored.etag is not None and strongly_equal(condition, stored.etag)
    wanted = moment(condition, now)
    return wanted is not None and wanted == moment(first(stored.headers, "last-modified"), now)


def unconditional(headers: Headers) -> Headers:
    """The fields of a request for the whole, whatever the client has of it."""
    return without(headers, CONDITIONS | {"range"})


def validating(request: Request, stored: Stored) -> Headers:
    """The request's fields with the stored response's validators in place of the client's conditions and range."""
    plain = unconditional(request.headers)
    for condition, validator in (("if-none-match", "etag"), ("if-modified-since", "last-modified")):
        value = first(stored.headers, validator)
        if value is not None:
            plain += ((condition, value),)
    return plain


def matches_304(stored: Stored, headers: Headers) -> bool:
    """Whether a 304 with these fields is about the stored response (RFC 9111 4.3.4).

    By the tag if both have one, else by the date: what was put back to an older state was "not modified since" either.
    """
    for name in ("etag", "last-modified"):
        news, known = first(headers, name), first(stored.headers, name)
        if news is not None and known is not None:
            return weakly_equal(news, known)
    return True
