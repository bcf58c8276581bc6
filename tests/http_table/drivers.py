"""What a driver needs whatever it drives: requests from steps, the application, and the comparison.

Policy, middleware and servers are told and asked by these same functions, so that a story means one thing. What must
not live here: any of the three.
"""

from http_table.stories import Origin, Step, headers_of
from unicache._core.http.fields import Headers, first
from unicache._core.http.messages import Head, Request
from unicache._core.http.ranges import content_range, ranges_of
from unicache.http import set_response_options

__all__ = ["START", "Seen", "answer_of", "check", "request_of"]

START = 1_800_000_000.0
"""When every story begins, unix seconds."""

CONDITIONS = ("if-none-match", "if-modified-since")


class Seen:
    """What client and application saw of one step."""

    def __init__(self, head: Head, body: bytes, asked: list[Request]) -> None:
        self.head = head
        self.body = body
        self.asked = asked

    @property
    def outcome(self) -> str:
        """Whether the application was asked, and whether with a condition of the cache's own."""
        if not self.asked:
            return "hit"
        return "validated" if any(first(self.asked[-1].headers, name) for name in CONDITIONS) else "miss"


def request_of(step: Step, now: float) -> Request:
    """The step's request, with a Host unless it has its own."""
    headers = headers_of(step.headers, now)
    host = first(headers, "host")
    if host is None:
        host, headers = "example.com", (("host", "example.com"), *headers)
    path, mark, query = step.url.partition("?")
    has_body = first(headers, "content-length") not in (None, "0")
    return Request(step.method, "http", host, path, query if mark else None, headers, has_body)


def answer_of(origin: Origin, request: Request, now: float) -> tuple[Head, bytes]:
    """The application's response; it knows its own validators, so that it can say 304."""
    headers = headers_of(origin.headers, now)
    if _unchanged(headers, request.headers, confused=origin.confused):
        return Head(304, headers), b""
    if origin.says:
        set_response_options(**origin.says)
    if origin.parts and (wanted := first(request.headers, "range")) is not None:
        (part,) = ranges_of(wanted, len(origin.body), 1) or ()
        extent = (("content-range", content_range(part, len(origin.body))),)
        return Head(206, headers + extent), origin.body[part.start : part.stop]
    bodiless = request.method == "HEAD" or origin.status in (204, 304)
    return Head(origin.status, headers), b"" if bodiless else origin.body


def _unchanged(headers: Headers, request: Headers, *, confused: bool) -> bool:
    for validator, condition in (("etag", "if-none-match"), ("last-modified", "if-modified-since")):
        if (asked := first(request, condition)) is not None:
            return confused or asked == first(headers, validator)
    return False


def check(step: Step, seen: Seen, now: float, where: str) -> None:
    """Compare what was seen with what the step expects."""
    head = seen.head
    assert step.expect in (None, seen.outcome), f"{where}: {seen.outcome}; {head}"
    assert step.status in (None, head.status), f"{where}: {head}"
    for name, value in headers_of(step.has, now):
        values = [each for other, each in head.headers if other == name]
        assert (value in values) if value else values, f"{where}: {name} of {head}"
    for name in step.lacks:
        assert first(head.headers, name.lower()) is None, f"{where}: {name} of {head}"
    assert seen.asked or [name for name, _ in head.headers].count("age") <= 1, f"{where}: {head}"
    assert step.body in (None, seen.body), f"{where}: {seen.body!r}"
    for name, value in headers_of(step.sees, now):
        assert seen.asked, where
        assert (first(seen.asked[-1].headers, name) or "absent") == value, f"{where}: {seen.asked[-1]}"
    assert step.cache_status in (first(tuple(reversed(head.headers)), "cache-status") or ""), f"{where}: {head}"
