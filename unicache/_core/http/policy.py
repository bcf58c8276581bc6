"""The policy: from a request, what is stored and the time to a verdict, and from a response to another. Pure.

``now`` is an argument, and a body is a length. Sources: RFC 9110, 9111, 5861, 8246, 9211, 9213.
"""

from dataclasses import replace
from math import inf

from unicache._core.http.answers import answered, gateway_timeout
from unicache._core.http.conditionals import CONDITIONS, matches_304, validating
from unicache._core.http.directives import Directives, cache_control
from unicache._core.http.fields import first, lines, members, without
from unicache._core.http.freshness import Times
from unicache._core.http.invalidation import group_tags
from unicache._core.http.keys import unkeyable
from unicache._core.http.messages import Head, Request
from unicache._core.http.rules import Case, Rules
from unicache._core.http.status import Status
from unicache._core.http.storability import OF_ONE_REQUEST, effective_vary, freshened, refusal, stored_from
from unicache._core.http.stored import Stored
from unicache._core.http.verdicts import (
    Again,
    FallBack,
    Forward,
    Freshened,
    Keep,
    OnRequest,
    OnResponse,
    Pass,
    Revalidate,
    ServeStale,
)

__all__ = ["head_differs", "kept_for", "lost", "on_request", "on_response", "outdated", "passed_by"]

_FAILURES = frozenset({500, 502, 503, 504})
_DOWN = frozenset({502, 504})
"""What a gateway says when nobody answered it."""

SKEW = 5.0
"""Seconds that the clocks of two processes may differ. What seems to come from later than that is not fresh."""


def passed_by(request: Request, rules: Rules) -> Forward | None:
    """The verdict for a request that what is stored has no say in; None if it has to be looked for."""
    if request.method not in rules.methods:
        return Forward(Status("method"), joins=False, stores=False)
    if (reason := unkeyable(request, rules)) is not None:
        return Forward(Status("bypass", detail=reason), joins=False, stores=False)
    if not rules.preconditions and (
        lines(request.headers, "if-match") or lines(request.headers, "if-unmodified-since")
    ):
        return Forward(Status("bypass", detail="precondition"), joins=False, stores=False)
    return None


def outdated(stored: Stored, when: float) -> Stored:
    """The response as if its freshness had ended at ``when``, if it was asked for before (a soft purge)."""
    if when <= 0.0 or stored.requested >= when:
        return stored
    return replace(stored, lifetime=min(stored.lifetime, stored.age_at(when)))


def on_request(case: Case, stored: Stored | None, missing: str = "uri-miss") -> OnRequest:
    """What to do with a request that was not ``passed_by``, and for which ``stored`` was found.

    ``missing``  why nothing was
    """
    wishes = _wishes(case)
    if stored is None:
        return _missed(case, wishes, Status(missing))
    ttl = _ttl(stored, case.now)
    objection = _objection(stored, wishes, ttl, case.now)
    if objection is None:
        return answered(case, stored, Status(ttl=ttl))
    return _served_stale(case, stored, wishes, ttl) or _asked(case.request, stored, wishes, objection)


def _ttl(stored: Stored, now: float) -> float:
    """Freshness left; none for what comes from the future, because the clock must have stepped back."""
    ttl = stored.ttl_at(now)
    return ttl if stored.received <= now + SKEW else min(0.0, ttl)


def _asked(request: Request, stored: Stored, wishes: Directives, why: str) -> OnRequest:
    """The application has to say something before the stored response may be served."""
    if "only-if-cached" in wishes:
        return gateway_timeout(Status(why, detail="only-if-cached"))
    if request.method == "HEAD":
        return Forward(Status(why), joins=False, stores=False)
    return Revalidate(validating(request, stored), Status(why))


def _wishes(case: Case) -> Directives:
    """What the client asks of the cache. Pragma counts when there is no Cache-Control (RFC 9111 5.4)."""
    if not case.rules.obey_requests:
        return Directives()
    headers = case.request.headers
    wishes = cache_control(headers)
    if not wishes.given and "no-cache" in map(str.lower, members(headers, "pragma")):
        return Directives({"no-cache": (None,)})
    return wishes


def _missed(case: Case, wishes: Directives, status: Status) -> OnRequest:
    request = case.request
    if "only-if-cached" in wishes:
        return gateway_timeout(replace(status, detail="only-if-cached"))
    names = {name for name, _ in request.headers}
    alone = bool(names & (CONDITIONS | {"authorization", "range"}))
    stores = request.method == "GET" and "no-store" not in wishes
    if stores and case.rules.fetch_whole and "range" in names and "authorization" not in names:
        return Forward(replace(status, detail="fetching-whole"), joins=False, stores=False, fetches=True)
    return Forward(status, joins=stores and not alone, stores=stores)


def _objection(stored: Stored, wishes: Directives, ttl: float, now: float) -> str | None:
    """Why the response must not be served without asking, as Cache-Status has it; None when it may."""
    if stored.validate or ttl <= 0.0:
        return "stale"
    if "no-cache" in wishes:
        return "request"
    most, least = wishes.seconds("max-age"), wishes.seconds("min-fresh")
    too_old = most is not None and stored.age_at(now) > most
    return "request" if too_old or (least is not None and ttl < least) else None


def _served_stale(case: Case, stored: Stored, wishes: Directives, ttl: float) -> ServeStale | None:
    """RFC 9111 4.2.4, RFC 5861 3: if the response allows it, and the client does not want something fresher."""
    if ttl > 0.0 or stored.strict or stored.validate or {"no-cache", "min-fresh"} & wishes.given.keys():
        return None
    accepted = "max-stale" in wishes and -ttl <= _most_stale(wishes)
    if not accepted and ("max-age" in wishes or -ttl >= stored.revalidate):
        return None
    refresh = -ttl < stored.revalidate
    status = Status(ttl=ttl, detail="stale-while-revalidate" if refresh else "max-stale")
    return ServeStale(answered(case, stored, status), status, refresh)


def _most_stale(wishes: Directives) -> float:
    """How stale max-stale allows; without a number, any."""
    return inf if wishes.given["max-stale"][0] is None else float(wishes.seconds("max-stale") or 0)


def on_response(
    case: Case, asked: Forward | Revalidate, stored: Stored | None, head: Head, requested: float
) -> OnResponse:
    """What to do with the application's response to a request that was forwarded as ``asked``.

    ``requested``  when it was forwarded; the case's time is when the response came
    """
    status = replace(asked.status, fwd_status=head.status)
    if isinstance(asked, Revalidate) and stored is not None:
        if head.status == 304:
            return _not_modified(case, stored, head, requested, status)
        if head.status in _FAILURES:
            return lost(case, stored, status, down=head.status in _DOWN) or Pass(replace(status, detail="kept-stored"))
    if isinstance(asked, Forward) and not asked.stores:
        return Pass(status)
    times = Times(requested, case.now)
    if (reason := refusal(case.request, head, case.rules, times)) is not None:
        return Pass(replace(status, detail=reason), drops=isinstance(asked, Revalidate) and _replaces(head, reason))
    return _kept(case, head, times, status)


def _replaces(head: Head, refused: str) -> bool:
    """Whether a response that must not be stored shows that the stored one holds no more (RFC 9111 4.3.3)."""
    return head.status in (404, 410) or (head.status < 400 and refused not in OF_ONE_REQUEST)


def _kept(case: Case, head: Head, times: Times, status: Status) -> Keep:
    request, rules = case.request, case.rules
    tags = rules.named((*rules.tags, group_tags), request, head)
    fresh = stored_from(head, rules, times)
    told = replace(status, stored=True, ttl=fresh.ttl_at(times.received))
    return Keep(fresh, effective_vary(head, rules), tags, told)


def _not_modified(case: Case, stored: Stored, head: Head, requested: float, status: Status) -> Freshened | Again:
    """The client is answered by its own conditions, not by those that the cache asked with.

    Its Cookie is no matter: the body was stored before, for others.
    """
    asked = first(stored.headers, "etag") or first(stored.headers, "last-modified")
    if asked is None or not matches_304(stored, head.headers):
        return Again(replace(status, detail="304-unmatched"))
    times = Times(requested, case.now)
    news = freshened(stored, head, case.rules, times)
    anybody = case.request.with_headers(without(case.request.headers, {"cookie"}))
    reason = refusal(anybody, Head(stored.status, news.headers), case.rules, times) or _varied(stored, news, case)
    told = replace(status, ttl=news.ttl_at(case.now), stored=reason is None, detail=reason or "")
    answer = answered(case, news, told, cookies=lines(head.headers, "set-cookie"))
    return Freshened(
        news, answer, told, keeps=reason is None, drops=reason is not None and reason not in OF_ONE_REQUEST
    )


def _varied(stored: Stored, news: Stored, case: Case) -> str | None:
    """A 304 may say that it matters what clients said in other fields, which for the stored response nobody knows."""
    was, is_now = [set(effective_vary(Head(each.status, each.headers), case.rules)) for each in (stored, news)]
    return None if is_now <= was else "vary"


def lost(case: Case, stored: Stored | None, status: Status, *, down: bool) -> FallBack | None:
    """The stale response in place of an application that failed; None when there is none that may be served.

    ``status``  of the request that was forwarded
    ``down``    it did not answer at all, which is all that a response has to allow for (RFC 9111 4.2.4)
    """
    if stored is None or stored.strict or stored.validate:
        return None
    window = max(stored.if_error, float(_wishes(case).seconds("stale-if-error") or 0))
    ttl = stored.ttl_at(case.now)
    if -ttl >= max(window, case.rules.stale_if_down if down else 0.0):
        return None
    told = replace(status, ttl=ttl, detail="stale-if-error" if -ttl < window else "stale-if-down")
    return FallBack(answered(case, stored, told), told)


def head_differs(stored: Stored, head: Head) -> bool:
    """Whether the response to a HEAD shows that the stored response is not the current one (RFC 9111 4.3.5)."""
    if head.status != stored.status:
        return False
    known = dict(stored.headers) | {"content-length": str(stored.length)}
    found = dict(head.headers)
    return any(name in found and found[name] != known.get(name) for name in ("etag", "last-modified", "content-length"))


def kept_for(stored: Stored, rules: Rules, now: float) -> float:
    """How many seconds the response may be of use: fresh, stale in a window, or to be asked about; never for ever."""
    has_validator = first(stored.headers, "etag") is not None or first(stored.headers, "last-modified") is not None
    down = 0.0 if stored.strict or stored.validate else rules.stale_if_down
    after = max(stored.revalidate, stored.if_error, down, rules.keep if has_validator else 0.0)
    return max(0.0, stored.ttl_at(now)) + after
