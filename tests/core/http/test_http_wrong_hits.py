"""Whatever clients and applications send, the cache answers, and nobody gets what is not for him.

Programs of requests to two URLs, with an application that answers anything, against the middleware. Its bodies say
which of its runs they come from, so that a hit can be traced to what was asked and said then.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http_table.wild import headers_with, statuses
from http_table.wsgi import environ_of, get, timed
from unicache import Cache
from unicache._core.http.fields import Headers, first, lines, safe
from unicache._core.http.messages import Request
from unicache.wsgi import CacheMiddleware

SAID = headers_with(
    ("cache-control", "max-age=60"),
    ("cache-control", "private"),
    ("cache-control", "no-store"),
    ("cache-control", "public"),
    ("etag", '"a"'),
    ("vary", "x"),
    ("vary", "accept-encoding"),
    ("vary", "*"),
    ("set-cookie", "a=b"),
)
ASKED = headers_with(
    ("x", "1"),
    ("x", "2"),
    ("accept-encoding", "gzip"),
    ("authorization", "somebody"),
    ("range", "bytes=0-2"),
    ("if-none-match", '"a"'),
    ("cache-control", "max-stale"),
    ("x-forwarded-host", "evil.com"),
)
USUAL = st.sampled_from([200, 200, 200, 404])


@dataclass(frozen=True)
class Turn:
    """A request, and what the application says if it is asked."""

    path: str
    asked: Headers
    status: int
    said: Headers
    after: int


turns = st.builds(Turn, st.sampled_from(["/a", "/b"]), ASKED, st.one_of(USUAL, statuses), SAID, st.integers(0, 30))


class World:
    """An application that remembers its runs, behind the middleware."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.hits = 0
        self.runs: list[tuple[Turn, Headers]] = []
        self.turn: Any = None
        self.cached = CacheMiddleware(self.answer, timed(Cache, lambda: self.now, []))

    def answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.runs.append((self.turn, self.sent))
        bodiless = self.turn.status in (204, 304) or self.turn.status < 200
        said = self.turn.said if not lines(self.turn.said, "content-length") else self.with_length()
        start_response(f"{self.turn.status} Whatever", list(said))
        return [] if bodiless else [b"%09d" % (len(self.runs) - 1)]

    def with_length(self) -> Headers:
        """Applications that lie about their lengths are the servers' business."""
        return tuple((name, value) for name, value in self.turn.said if name != "content-length")

    def play(self, turn: Turn) -> None:
        """One request; looks at what came."""
        self.now += turn.after
        self.turn, before = turn, len(self.runs)
        self.sent = (*(pair for pair in turn.asked if pair[0] != "host"), ("host", "example.com"))
        status, found, body = get(
            self.cached, environ_of(Request("GET", "http", "example.com", turn.path, None, self.sent))
        )
        assert lines(found, "cache-status")[-1].startswith("unicache; ")
        if len(self.runs) > before:
            return
        length = first(found, "content-length")
        assert length is None or int(length) == len(body)
        assert safe(found)
        if status not in (206, 304, 416, 504) and len(body) == 9:
            self.hits += 1
            self.trace(turn, *self.runs[int(body)])

    def trace(self, turn: Turn, made: Turn, sent: Headers) -> None:
        """What was made for one is served to another: were they the same to whoever made it?"""
        said = made.said
        if lines(said, "cdn-cache-control"):
            return  # it may say anything in place of Cache-Control
        plain = [value.lower() for value in lines(said, "cache-control")]
        assert made.path == turn.path
        assert not lines(sent, "x-forwarded-host") + lines(turn.asked, "x-forwarded-host")
        assert "no-store" not in plain
        assert "private" not in plain
        assert not lines(said, "set-cookie")
        assert (
            not lines(sent, "authorization")
            or {"public"} & {word for value in plain for word in _words(value)}
            or (any("s-maxage" in value or "must-revalidate" in value for value in plain))
        )
        varies = [name.strip().lower() for value in lines(said, "vary") for name in value.split(",") if name.strip()]
        assert "*" not in varies
        for name in varies:
            assert _selected(self.sent, name) == _selected(sent, name), name


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",")]


def _selected(headers: Headers, name: str) -> list[str] | None:
    found = lines(headers, name)
    return [word for value in found for word in _words(value) if word] if found else None


@settings(max_examples=60)
@given(st.lists(turns, min_size=2, max_size=6))
def test_nobody_gets_what_is_not_for_him(program: list[Turn]) -> None:
    world = World()
    for turn in program:
        world.play(turn)


LONG = "x" * 70_000


@pytest.mark.parametrize(
    "asked",
    [
        ("cache-control", "max-age=" + "9" * 70_000),
        ("cache-control", "max-age=1," * 7_000),
        ("if-none-match", '"' + LONG),
        ("if-none-match", '"a",' * 20_000),
        ("if-modified-since", LONG),
        ("range", "bytes=" + "0-1," * 20_000),
        ("range", "bytes=" + "9" * 70_000 + "-"),
        ("if-range", LONG),
        ("pragma", LONG),
        ("x", LONG),
        ("cookie", "a=" + LONG),
        ("cache-control", "no\r\n -cache"),
        ("accept-encoding", "gzip\r\n ,br"),
    ],
    ids=lambda pair: f"{pair[0]} {len(pair[1])} {pair[1][:9]!r}",
)
def test_what_is_over_long_or_folded_is_answered_as_if_it_were_not_there(asked: tuple[str, str]) -> None:
    world = World()
    fresh = (("cache-control", "max-age=60"), ("vary", "accept-encoding"))
    for sent in ((), (asked,)):
        world.play(Turn("/a", sent, 200, fresh, 0))


@pytest.mark.parametrize(
    "said",
    [
        ("cache-control", "max-age=60, " + LONG),
        ("vary", "x," * 30_000),
        ("vary", LONG),
        ("etag", LONG),
        ("expires", LONG),
        ("date", LONG),
        ("age", "9" * 70_000),
        ("last-modified", LONG),
        ("cdn-cache-control", "a=" * 30_000),
        ("cache-groups", '"a",' * 20_000),
        ("content-length", "9" * 70_000),
        ("content-length", "0" * 70_000 + "9"),
        ("cache-control", "max-age=60,\r\n private"),
        ("connection", "a," * 30_000),
    ],
    ids=lambda pair: f"{pair[0]} {len(pair[1])} {pair[1][:9]!r}",
)
def test_nor_do_such_fields_of_an_application_do_any_harm(said: tuple[str, str]) -> None:
    world = World()
    world.with_length = lambda: world.turn.said  # type: ignore[method-assign]
    for _ in range(2):
        world.play(Turn("/a", (), 200, (("cache-control", "max-age=60"), said), 1))
