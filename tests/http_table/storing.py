"""Lines 1 to 31: what is stored, for how long it is fresh, and what tells variants apart."""

from http_table.stories import HIT, MISS, VALIDATED, Story, after, ask, reply, story

__all__ = ["STORIES"]


def reused(lines: int | tuple[int, ...], name: str, *headers: str, status: int = 200, **options: object) -> Story:
    """The response is a hit soon after."""
    return story(lines, name, reply(*headers, status=status), ask(expect=HIT, status=status), **options)


def not_reused(lines: int | tuple[int, ...], name: str, *headers: str, status: int = 200, **options: object) -> Story:
    """It is not."""
    return story(lines, name, reply(*headers, status=status), ask(expect=MISS, status=status), **options)


def revalidated(lines: int | tuple[int, ...], name: str, *headers: str, **options: object) -> Story:
    """It is stored, and asked about before it is used."""
    return story(lines, name, reply(*headers), ask(expect=VALIDATED, status=200, body=b"body"), **options)


FRESH = "Cache-Control: max-age=3600"
DATE = "Date: <0>"

STORABILITY = (
    story(1, "a POST is not answered to a GET", reply(FRESH, method="POST"), ask(expect=MISS)),
    story(1, "nor with Content-Location", reply(FRESH, "Content-Location: /page", method="POST"), ask(expect=MISS)),
    story(1, "options may not make it so", reply(FRESH, method="PROPFIND"), ask(expect=MISS)),
    not_reused(2, "no-store", "Cache-Control: no-store"),
    not_reused(2, "no-store beats a lifetime", "Cache-Control: max-age=3600, No-StOrE", "Expires: <3600>", DATE),
    reused(
        2, "must-understand lifts no-store of a known status", "Cache-Control: no-store, must-understand, max-age=9"
    ),
    not_reused(2, "but not of an unknown one", "Cache-Control: no-store, must-understand, max-age=9", status=599),
    not_reused(3, "private", "Cache-Control: private, max-age=3600"),
    story(
        3,
        "private fields are left out",
        reply('Cache-Control: max-age=3600, private="a, B"', "A: 1", "B: 2", "C: 3", has=("A: 1",)),
        ask(expect=HIT, has=("C: 3",), lacks=("a", "b")),
    ),
    *(
        not_reused(
            3, f"{private} is private", f"Cache-Control: max-age=3600, {private}", "Last-Modified: <-9999>", DATE
        )
        for private in ('private="', "private=a b", 'private = "a"', "private; max-age=60", 'private="a, b c"')
    ),
    not_reused(
        2, "no-store; and more is no-store", "Cache-Control: no-store; max-age=60", "Last-Modified: <-9999>", DATE
    ),
    *(
        revalidated(4, f"{no_cache} is asked about", f"Cache-Control: max-age=3600, {no_cache}", 'ETag: "a"')
        for no_cache in ('no-cache="a', 'no-cache= "a"', "no-cache=a b", "no-cache; max-age=60")
    ),
    revalidated(4, "no-cache is asked about", "Cache-Control: no-cache", 'ETag: "a"'),
    revalidated(
        4, "even with a lifetime", "Cache-Control: max-age=3600, No-CaChE", "Expires: <3600>", DATE, 'ETag: "a"'
    ),
    not_reused(4, "and without a validator made anew", "Cache-Control: max-age=3600, no-cache"),
    story(
        4,
        "a listed field is left out",
        reply('Cache-Control: no-cache="a"', FRESH, "A: 1", "B: 2"),
        ask(expect=HIT, has=("B: 2",), lacks=("a",)),
    ),
    story(
        4,
        "several listed fields are left out",
        reply('Cache-Control: no-cache="a, b"', FRESH, "A: 1", "B: 2", "C: 3"),
        ask(expect=HIT, has=("C: 3",), lacks=("a", "b")),
    ),
    not_reused(5, "a 206 without a range", FRESH, "Content-Range: bytes 0-3/10", status=206),
    not_reused(5, "a 304 nobody asked for", FRESH, status=304),
    *(not_reused(5, f"a {status}, which is for one request", FRESH, status=status) for status in (412, 416, 417)),
    not_reused(6, "neither lifetime nor validator"),
    not_reused(6, "a lifetime of 0 and no validator", "Cache-Control: max-age=0"),
    revalidated(6, "a validator is enough", 'ETag: "a"'),
    *(
        reused(7, f"a tenth of the time since {status} was modified", "Last-Modified: <-86400>", DATE, status=status)
        for status in (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501)
    ),
    *(
        not_reused(7, f"no guess for {status}", "Last-Modified: <-86400>", DATE, status=status)
        for status in (201, 202, 302, 303, 307, 400, 403, 502, 503, 504, 599)
    ),
    reused(7, "public allows the guess", "Last-Modified: <-86400>", DATE, "Cache-Control: public", status=599),
    revalidated(7, "the guess is a tenth", "Last-Modified: <-20>", DATE),
    story(
        7,
        "the guess has a limit",
        reply("Last-Modified: <-86400000>", DATE),
        after(86000, expect=HIT),
        after(500, expect=VALIDATED),
    ),
    revalidated(7, "no guess if so configured", "Last-Modified: <-86400>", DATE, heuristic=0),
    *(
        reused(8, f"{status} with a lifetime", "Expires: <3600>", FRESH, "Last-Modified: <0>", DATE, status=status)
        for status in (200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599)
    ),
    *(
        not_reused(8, f"{status} that came expired", "Expires: <-50>", DATE, status=status)
        for status in (200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599)
    ),
    not_reused(9, "Set-Cookie", FRESH, "Set-Cookie: a=b"),
    *(
        story(
            (3, 9),
            f"a cookie that is one person's own by {name}",
            reply(f'Cache-Control: max-age=3600, {name}="Set-Cookie"', "Set-Cookie: a=b", has=("Set-Cookie: a=b",)),
            ask(expect=HIT, lacks=("set-cookie",)),
        )
        for name in ("private", "no-cache")
    ),
    story(
        9,
        "a cookie is stripped if so configured",
        reply(FRESH, "Set-Cookie: a=b", has=("Set-Cookie: a=b",)),
        ask(expect=HIT, lacks=("set-cookie",)),
        set_cookie="strip",
    ),
    story(
        9,
        "a cookie is stored if so configured",
        reply(FRESH, "Set-Cookie: a=b"),
        ask(expect=HIT, has=("Set-Cookie: a=b",)),
        set_cookie="store",
    ),
    reused((9, 104), "a Cookie in a later request is no matter", FRESH),
    story(9, "a Cookie finds what came without", reply(FRESH), ask("Cookie: a=b", expect=HIT)),
    not_reused(3, "what is not shared by option", FRESH, shared=False),
    story(10, "Authorization", reply("Expires: <90000>", DATE, headers=("Authorization: x",)), ask(expect=MISS)),
    *(
        story(
            10,
            f"Authorization with {directive}",
            reply(f"Cache-Control: {directive}", headers=("Authorization: x",), sees=("Authorization: x",)),
            ask(expect=HIT),
        )
        for directive in ("max-age=3600, public", "max-age=3600, must-revalidate", "s-maxage=3600")
    ),
    *(
        story(
            11,
            f"Vary {'; '.join(vary)}",
            reply(FRESH, *vary, headers=("Foo: 1",)),
            ask("Foo: 1", expect=MISS),
        )
        for vary in (
            ("Vary: *",),
            ("Vary: *, *",),
            ("Vary: *", "Vary: *"),
            ("Vary: , *",),
            ("Vary: ", "Vary: *"),
            ("Vary: *, Foo",),
            ("Vary: Foo, *",),
        )
    ),
    story(
        13,
        "a request with no-store stores nothing",
        reply(FRESH, headers=("Cache-Control: no-store",)),
        ask(expect=MISS),
    ),
    story(
        14,
        "fields of the connection stay behind",
        reply(FRESH, "Connection: a, B", "A: 1", "B: 2", "C: 3", "Keep-Alive: x", "TE: x", "Upgrade: x", "Trailer: D"),
        ask(expect=HIT, has=("C: 3",), lacks=("connection", "a", "b", "keep-alive", "te", "upgrade", "trailer")),
    ),
    *(
        story(14, f"{name} is stored", reply(FRESH, f"{name}: x"), ask(expect=HIT, has=(f"{name}: x",)))
        for name in (
            "Test-Header",
            "Content-Foo",
            "Content-MD5",
            "Content-Security-Policy",
            "Clear-Site-Data",
            "Public-Key-Pins",
            "Strict-Transport-Security",
            "WWW-Authenticate",
            "X-Frame-Options",
        )
    ),
    *(
        story(14, f"{name} is not", reply(FRESH, f"{name}: x"), ask(expect=HIT, lacks=(name,)))
        for name in ("Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection")
    ),
)

FRESHNESS = (
    reused(16, "max-age", FRESH),
    not_reused(16, "max-age over", "Cache-Control: max-age=2"),
    reused(16, "s-maxage", "Cache-Control: s-maxage=3600"),
    not_reused(16, "s-maxage before max-age", "Cache-Control: max-age=3600, s-maxage=1"),
    not_reused(16, "s-maxage before max-age, reversed", "Cache-Control: s-maxage=1, max-age=3600"),
    not_reused(16, "s-maxage before max-age, on two lines", FRESH, "Cache-Control: s-maxage=1"),
    reused(16, "s-maxage before a shorter max-age", "Cache-Control: max-age=1, s-maxage=3600"),
    reused(16, "max-age before Expires", FRESH, "Expires: <-10000>", DATE),
    reused(16, "max-age before an invalid Expires", FRESH, "Expires: 0", DATE),
    not_reused(16, "max-age=0 before Expires", "Cache-Control: max-age=0", "Expires: <10000>", DATE),
    reused(16, "Expires", "Expires: <10000>", DATE),
    revalidated(16, "Expires before the heuristic", "Expires: <1>", "Last-Modified: <-86400>", DATE),
    not_reused(16, "an Expires older than a Date ahead", "Expires: <300>", "Date: <400>"),
    reused(16, "an invalid Date is now", "Expires: <10>", "Date: foo"),
    reused(16, "an extension is no matter", "Cache-Control: foobar, max-age=3600"),
    reused(16, "what follows an option is no matter", "Cache-Control: foo=bar, max-age=3600, x"),
    reused(17, "names in any case", "Cache-Control: MaX-aGe=3600"),
    not_reused(17, "text in quotes is no directive", 'Cache-Control: extension="max-age=3600", max-age=1'),
    not_reused(17, "nor behind it", 'Cache-Control: max-age=1, extension="max-age=3600"'),
    not_reused(17, "a quoted comma separates nothing", 'Cache-Control: x="a, max-age=3600, b"'),
    reused(17, "an escaped quote does not end it", 'Cache-Control: x="a\\", no-store", max-age=3600'),
    not_reused(17, "what is never closed hides nothing", 'Cache-Control: max-age=3600, x="a, no-store'),
    not_reused(17, "single quotes", "Cache-Control: max-age='3600'"),
    reused(17, "double quotes", 'Cache-Control: max-age="3600"'),
    not_reused(17, "a space before the sign", "Cache-Control: max-age =3600"),
    not_reused(17, "a space after the sign", "Cache-Control: max-age= 3600"),
    *(
        not_reused(17, f"max-age={value}", f"Cache-Control: max-age={value}")
        for value in ("a3600", "3600a", "-100", "3600.0", "", '"', "0x10", "\u00b2", "1e3")
    ),
    reused(18, "the first counts", "Cache-Control: max-age=1800, max-age=1"),
    reused(18, "also on two lines", "Cache-Control: max-age=1800", "Cache-Control: max-age=1"),
    not_reused(18, "the first counts if stale", "Cache-Control: max-age=1, max-age=1800"),
    not_reused(18, "also that on two lines", "Cache-Control: max-age=1", "Cache-Control: max-age=1800"),
    *(
        reused(19, f"max-age={value}", f"Cache-Control: max-age={value}")
        for value in ("2147483648", "99999999999", "9" * 400, "003600", "0" * 400 + "60")
    ),
    *(
        not_reused(20, f"Expires: {value}", f"Expires: {value}", DATE)
        for value in (
            "0",
            "-1",
            "",
            "never",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 31 Feb 2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02:01:61 GMT",
        )
    ),
    not_reused(20, "several Expires", "Expires: <3600>", "Expires: <7200>", DATE),
    not_reused(20, "now", "Expires: <0>", DATE),
    reused(20, "RFC 850", "Expires: Thursday, 18-Aug-50 02:01:18 GMT", DATE),
    reused(20, "asctime", "Expires: Thu Aug 18 02:01:18 2050", DATE),
    reused(20, "a leap second", "Expires: Thu, 18 Aug 2050 23:59:60 GMT", DATE),
    not_reused(21, "older than its lifetime", "Cache-Control: max-age=3600", "Age: 7200", DATE),
    not_reused(21, "Age and Expires, Date slow", "Date: <-10>", "Expires: <10>", "Age: 25"),
    not_reused(21, "Age and Expires, Date fast", "Date: <10>", "Expires: <20>", "Age: 15"),
    not_reused(21, "a Date long ago", "Cache-Control: max-age=3600", "Date: <-7200>"),
    not_reused(21, "the first member of Age", FRESH, "Age: 7200, 0", DATE),
    not_reused(21, "the first line of Age", FRESH, "Age: 7200", "Age: 0", DATE),
    reused(21, "a first member of 0", FRESH, "Age: 0, 7200", DATE),
    *(reused(21, f"Age: {value}", FRESH, f"Age: {value}", DATE) for value in ("abc", "-7200", "7200.0", "", ",")),
    not_reused(21, "an Age beyond all bounds", FRESH, "Age: " + "9" * 300, DATE),
    story(22, "Age is time kept", reply("Expires: <90000>", DATE), ask(expect=HIT, has=("Age: 3",))),
    story(22, "and what it came with", reply(FRESH, "Age: 30", DATE), ask(expect=HIT, has=("Age: 33",))),
    story(22, "in whole seconds", reply(FRESH, DATE), after(2.9, expect=HIT, has=("Age: 2",))),
    story(
        23,
        "Date, Expires and ETag as they came",
        reply("Date: <-9>", "Expires: <900>", 'ETag: "a"'),
        after(0, expect=HIT, has=("Date: <-9>", "Expires: <900>", 'ETag: "a"'), lacks=("warning",)),
    ),
    story(
        23,
        "no Warning on what is stale",
        reply("Cache-Control: max-age=1, stale-if-error=60"),
        ask(expect=MISS, origin=reply(status=503).origin, status=200, lacks=("warning",)),
    ),
    story(24, "a clock that steps back", reply(FRESH, "Age: 7"), after(-1, expect=HIT, has=("Age: 7",))),
    story(24, "and far back", reply("Cache-Control: max-age=60", 'ETag: "a"'), after(-9000, expect=VALIDATED)),
    reused(25, "Pragma in a response", FRESH, "Pragma: no-cache"),
    reused(25, "Pragma in a guessed response", "Last-Modified: <-86400>", "Pragma: no-cache"),
    story(25, "Pragma in a request", reply(FRESH), ask("Pragma: no-cache", expect=MISS)),
    story(25, "another Pragma", reply(FRESH), ask("Pragma: foo", expect=HIT)),
    story(25, "not beside Cache-Control", reply(FRESH), ask("Pragma: no-cache", "Cache-Control: foo", expect=HIT)),
)

WISHES = (
    story(26, "max-age=0", reply(FRESH), ask("Cache-Control: max-age=0", expect=MISS)),
    story(26, "max-age=1", reply(FRESH), ask("Cache-Control: max-age=1", expect=MISS)),
    story(26, "max-age not reached", reply(FRESH), ask("Cache-Control: max-age=60", expect=HIT)),
    story(26, "max-age and Age", reply(FRESH, "Age: 1800"), ask("Cache-Control: max-age=600", expect=MISS)),
    story(
        26,
        "max-stale",
        reply("Cache-Control: max-age=1", 'ETag: "a"'),
        ask("Cache-Control: max-stale=1000", expect=HIT),
    ),
    story(
        26,
        "any max-stale",
        reply("Cache-Control: max-age=1", 'ETag: "a"'),
        ask("Cache-Control: max-stale", expect=HIT),
    ),
    story(
        26,
        "max-stale exceeded",
        reply("Cache-Control: max-age=1", 'ETag: "a"'),
        ask("Cache-Control: max-stale=1", expect=VALIDATED),
    ),
    story(
        (26, 65),
        "max-stale of what must not be",
        reply("Cache-Control: max-age=1, must-revalidate", 'ETag: "a"'),
        ask("Cache-Control: max-stale=1000", expect=VALIDATED),
    ),
    story(26, "min-fresh", reply("Cache-Control: max-age=1500"), ask("Cache-Control: min-fresh=2000", expect=MISS)),
    story(26, "min-fresh met", reply("Cache-Control: max-age=1500"), ask("Cache-Control: min-fresh=60", expect=HIT)),
    story(
        26,
        "min-fresh and Age",
        reply("Cache-Control: max-age=1500", "Age: 1000"),
        ask("Cache-Control: min-fresh=1000", expect=MISS),
    ),
    story(26, "no-cache", reply(FRESH), ask("Cache-Control: no-cache", expect=MISS)),
    story(26, "no-cache, tag", reply(FRESH, 'ETag: "a"'), ask("Cache-Control: no-cache", expect=VALIDATED)),
    story(26, "no-cache, date", reply(FRESH, "Last-Modified: <-9>"), ask("Cache-Control: no-cache", expect=VALIDATED)),
    story(26, "only-if-cached", ask("Cache-Control: only-if-cached", expect=HIT, status=504, body=b"")),
    story(26, "only-if-cached, cached", reply(FRESH), ask("Cache-Control: only-if-cached", expect=HIT, status=200)),
    story(
        26,
        "only-if-cached, stale",
        reply("Cache-Control: max-age=1", 'ETag: "a"'),
        ask("Cache-Control: only-if-cached", expect=HIT, status=504),
    ),
    *(
        story(
            26,
            f"{wish} to a server that obeys no wishes",
            reply(FRESH),
            ask(f"Cache-Control: {wish}", expect=HIT),
            obey_requests=False,
        )
        for wish in ("max-age=0", "min-fresh=9000", "no-cache", "only-if-cached", "no-store")
    ),
)

VARYING = (FRESH, "Vary: Foo")
TWO = (FRESH, "Vary: Foo, Bar")

VARY = (
    story(27, "the same", reply(*VARYING, headers=("Foo: 1",)), ask("Foo: 1", expect=HIT)),
    story(27, "another", reply(*VARYING, headers=("Foo: 1",)), ask("Foo: 2", expect=MISS)),
    story(27, "absent", reply(*VARYING, headers=("Foo: 1",)), ask(expect=MISS)),
    story(27, "absent is not empty", reply(*VARYING), ask("Foo: ", expect=MISS)),
    story(27, "absent both times", reply(*VARYING), ask(expect=HIT)),
    story(27, "names in any case", reply(FRESH, "Vary: fOO", headers=("Foo: 1",)), ask("FOO: 1", expect=HIT)),
    story(27, "values in one case", reply(*VARYING, headers=("Foo: a",)), ask("Foo: A", expect=MISS)),
    story(27, "what is not named", reply(*VARYING, headers=("Foo: 1", "O: 2")), ask("Foo: 1", "O: 3", expect=HIT)),
    story(27, "two", reply(*TWO, headers=("Foo: 1", "Bar: a")), ask("Foo: 1", "Bar: a", expect=HIT)),
    story(27, "two, any order", reply(*TWO, headers=("Foo: 1", "Bar: a")), ask("Bar: a", "Foo: 1", expect=HIT)),
    story(27, "two, one another", reply(*TWO, headers=("Foo: 1", "Bar: a")), ask("Foo: 2", "Bar: a", expect=MISS)),
    story(27, "two, one absent", reply(*TWO, headers=("Foo: 1", "Bar: a")), ask("Foo: 1", expect=MISS)),
    story(27, "two, values swapped", reply(*TWO, headers=("Foo: 1", "Bar: 2")), ask("Foo: 2", "Bar: 1", expect=MISS)),
    story(27, "on two lines", reply(FRESH, "Vary: Foo", "Vary: Bar", headers=("Foo: 1",)), ask("Bar: 1", expect=MISS)),
    story(
        27,
        "a variant leaves the others alone",
        reply(*VARYING, headers=("Foo: 1",), body=b"one"),
        reply(*VARYING, headers=("Foo: 2",), body=b"two", expect=MISS),
        ask("Foo: 1", expect=HIT, body=b"one"),
        ask("Foo: 2", expect=HIT, body=b"two"),
    ),
    story(28, "lines are one list", reply(*VARYING, headers=("Foo: 1, 2",)), ask("Foo: 1", "Foo: 2", expect=HIT)),
    story(28, "white space", reply(*VARYING, headers=("Foo: 1,2",)), ask("Foo:   1 ,\t2  ", expect=HIT)),
    story(28, "another order", reply(*VARYING, headers=("Foo: 1, 2",)), ask("Foo: 2, 1", expect=MISS)),
    story(28, "quoted commas", reply(*VARYING, headers=('Foo: "1,2"',)), ask("Foo: 1,2", expect=MISS)),
    story(
        29,
        "languages as they come",
        reply(FRESH, "Vary: Accept-Language", headers=("Accept-Language: en, de",)),
        ask("Accept-Language: de, en", expect=MISS),
    ),
    story(
        29,
        "languages in any order, if configured",
        reply(FRESH, "Vary: Accept-Language", headers=("Accept-Language: en, de;q=0.5",)),
        ask("Accept-Language: DE; q=0.5,  EN", expect=HIT),
        normalise=("Accept-Language",),
    ),
    story(
        30,
        "the oldest variant goes",
        *(reply(*VARYING, headers=(f"Foo: {number}",)) for number in range(4)),
        ask("Foo: 1", expect=HIT),
        ask("Foo: 3", expect=HIT),
        ask("Foo: 0", expect=MISS),
        max_variants=3,
    ),
    story(
        31,
        "another Vary meanwhile",
        reply(FRESH, "Vary: Foo", headers=("Foo: 1", "Bar: 1"), body=b"by foo"),
        reply(FRESH, "Vary: Bar", headers=("Foo: 2", "Bar: 2"), body=b"by bar"),
        ask("Foo: 1", "Bar: 9", expect=HIT, body=b"by foo"),
        ask("Foo: 9", "Bar: 2", expect=HIT, body=b"by bar"),
        ask("Foo: 9", "Bar: 1", expect=MISS),
    ),
    story(
        31,
        "no Vary any more",
        reply(FRESH, "Vary: Foo", headers=("Foo: 1",), body=b"one"),
        reply(FRESH, headers=("Foo: 2",), body=b"all"),
        ask("Foo: 3", expect=HIT, body=b"all"),
    ),
)

STORIES = (*STORABILITY, *FRESHNESS, *WISHES, *VARY)
