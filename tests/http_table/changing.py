"""Lines 53 to 72: invalidation, stale responses, Cache-Status, targeted fields."""

from http_table.stories import CRASH, HIT, MISS, VALIDATED, Origin, Step, after, ask, reply, story

__all__ = ["STORIES"]

FRESH = "Cache-Control: max-age=3600"
SHORT = "Cache-Control: max-age=2"
TAG = 'ETag: "abc"'
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "M-SEARCH", "INVENTED")


def change(*headers: str, status: int = 200, url: str = "/page", method: str = "POST") -> Step:
    """A request that changes something."""
    return Step(url, method, origin=Origin(status, headers))


def again(url: str = "/page", **more: object) -> Step:
    """The page as it is now."""
    return Step(url, origin=Origin(200, (FRESH,), b"new"), **more)  # type: ignore[arg-type]


def groups(first: int) -> str:
    """Sixteen groups of 32 characters each."""
    names = [f"g{number}" for number in range(first, first + 16)]
    return ", ".join(f'"{name:>32}"' for name in names)


INVALIDATION = (
    *(
        story(53, f"{method} and {status}", reply(FRESH), change(method=method, status=status), again(expect=MISS))
        for method in UNSAFE
        for status in (200, 204, 303)
    ),
    story(
        53,
        "every variant",
        reply(FRESH, "Vary: Foo", headers=("Foo: 1",)),
        reply(FRESH, "Vary: Foo", headers=("Foo: 2",)),
        change(),
        again(headers=("Foo: 1",), expect=MISS),
        again(headers=("Foo: 3",), expect=None),
        again(headers=("Foo: 2",), expect=None, body=b"new"),
    ),
    story(53, "that query only", reply(FRESH, url="/page?a"), change(url="/page?b"), again("/page?a", expect=HIT)),
    *(
        story(
            54,
            f"{field}: {value}",
            reply(FRESH, url="/x/y?z"),
            change(f"{field}: {value}"),
            again("/x/y?z", expect=MISS),
        )
        for field in ("Location", "Content-Location")
        for value in ("/x/y?z", "x/y?z", "http://example.com/x/y?z", "HTTP://EXAMPLE.com:80/x/y?z", "./x/../x/y?z#frag")
    ),
    *(
        story(54, f"not {value}", reply(FRESH, url="/x"), change(f"Location: {value}"), again("/x", expect=HIT))
        for value in (
            "http://other.com/x",
            "https://example.com/x",
            "http://example.com:81/x",
            "//other/x",
            "http://[",
            "/X",
            "",
        )
    ),
    *(
        story(55, f"{method} and {status}", reply(FRESH), change(method=method, status=status), again(expect=HIT))
        for method in UNSAFE
        for status in (400, 404, 412, 500, 503)
    ),
    story(
        54,
        "what another origin has there stays",
        reply(FRESH, url="/x", headers=("Host: other.com",)),
        change("Location: http://other.com/x", "Content-Location: //other.com/x"),
        again("/x", headers=("Host: other.com",), expect=HIT),
    ),
    story(55, "nor Location", reply(FRESH, url="/x"), change("Location: /x", status=500), again("/x", expect=HIT)),
    *(story(56, method, reply(FRESH), change(method=method), again(expect=HIT)) for method in ("OPTIONS", "TRACE")),
    story(56, "HEAD", reply(FRESH), Step(method="HEAD"), again(expect=HIT)),
    story(
        (58, 59),
        "a group",
        reply(FRESH, 'Cache-Groups: "a", "b"', url="/1"),
        reply(FRESH, 'Cache-Groups: "b"', url="/2"),
        reply(FRESH, 'Cache-Groups: "B"', url="/3"),
        change('Cache-Group-Invalidation: "x", "a"'),
        again("/1", expect=MISS),
        again("/2", expect=HIT),
        again("/3", expect=HIT),
    ),
    story(
        58,
        "32 groups of 32 characters, on two lines",
        reply(FRESH, f"Cache-Groups: {groups(0)}", f"Cache-Groups: {groups(16)}", url="/1"),
        change(f'Cache-Group-Invalidation: "{"g31":>32}"'),
        again("/1", expect=MISS),
    ),
    *(
        story(
            58,
            f"not {value}",
            reply(FRESH, f"Cache-Groups: {value}", url="/1"),
            change('Cache-Group-Invalidation: "a"'),
            again("/1", expect=HIT),
        )
        for value in ("a", '"a', '"a", b', '("a")', "1", '"a" "b"', '"a",')
    ),
    story(
        59,
        "not by a safe method",
        reply(FRESH, 'Cache-Groups: "a"'),
        change('Cache-Group-Invalidation: "a"', method="OPTIONS"),
        again(expect=HIT),
    ),
    story(
        59,
        "not after a failure",
        reply(FRESH, 'Cache-Groups: "a"', url="/1"),
        change('Cache-Group-Invalidation: "a"', status=500),
        again("/1", expect=HIT),
    ),
    story(
        59,
        "no cascade",
        reply(FRESH, 'Cache-Groups: "a"', 'Cache-Group-Invalidation: "b"', url="/1"),
        reply(FRESH, 'Cache-Groups: "b"', url="/2"),
        change('Cache-Group-Invalidation: "a"'),
        again("/1", expect=MISS),
        again("/2", expect=HIT),
    ),
    story(
        59,
        "not another origin's",
        reply(FRESH, 'Cache-Groups: "a"', url="/1", headers=("Host: other.com",)),
        change('Cache-Group-Invalidation: "a"'),
        again("/1", headers=("Host: other.com",), expect=HIT),
    ),
)

TAGGED = Origin(200, (FRESH,), says={"tags": ["orders"]})

TAGS = (
    story(
        59,
        "tags by option",
        reply(FRESH, url="/1"),
        change(url="/2"),
        again("/1", expect=MISS),
        tags=("orders",),
        invalidates=lambda request, head: ["orders"],
    ),
    story(
        59,
        "tags by what views say",
        Step("/1", origin=TAGGED),
        reply(FRESH, url="/2"),
        Step("/3", "POST", origin=Origin(says={"invalidates": ["orders"]})),
        again("/2", expect=HIT),
        again("/1", expect=MISS),
    ),
    story(
        55,
        "tags not after a failure",
        Step("/1", origin=TAGGED),
        Step("/3", "POST", origin=Origin(409, says={"invalidates": ["orders"]})),
        again("/1", expect=HIT),
    ),
)

WINDOW = "Cache-Control: max-age=2, stale-while-revalidate=10"
IF_ERROR = "Cache-Control: max-age=2, stale-if-error=60"

STALE = (
    story(
        61,
        "at once, and new afterwards",
        reply(WINDOW, body=b"old"),
        ask(expect=HIT, body=b"old", origin=Origin(200, (FRESH,), b"new"), cache_status="ttl=-1"),
        ask(expect=HIT, body=b"new"),
    ),
    *(
        story(
            (63, 104),
            f"a refresh {whose}",
            reply(WINDOW, *vary, body=b"old", headers=("Cookie: a",) if vary else ()),
            ask("Cookie: a", expect=HIT, body=b"old", origin=Origin(200, (FRESH, *vary), b"new")),
            ask("Cookie: a", expect=HIT, body=b"new"),
        )
        for whose, vary in (("is nobody's", ()), ("is of the Cookie that it varies by", ("Vary: Cookie",)))
    ),
    story(61, "its age is told", reply(WINDOW, "Date: <0>"), ask(expect=HIT, has=("Age: 3",))),
    story(
        61, "by the option", reply(SHORT, TAG), ask(expect=HIT, origin=Origin(200, (FRESH,))), stale_while_revalidate=9
    ),
    story(62, "after the window", reply(WINDOW, TAG), after(13, expect=VALIDATED)),
    story(62, "its last moment", reply(WINDOW, TAG), after(11.5, expect=HIT)),
    *(
        story(
            64,
            f"{failure.status or 'a crash'} within the window",
            reply(IF_ERROR, body=b"old"),
            ask(origin=failure, status=200, body=b"old", cache_status="detail=stale-if-error", lacks=("warning",)),
            after(90, origin=failure, status=failure.status or 500),
        )
        for failure in (CRASH, Origin(500), Origin(502), Origin(503), Origin(504))
    ),
    story(64, "not a 404", reply(IF_ERROR, TAG), ask(origin=Origin(404), status=404)),
    story(64, "not without a window", reply(SHORT, TAG), ask(origin=Origin(503), status=503)),
    *(
        story(
            64,
            f"{failure.status or 'a crash'} is nobody's answer, and needs no window",
            reply(SHORT, body=b"old"),
            ask(origin=failure, status=200, body=b"old", cache_status="detail=stale-if-down"),
            after(30, origin=failure, status=200),
            after(30, origin=failure, status=failure.status or 500),
        )
        for failure in (CRASH, Origin(502), Origin(504))
    ),
    story(64, "unless it is not wanted", reply(SHORT, TAG), ask(origin=CRASH, status=500), stale_if_down=None),
    story(64, "nor without a stored response", ask(origin=CRASH, status=500)),
    story(
        64,
        "by the client's wish",
        reply(SHORT, TAG),
        ask("Cache-Control: stale-if-error=60", origin=Origin(503), status=200),
    ),
    story(
        (61, 64),
        "by what the view says",
        Step(origin=Origin(body=b"old", says={"ttl": 2, "stale_while_revalidate": 9, "stale_if_error": 60})),
        ask(origin=Origin(200, (SHORT, "Vary: A"), b"old", says={"stale_if_error": 60}), expect=HIT),
        ask(origin=Origin(503), status=200, body=b"old"),
    ),
    story(64, "by the option", reply(SHORT, TAG), ask(origin=Origin(503), status=200), stale_if_error="1m"),
    story(
        64,
        "the client's own condition counts",
        reply(IF_ERROR, TAG),
        ask('If-None-Match: "abc"', origin=Origin(503), status=304),
    ),
    story(
        65,
        "nor may the client wish it",
        reply("Cache-Control: max-age=2, must-revalidate", TAG),
        ask("Cache-Control: stale-if-error=60", origin=Origin(503), status=503),
    ),
    *(
        story(
            65,
            f"{directive} forbids both",
            reply(f"Cache-Control: max-age=2, {directive}, stale-while-revalidate=60, stale-if-error=60", TAG),
            ask(expect=VALIDATED),
            after(3, expect=VALIDATED, origin=Origin(503), status=503),
            after(3, expect=VALIDATED, origin=CRASH, status=500),
            stale_if_error=60,
            stale_while_revalidate=60,
        )
        for directive in ("must-revalidate", "proxy-revalidate", "s-maxage=2", "no-cache")
    ),
)

STATUS = (
    story(
        67,
        "miss and hit",
        reply(FRESH, cache_status="unicache; fwd=uri-miss; fwd-status=200; ttl=3600; stored"),
        ask(cache_status="unicache; hit; ttl=3597"),
    ),
    story(67, "a variant", reply(FRESH, "Vary: A", headers=("A: 1",)), ask("A: 2", cache_status="fwd=vary-miss")),
    story(67, "stale", reply(SHORT, TAG), ask(cache_status="fwd=stale; fwd-status=304")),
    story(67, "a wish", reply(FRESH, TAG), ask("Cache-Control: no-cache", cache_status="fwd=request; fwd-status=304")),
    story(67, "a method", change(method="POST"), Step(method="POST", cache_status="fwd=method; fwd-status=200")),
    story(67, "a bypass", ask('If-Match: "a"', cache_status="fwd=bypass; fwd-status=200; detail=precondition")),
    story(67, "why it is not stored", reply("Cache-Control: no-store", cache_status="detail=no-store")),
    story(
        (67, 69),
        "a ttl below 0",
        reply(WINDOW),
        ask(cache_status="unicache; hit; ttl=-1; detail=stale-while-revalidate"),
    ),
    story(
        68,
        "behind the others",
        reply(FRESH, 'Cache-Status: "up"; hit'),
        ask(has=('Cache-Status: "up"; hit',), cache_status="unicache; hit"),
    ),
    story(
        69, "ttl is that of sending", reply("Cache-Control: max-age=9", "Age: 4"), after(2, cache_status="hit; ttl=3")
    ),
)

CDN = "CDN-Cache-Control: max-age=3600"
NO_STORE = "Cache-Control: no-store"


def target(name: str, *headers: str, hit: bool, line: int = 70) -> object:
    """Whether a response with targeted fields is used again."""
    return story(line, name, reply(*headers), ask(expect=HIT if hit else MISS))


TARGETED = (
    target("a lifetime", CDN, hit=True),
    target("the longest", "CDN-Cache-Control: max-age=2147483648", hit=True),
    target("longer than that", "CDN-Cache-Control: max-age=99999999999", hit=True),
    target("and an Age", CDN, "Age: 7200", "Date: <0>", hit=False),
    target("a lifetime of 0", "CDN-Cache-Control: max-age=0", hit=False),
    target("a negative one", "CDN-Cache-Control: max-age=-5", FRESH, hit=False),
    target("an extension", "CDN-Cache-Control: foobar, max-age=3600", hit=True),
    target("before Expires", CDN, "Expires: <-10000>", "Date: <0>", hit=True),
    target("before an invalid Expires", CDN, "Expires: 0", "Date: <0>", hit=True),
    target("0 before Expires", "CDN-Cache-Control: max-age=0", "Expires: <10000>", "Date: <0>", hit=False),
    target("Expires does not fill in", "CDN-Cache-Control: foo", "Expires: <10000>", "Date: <0>", hit=False),
    target("before a shorter one", "Cache-Control: max-age=1", CDN, hit=True),
    target("before a longer one", FRESH, "CDN-Cache-Control: max-age=1", hit=False),
    target("private", "CDN-Cache-Control: private", FRESH, hit=False),
    target("no-cache", "CDN-Cache-Control: no-cache", FRESH, hit=False),
    target("no-store", "CDN-Cache-Control: no-store", FRESH, hit=False),
    target("before no-store", NO_STORE, CDN, hit=True),
    target("no-store that is off", "CDN-Cache-Control: no-store=?0, max-age=60", NO_STORE, hit=True),
    target("an unknown type", "CDN-Cache-Control: max-age=3600, &&&&&", NO_STORE, hit=False, line=71),
    target("a string for seconds", 'CDN-Cache-Control: max-age="3600"', NO_STORE, hit=False, line=71),
    target("a decimal for seconds", "CDN-Cache-Control: max-age=3600.5", NO_STORE, hit=False, line=71),
    target("a flag for seconds", "CDN-Cache-Control: max-age", FRESH, hit=True, line=71),
    target("a number for a flag", "CDN-Cache-Control: no-store=1", FRESH, hit=True, line=71),
    target("a name in capitals", "CDN-Cache-Control: Max-Age=3600", NO_STORE, hit=False, line=71),
    target("nothing at all", "CDN-Cache-Control: ", FRESH, hit=True, line=71),
    story(
        70,
        "the first that is valid",
        reply("Mine-Cache-Control: &", CDN, NO_STORE),
        ask(expect=HIT),
        targets=("Mine-Cache-Control", "CDN-Cache-Control"),
    ),
    story(72, "they are passed on", reply(CDN, has=(CDN,)), ask(expect=HIT, has=(CDN,))),
    story(
        72,
        "or not",
        reply(CDN, lacks=("cdn-cache-control",)),
        ask(expect=HIT, lacks=("cdn-cache-control",)),
        hide_targets=True,
    ),
)

STORIES = (*INVALIDATION, *TAGS, *STALE, *STATUS, *TARGETED)
