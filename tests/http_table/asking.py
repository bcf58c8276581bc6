"""Lines 32 to 52: conditions, revalidation, ranges, HEAD."""

from http_table.stories import CRASH, HIT, MISS, VALIDATED, Origin, after, ask, reply, story

__all__ = ["STORIES"]

FRESH = "Cache-Control: max-age=3600"
SHORT = "Cache-Control: max-age=2"
TAG = 'ETag: "abc"'
WEAK = 'ETag: W/"abc"'
MADE = 'ETag: "46506c1d6bc096ab86f848901cb0b3b9"'
"""What the bytes ``body`` get."""

LONG_AGO = "Last-Modified: <-3000>"

CONDITIONS = (
    *(
        story(
            32, f"{etag} for {wanted}", reply(FRESH, etag), ask(wanted, expect=HIT, status=304, body=b"", has=(etag,))
        )
        for etag, wanted in (
            (TAG, 'If-None-Match: "abc"'),
            (TAG, 'If-None-Match: W/"abc"'),
            (WEAK, 'If-None-Match: "abc"'),
            (WEAK, 'If-None-Match: W/"abc"'),
            (TAG, "If-None-Match: *"),
            (TAG, 'If-None-Match: "abc", "1", "2"'),
            (TAG, 'If-None-Match: "1", "abc", "2"'),
            (TAG, 'If-None-Match: "1", "2", "abc"'),
            ('ETag: "a,b"', 'If-None-Match: "1", "a,b"'),
            ('ETag: "a\\"', 'If-None-Match: "1", "a\\", "2"'),
            ("ETag: abc", "If-None-Match: abc"),
            ('ETag: "abcdef\u00fc"', 'If-None-Match: "abcdef\u00fc"'),
        )
    ),
    *(
        story(33, f"no tag in {wanted}", reply(FRESH, TAG), ask(wanted, expect=HIT, status=200, body=b"body"))
        for wanted in (
            'If-None-Match: "x"',
            'If-None-Match: "ab", "c"',
            "If-None-Match: ",
            "If-None-Match: ,,,",
            'If-None-Match: "abc',
            'If-None-Match: W"abcd',
            'If-None-Match: w/"xabc"',
            "If-None-Match: \u00ff\u00fe",
        )
    ),
    story(33, "empty members", reply(FRESH, TAG), ask('If-None-Match: , ,"abc",,', expect=HIT, status=304)),
    story(33, "two stars", reply(FRESH, TAG), ask("If-None-Match: *", "If-None-Match: *", expect=HIT, status=200)),
    story(33, "lines", reply(FRESH, TAG), ask('If-None-Match: "1"', 'If-None-Match: "abc"', expect=HIT, status=304)),
    story(
        34,
        "a tag before a date",
        reply(FRESH, TAG, LONG_AGO),
        ask('If-None-Match: "abc"', "If-Modified-Since: <-9000>", expect=HIT, status=304),
    ),
    story(
        34,
        "another tag before a date",
        reply(FRESH, TAG, LONG_AGO),
        ask('If-None-Match: "x"', "If-Modified-Since: <0>", expect=HIT, status=200),
    ),
    story(35, "the date", reply(FRESH, "Last-Modified: <-9>"), ask("If-Modified-Since: <-12>", expect=HIT, status=304)),
    story(35, "a later date", reply(FRESH, LONG_AGO), ask("If-Modified-Since: <-2000>", expect=HIT, status=304)),
    story(35, "an earlier date", reply(FRESH, LONG_AGO), ask("If-Modified-Since: <-4000>", expect=HIT, status=200)),
    story(35, "RFC 850", reply(FRESH, LONG_AGO), ask("If-Modified-Since: Monday, 01-Jan-35 00:00:00 GMT", status=304)),
    story(35, "asctime", reply(FRESH, LONG_AGO), ask("If-Modified-Since: Mon Jan  1 00:00:00 2035", status=304)),
    story(35, "no date", reply(FRESH, LONG_AGO), ask("If-Modified-Since: yesterday", expect=HIT, status=200)),
    story(35, "two", reply(FRESH, LONG_AGO), ask("If-Modified-Since: <0>", "If-Modified-Since: <0>", status=200)),
    story(35, "by Date", reply(FRESH, "Date: <0>"), ask("If-Modified-Since: <-1>", expect=HIT, status=304)),
    story(
        36,
        "what is in a 304",
        reply(
            FRESH,
            TAG,
            "Date: <0>",
            "Expires: <60>",
            "Vary: Foo",
            "Content-Location: /x",
            "Content-Type: text/plain",
            "Content-Length: 4",
            "Content-Encoding: x",
            "Access-Control-Allow-Origin: *",
            "CDN-Cache-Control: max-age=60",
        ),
        ask(
            'If-None-Match: "abc"',
            expect=HIT,
            status=304,
            has=(
                *(TAG, FRESH, "Expires: <57>", "Date: <-3>", "Vary: Foo", "Content-Location: /x", "Age: 3"),
                *("Access-Control-Allow-Origin: *", "CDN-Cache-Control: max-age=60"),
            ),
            lacks=("content-length", "content-type", "content-encoding"),
            body=b"",
        ),
    ),
    story(37, "HEAD", reply(FRESH, TAG), ask('If-None-Match: "abc"', method="HEAD", expect=HIT, status=304)),
    story(37, "a 404", reply(FRESH, TAG, status=404), ask('If-None-Match: "abc"', expect=HIT, status=404)),
    story(
        37,
        "PUT",
        reply(FRESH, TAG),
        ask("If-None-Match: *", method="PUT", expect=VALIDATED, sees=("If-None-Match: *",)),
    ),
    *(
        story(
            38,
            f"{name}: {value} goes to the application",
            reply(FRESH, TAG, LONG_AGO),
            ask(f"{name}: {value}", expect=MISS),
        )
        for name, value in (("If-Match", '"abc"'), ("If-Match", '"x"'), ("If-Unmodified-Since", "<0>"))
    ),
    *(
        story(
            38,
            f"{etag}, {header}",
            reply(FRESH, etag, LONG_AGO),
            ask(header, expect=HIT, status=status),
            preconditions=True,
        )
        for etag, header, status in (
            (TAG, 'If-Match: "abc"', 200),
            (TAG, 'If-Match: "x", "abc"', 200),
            (TAG, "If-Match: *", 200),
            (TAG, 'If-Match: "x"', 412),
            (WEAK, 'If-Match: W/"abc"', 412),
            (WEAK, 'If-Match: "abc"', 412),
            (TAG, 'If-Match: W/"abc"', 412),
            (TAG, "If-Unmodified-Since: <-1000>", 200),
            (TAG, "If-Unmodified-Since: <-9000>", 412),
            (TAG, "If-Unmodified-Since: sometime", 200),
        )
    ),
)

REVALIDATION = (
    story(39, "by tag", reply(SHORT, TAG), ask(expect=VALIDATED, sees=('If-None-Match: "abc"',), status=200)),
    story(39, "by weak tag", reply(SHORT, WEAK), ask(expect=VALIDATED, sees=('If-None-Match: W/"abc"',))),
    story(
        39, "by date", reply(SHORT, "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"), ask(expect=VALIDATED, status=200)
    ),
    story(
        39,
        "not by the client's",
        reply(SHORT, TAG),
        ask(
            'If-None-Match: "x"',
            "If-Modified-Since: <0>",
            "Range: bytes=0-1",
            sees=('If-None-Match: "abc"', "If-Modified-Since: absent", "Range: absent"),
        ),
    ),
    story(
        39,
        "what varies is sent",
        reply("Expires: <1>", TAG, "Date: <0>", "Vary: Abc", headers=("Abc: 1",)),
        ask("Abc: 1", expect=VALIDATED, sees=("Abc: 1",)),
    ),
    story(
        39, "another variant's is not", reply(FRESH, TAG, "Vary: Abc", headers=("Abc: 1",)), ask("Abc: 2", expect=MISS)
    ),
    story(
        (39, 65),
        "must-revalidate",
        reply("Cache-Control: max-age=2, must-revalidate", TAG),
        after(1, expect=HIT),
        ask(expect=VALIDATED),
    ),
    *(
        story(
            40,
            f"{name} from a 304 by {validator[:4]}",
            reply(SHORT, validator, f"{name}: {old}"),
            reply(
                FRESH, validator, f"{name}: {new}", expect=VALIDATED, status=200, body=b"body", has=(f"{name}: {new}",)
            ),
            ask(expect=HIT, body=b"body", has=(f"{name}: {new}",)),
        )
        for validator in (TAG, "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT")
        for name, old, new in (
            ("Test-Header", "a", "b"),
            ("X-Test-Header", "a", "b"),
            ("Content-Foo", "a", "b"),
            ("X-Content-Foo", "a", "b"),
            ("Content-MD5", "a", "b"),
            ("Content-Location", "/a", "/b"),
            ("Content-Security-Policy", "a", "b"),
            ("Clear-Site-Data", "cache", "cookies"),
            ("Expires", "<100>", "Mon, 11 Jan 2038 11:11:11 GMT"),
            ("Public-Key-Pins", "a", "b"),
            ("X-Frame-Options", "deny", "sameorigin"),
            ("X-XSS-Protection", "1", "1; mode=block"),
        )
    ),
    *(
        story(
            40,
            f"{name} not from a 304",
            reply(SHORT, TAG, f"{name}: {old}"),
            reply(FRESH, TAG, f"{name}: {new}", expect=VALIDATED, status=200, has=(f"{name}: {old}",)),
            ask(expect=HIT, has=(f"{name}: {old}",)),
        )
        for name, old, new in (
            ("Content-Length", "4", "9"),
            ("Content-Type", "text/plain", "text/html"),
            ("Content-Range", "x", "y"),
        )
    ),
    story(40, "what it omits stays", reply(SHORT, TAG, "A: 1"), reply(FRESH, TAG, expect=VALIDATED, has=("A: 1",))),
    story(
        40,
        "a 304 that varies by more leaves nothing stored",
        reply(SHORT, TAG, headers=("X: 1",)),
        ask("X: 1", expect=VALIDATED, origin=Origin(200, (FRESH, TAG, "Vary: X")), status=200),
        ask("X: 2", expect=MISS),
    ),
    story(
        40,
        "by a 304 without a Date as well",
        reply(SHORT, TAG, "Date: <0>"),
        after(60, origin=Origin(200, (SHORT, TAG)), expect=VALIDATED, has=("Age: 0",)),
        after(1, expect=HIT),
    ),
    story(40, "freshness begins anew", reply(SHORT, TAG), ask(expect=VALIDATED, has=("Age: 0",)), after(1, expect=HIT)),
    story(
        40,
        "a cookie with a 304 is this client's",
        reply(SHORT, TAG),
        reply(FRESH, TAG, "Set-Cookie: a=b", expect=VALIDATED, status=200, has=("Set-Cookie: a=b",)),
        ask(expect=HIT, lacks=("set-cookie",)),
    ),
    story(
        40,
        "a private 304 ends it",
        reply(SHORT, TAG),
        reply("Cache-Control: private", TAG, expect=VALIDATED, status=200),
        ask(expect=MISS),
    ),
    story(
        41,
        "a 304 about something else",
        reply(SHORT, TAG),
        ask(expect=MISS, origin=Origin(200, (FRESH, 'ETag: "other"'), b"new", confused=True), status=200, body=b"new"),
        ask(expect=HIT, body=b"new"),
    ),
    story(
        41,
        "a 304 about an older state",
        reply(SHORT, LONG_AGO),
        ask(origin=Origin(200, (FRESH, "Last-Modified: <-9000>"), b"old", confused=True), expect=MISS, body=b"old"),
        ask(expect=HIT, body=b"old"),
    ),
    story(
        41,
        "a 304 about something else, to a client with conditions",
        reply(SHORT, TAG),
        ask(
            'If-None-Match: "x"',
            "Range: bytes=0-0",
            origin=Origin(200, (FRESH, 'ETag: "other"'), b"new", confused=True),
            status=200,
            body=b"new",
            sees=("If-None-Match: absent", "Range: absent"),
        ),
        ask(expect=HIT, body=b"new"),
    ),
    *(
        story(
            42,
            f"the client's own tag {wanted}",
            reply(SHORT, TAG),
            ask(f"If-None-Match: {wanted}", expect=VALIDATED, status=status),
        )
        for wanted, status in (('"abc"', 304), ('"x"', 200), ("*", 304))
    ),
    story(
        42,
        "its own date",
        reply(SHORT, "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"),
        ask("If-Modified-Since: <0>", expect=VALIDATED, status=304),
    ),
    story(
        43,
        "a 503 destroys nothing",
        reply(SHORT, TAG),
        ask(origin=Origin(503, (FRESH,)), expect=VALIDATED, status=503),
        ask(origin=Origin(200, (SHORT, TAG)), expect=VALIDATED, status=200),
    ),
    *(
        story(
            43,
            f"a {status} replaces",
            reply(SHORT, TAG),
            ask(origin=Origin(status, (FRESH,), b"new"), status=status),
            ask(expect=HIT, status=status, body=b"new"),
        )
        for status in (200, 404, 410)
    ),
    *(
        story(
            43,
            f"a {status} that is not stored ends what was",
            reply(f"{SHORT}, stale-if-error=60", TAG),
            ask(origin=Origin(status, ("Cache-Control: no-store",)), expect=VALIDATED, status=status),
            ask(origin=CRASH, expect=MISS, status=500),
        )
        for status in (200, 302, 404, 410)
    ),
    *(
        story(
            43,
            f"what {asking} gets ends nothing for others",
            reply(SHORT, TAG),
            ask(asking, origin=Origin(200, (SHORT, 'ETag: "own"')), expect=VALIDATED, status=200),
            ask(origin=Origin(200, (SHORT, TAG)), expect=VALIDATED, status=200, sees=(f"If-None-Match: {TAG[6:]}",)),
        )
        for asking in ("Cookie: a=b", "Authorization: x", "Cache-Control: no-store")
    ),
    *(
        story(
            43,
            f"nor does a 304 to {asking}",
            reply(SHORT, TAG),
            ask(asking, expect=VALIDATED, status=200, has=("Age: 0",), lacks=("set-cookie",)),
            ask(expect=VALIDATED, status=200),
        )
        for asking in ("Cookie: a=b", "Authorization: x")
    ),
    story(
        43,
        "another failure ends nothing",
        reply(f"{SHORT}, stale-if-error=60", TAG),
        ask(origin=Origin(429), expect=VALIDATED, status=429),
        ask(origin=CRASH, expect=VALIDATED, status=200),
    ),
    story(44, "no tag is made up", reply(FRESH), ask(expect=HIT, lacks=("etag",))),
    story(
        44,
        "a tag of the bytes, if configured",
        reply(FRESH, lacks=("etag",)),
        ask(expect=HIT, status=200, has=(MADE,)),
        ask(f"If-None-Match: {MADE[6:]}", expect=HIT, status=304, has=(MADE,), body=b""),
        ask(f"If-Match: {MADE[6:]}", expect=HIT, status=200),
        ask(f"If-Range: {MADE[6:]}", "Range: bytes=0-1", expect=HIT, status=206, body=b"bo"),
        ask('If-None-Match: "x"', expect=HIT, status=200),
        etag=True,
        preconditions=True,
    ),
    story(
        44,
        "another one of another coding",
        reply(FRESH, "Content-Encoding: x"),
        ask(f"If-None-Match: {MADE[6:]}", expect=HIT, status=200, has=("ETag: ",)),
        etag=True,
    ),
    story(44, "the application's own counts", reply(FRESH, WEAK), ask(expect=HIT, has=(WEAK,)), etag=True),
    story(44, "none of a 404", reply(FRESH, status=404), ask(expect=HIT, lacks=("etag",)), etag=True),
    story(44, "the application is not asked by it", reply(SHORT), ask(expect=MISS), etag=True),
)

BODY = b"0123456789A"


def part(value: str, body: bytes, extent: str) -> object:
    """One range of a stored body."""
    has = (f"Content-Range: bytes {extent}/11", f"Content-Length: {len(body)}", "Age: 3")
    return story(45, value, reply(FRESH, body=BODY), ask(f"Range: {value}", expect=HIT, status=206, body=body, has=has))


RANGES = (
    part("bytes=0-1", b"01", "0-1"),
    part("bytes=1-", b"123456789A", "1-10"),
    part("bytes=-1", b"A", "10-10"),
    part("bytes=-99", BODY, "0-10"),
    part("bytes=4-99", b"456789A", "4-10"),
    part("Bytes = 0-0", b"0", "0-0"),
    part("bytes=, 0-0,", b"0", "0-0"),
    part("bytes=90-91, 0-0", b"0", "0-0"),
    *(
        story(
            46,
            f"{value} cannot be",
            reply(FRESH, body=BODY),
            ask(f"Range: {value}", expect=HIT, status=416, has=("Content-Range: bytes */11",), body=b""),
        )
        for value in ("bytes=11-", "bytes=99-100", "bytes=-0", "bytes=" + "9" * 18 + "-")
    ),
    *(
        story(
            46,
            f"{value} is ignored",
            reply(FRESH, body=BODY),
            ask(f"Range: {value}", expect=HIT, status=200, body=BODY),
        )
        for value in (
            "bytes",
            "bytes=",
            "bytes=a-b",
            "bytes=3-1",
            "bytes=1-2-3",
            "bytes=--1",
            "bytes=0x1-2",
            "items=0-1",
            "bytes 0-1",
            "bytes=0-1, x",
            "bytes=" + "9" * 99 + "-",
            "bytes=\u00b2-",
        )
    ),
    story(
        46, "HEAD has no parts", reply(FRESH, body=BODY), ask("Range: bytes=0-1", method="HEAD", expect=HIT, status=200)
    ),
    story(46, "nor has a 404", reply(FRESH, status=404), ask("Range: bytes=0-1", expect=HIT, status=404)),
    story(
        47,
        "two parts",
        reply(FRESH, "Content-Type: text/plain", body=BODY),
        ask("Range: bytes=0-1, -2", expect=HIT, status=206, lacks=("content-range",)),
    ),
    story(46, "two lines", reply(FRESH), ask("Range: bytes=0-1", "Range: bytes=2-3", expect=HIT, status=200)),
    story(47, "overlapping", reply(FRESH, body=BODY), ask("Range: bytes=0-8, 1-9", expect=HIT, status=200, body=BODY)),
    story(
        47, "too many", reply(FRESH, body=BODY), ask("Range: bytes=0-0,2-2,4-4", expect=HIT, status=200), max_ranges=2
    ),
    *(
        story(
            48,
            f"If-Range: {condition} for {validator}",
            reply(FRESH, validator, body=BODY),
            ask(f"If-Range: {condition}", "Range: bytes=0-1", expect=HIT, status=status),
        )
        for validator, condition, status in (
            (TAG, '"abc"', 206),
            (TAG, '"x"', 200),
            (TAG, 'W/"abc"', 200),
            (WEAK, 'W/"abc"', 200),
            (WEAK, '"abc"', 200),
            ("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 GMT", 206),
            ("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2025 00:00:00 GMT", 200),
            (TAG, "Mon, 01 Jan 2024 00:00:00 GMT", 200),
            (TAG, "abc", 200),
        )
    ),
    story(
        49,
        "a part is passed on, and not kept",
        ask(
            "Range: bytes=0-1",
            origin=Origin(206, (FRESH, "Content-Range: bytes 0-1/11"), b"01"),
            sees=("Range: bytes=0-1",),
        ),
        ask(origin=Origin(200, (FRESH,), BODY), expect=MISS, status=200, body=BODY),
        ask("Range: bytes=0-1", expect=HIT, status=206, body=b"01"),
    ),
    story(
        49,
        "and the whole is fetched, if configured",
        ask("Range: bytes=0-1", origin=Origin(200, (FRESH,), BODY, parts=True), status=206, body=b"01"),
        ask("Range: bytes=2-3", expect=HIT, status=206, body=b"23"),
        ask(expect=HIT, status=200, body=BODY),
        fetch_whole=True,
    ),
)

HEADS = (
    story(
        50,
        "HEAD from a stored GET",
        reply(FRESH, "A: 1", body=BODY),
        ask(method="HEAD", expect=HIT, status=200, body=b"", has=("A: 1", "Content-Length: 11")),
    ),
    story(51, "no GET from a HEAD", reply(FRESH, "Content-Length: 11", body=BODY, method="HEAD"), ask(expect=MISS)),
    story(50, "a HEAD of what is stale is asked", reply(SHORT), ask(method="HEAD", expect=MISS)),
    *(
        story(
            52,
            f"a HEAD that differs in {name}",
            reply(FRESH, f"{name}: {old}", body=BODY),
            ask("Cache-Control: no-cache", method="HEAD", origin=Origin(200, (FRESH, f"{name}: {new}"), b"news")),
            ask(expect=None, body=b"news"),
        )
        for name, old, new in (
            ("ETag", '"a"', '"b"'),
            ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT", "Tue, 02 Jan 2024 00:00:00 GMT"),
            ("Content-Length", "11", "4"),
        )
    ),
    story(
        52,
        "a HEAD that does not differ",
        reply(FRESH, TAG),
        ask("Cache-Control: no-cache", method="HEAD"),
        ask(expect=HIT),
    ),
)

STORIES = (*CONDITIONS, *REVALIDATION, *RANGES, *HEADS)
