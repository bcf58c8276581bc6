"""The responses that the cache itself sends: from a stored one to what this client is to get. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from unicache._core.http.conditionals import Condition, evaluated, range_applies
from unicache._core.http.fields import Headers, combined, first, without
from unicache._core.http.keys import key_of
from unicache._core.http.messages import Head
from unicache._core.http.ranges import content_range, length_of, multipart, ranges_of
from unicache._core.http.rules import Case
from unicache._core.http.status import Status, with_status
from unicache._core.http.stored import Stored
from unicache._core.http.verdicts import (
    Answer,
    GatewayTimeout,
    NotModified,
    PartialContent,
    PreconditionFailed,
    RangeNotSatisfiable,
    Serve,
)

__all__ = ["answered", "collapsed", "gateway_timeout", "told"]

_IN_304 = frozenset(
    {
        "age",
        "cache-control",
        "cache-status",
        "content-location",
        "date",
        "etag",
        "expires",
        "last-modified",
        "set-cookie",
        "vary",
    }
)
"""Fields of a 304 (RFC 9110 15.4.5), and what goes with every response."""

_ALSO_IN_304 = ("access-control-", "cdn-cache-control", "surrogate-control")
"""How fields begin that browsers and caches in front go by before they look at what they have."""

_BODILESS = frozenset({204, 304})


def answered(case: Case, stored: Stored, status: Status, *, cookies: Iterable[str] = ()) -> Answer:
    """What the client gets from a stored response that may be served. ``cookies`` are this client's own."""
    age = ("age", str(int(stored.age_at(case.now))))  # exactly one, in whole seconds (RFC 9111 4)
    own = (("etag", stored.tag),) if stored.tag and stored.etag == stored.tag else ()
    headers = (*stored.headers, *own, age, *(("set-cookie", cookie) for cookie in cookies))
    match evaluated(case, stored):
        case Condition.FAILED:
            return PreconditionFailed(Head(412, (("content-length", "0"),)), status)
        case Condition.NOT_MODIFIED:
            return NotModified(Head(304, _for_304(headers)), status)
        case Condition.HOLDS:
            return _whole_or_part(case, stored, headers, status)


def _for_304(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name in _IN_304 or name.startswith(_ALSO_IN_304))


def _whole_or_part(case: Case, stored: Stored, headers: Headers, status: Status) -> Answer:
    part = _part(case, stored, headers, status) if stored.status == 200 else None
    if part is not None:
        return part
    if stored.status not in _BODILESS:
        headers = _with_length(headers, stored.length)
    return Serve(
        Head(stored.status, headers), status, bodiless=case.request.method == "HEAD" or stored.status in _BODILESS
    )


def _part(case: Case, stored: Stored, headers: Headers, status: Status) -> Answer | None:
    """206 or 416; None when there is no range, or it is to be ignored."""
    wanted = combined(case.request.headers, "range")
    if wanted is None or case.request.method != "GET" or not range_applies(case, stored):
        return None
    ranges = ranges_of(wanted, stored.length, case.rules.max_ranges)
    if ranges is None:
        return None
    if not ranges:
        unsatisfied = (("content-range", content_range(None, stored.length)), ("content-length", "0"))
        return RangeNotSatisfiable(Head(416, unsatisfied), status)
    if len(ranges) == 1:
        plain = (*_with_length(headers, ranges[0].length), ("content-range", content_range(ranges[0], stored.length)))
        return PartialContent(Head(206, plain), status, ranges)
    boundary = f"unicache-{stored.length:x}-{int(stored.received * 1000):x}"
    pieces = tuple(multipart(ranges, stored.length, first(headers, "content-type"), boundary))
    kind = ("content-type", f"multipart/byteranges; boundary={boundary}")
    several = (*_with_length(without(headers, {"content-type"}), length_of(pieces)), kind)
    return PartialContent(Head(206, several), status, pieces)


def _with_length(headers: Headers, length: int) -> Headers:
    return (*without(headers, {"content-length"}), ("content-length", str(length)))


def told(case: Case, head: Head, status: Status) -> Head:
    """The head as the client gets it: with Cache-Status behind those of other caches, and without what is not his."""
    rules = case.rules
    headers = without(head.headers, set(rules.targets)) if rules.hide_targets else head.headers
    if rules.status:
        key = key_of(case.request, rules) if rules.debug else ""
        headers = with_status(headers, status, rules.name, key)
    return Head(head.status, headers, head.personal)


def collapsed(answer: Answer, waited_as: str) -> Answer:
    """The answer; it says so if another request's response was waited for by who would have asked as ``waited_as``."""
    if not waited_as:
        return answer
    return replace(answer, status=replace(answer.status, fwd=waited_as, collapsed=True))


def gateway_timeout(status: Status) -> GatewayTimeout:
    """504, as RFC 9111 5.2.1.7 wants it for only-if-cached."""
    return GatewayTimeout(Head(504, (("content-length", "0"),)), status)
