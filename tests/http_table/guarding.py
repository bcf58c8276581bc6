"""Lines 84 to 104: bodies as they were, keys that nothing shares, poisoning and deception."""

from http_table.stories import HIT, MISS, Origin, Step, ask, reply, story

__all__ = ["FORWARDING", "STORIES"]

FRESH = "Cache-Control: max-age=3600"

FORWARDING = (
    "Forwarded",
    "Front-End-Https",
    "X-Forwarded-Host",
    "X-Forwarded-Path",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-User",
    "X-HTTP-Host-Override",
    "X-Host",
    "X-Original-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Scheme",
    "X-Script-Name",
    "X-Url-Scheme",
)


def apart(line: int, one: Step, other: Step) -> object:
    """Two requests that must not share a response."""
    return story(line, f"{one.url} {one.headers} and {other.url} {other.headers}", one, other)


def url(path: str, *headers: str, expect: str | None = MISS) -> Step:
    """A fresh page."""
    return reply(FRESH, url=path, headers=headers, expect=expect)


BODIES = (
    story(
        84,
        "a 204 has no length",
        reply(FRESH, status=204, body=b""),
        ask(expect=HIT, status=204, lacks=("content-length",)),
    ),
    story(
        84,
        "a length of its own",
        reply(FRESH, body=b"12345"),
        ask(expect=HIT, has=("Content-Length: 5",), body=b"12345"),
    ),
    story(
        85,
        "lines stay lines",
        reply(FRESH, "Link: <a>", "Vary: A", "Link: <b>", "Vary: B"),
        ask(expect=HIT, has=("Link: <a>", "Link: <b>", "Vary: A", "Vary: B")),
    ),
    story(12, "a body shorter than it says", reply(FRESH, "Content-Length: 9", body=b"123"), ask(expect=MISS)),
    story(12, "a body longer than it says", reply(FRESH, "Content-Length: 1", body=b"123"), ask(expect=MISS)),
    story(12, "two lengths", reply(FRESH, "Content-Length: 3", "Content-Length: 4", body=b"123"), ask(expect=MISS)),
    story(12, "no length at all", reply(FRESH, "Content-Length: x", body=b"123"), ask(expect=MISS)),
    story(
        81,
        "a length that is more than is stored",
        reply(FRESH, "Content-Length: 5", body=b"12345", cache_status="detail=too-long"),
        ask(expect=MISS),
        max_body=4,
    ),
    story(12, "a length beyond all bounds", reply(FRESH, "Content-Length: " + "9" * 5000, body=b"1"), ask(expect=MISS)),
    story(82, "more fields than are stored", reply(FRESH, "A: " + "x" * 500), ask(expect=MISS), max_headers=400),
)

KEYS = (
    story(87, "the host in any case", url("/", "Host: example.COM"), url("/", "Host: EXAMPLE.com", expect=HIT)),
    story(87, "the scheme's own port", url("/", "Host: example.com"), url("/", "Host: example.com:80", expect=HIT)),
    apart(87, url("/", "Host: a.com"), url("/", "Host: b.com")),
    apart(87, url("/", "Host: a.com"), url("/", "Host: a.com:81")),
    apart(87, url("/x", "Host: a.com"), url("/", "Host: a.com/x")),
    apart(87, url("/ab"), url("/a?b")),
    apart(87, url("/a?b=1&c=2"), url("/a?b=1&c=2&")),
    *(
        apart(88, url(one), url(other))
        for one, other in (
            ("/a/b", "/a%2Fb"),
            ("/a%2fb", "/a%2Fb"),
            ("/a?x=1&y=2", "/a?x=1;y=2"),
            ("/a?x=1&x=2", "/a?x=2&x=1"),
            ("/a?x=1&y=2", "/a?y=2&x=1"),
            ("/a?x=1", "/a?x=1&x=1"),
            ("/a", "/a/"),
            ("/a", "/A"),
            ("//a", "/a"),
            ("/a?+", "/a?%20"),
        )
    ),
    story(
        88, "arguments in any order, if configured", url("/a?y=2&x=1"), url("/a?x=1&y=2", expect=HIT), sort_query=True
    ),
    story(
        89,
        "ignored arguments",
        url("/a?utm_x=1&y=2"),
        url("/a?y=2&utm_x=3", expect=HIT),
        url("/a?y=3&utm_x=3"),
        ignore_query=("utm_x",),
    ),
    story(
        89,
        "no argument hides behind an ignored one",
        url("/a?ignored=1;y=2"),
        url("/a?ignored=1;y=3", expect=HIT),
        url("/a?y=3;ignored=1"),
        url("/a?Ignored=1"),
        url("/a?ign%6Fred=1&y=3"),
        url("/a?y=3", expect=HIT),
        ignore_query=("ignored",),
    ),
    story(89, "what is left is in order", url("/a?c=1&a=1&b=1"), url("/a?b=1&a=1&c=1", expect=HIT), sort_query=True),
)

POISON = (
    *(
        story(90, f"{name} stores nothing", url("/", f"{name}: evil.com"), url("/"))
        for name in (*FORWARDING, "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    ),
    *(story(90, f"{name} gets nothing stored", url("/"), url("/", f"{name}: evil.com")) for name in FORWARDING),
    story(90, "a client's address is no URL", url("/"), url("/", "X-Forwarded-For: 192.0.2.1", expect=HIT)),
    story(
        90,
        "what is trusted is in the key",
        url("/", "X-Forwarded-Host: a.com"),
        url("/", "X-Forwarded-Host: b.com"),
        url("/"),
        url("/", "X-Forwarded-Host: a.com", expect=HIT),
        trusted=("X-Forwarded-Host",),
    ),
    story(
        90,
        "what is varied by is, too",
        url("/", "Forwarded: a"),
        url("/", "Forwarded: b"),
        url("/", "Forwarded: a", expect=HIT),
        vary=("Forwarded",),
    ),
    story(
        92, "a host that is not allowed", url("/", "Host: evil.com"), url("/", "Host: evil.com"), hosts=("example.com",)
    ),
    story(92, "one that is", url("/", "Host: Example.com:80"), url("/", expect=HIT), hosts=("EXAMPLE.com",)),
    *(
        story(92, f"not stored: {host}", url("/", f"Host: {host}"), url("/", f"Host: {host}"))
        for host in (
            "user@example.com",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "a:b",
            "a:123456",
            "",
            "a,b\\",
            "a,b",
            "[::1",
            "\u00fc.com",
            "x" * 999,
        )
    ),
    story(92, "an IPv6 host", url("/", "Host: [::1]:8000"), url("/", "Host: [::1]:8000", expect=HIT)),
    story(92, "two hosts", url("/", "Host: a.com", "Host: b.com"), url("/", "Host: a.com", "Host: b.com")),
    *(
        story(92, f"no target: {path}", url(path), url(path))
        for path in ("http://a.com/", "*", "x", "/a b", "/\u00fc", "/a#b", "")
    ),
    story(93, "a GET with a body", url("/", "Content-Length: 3"), url("/")),
    *(
        story(
            94,
            f"{status} to an oversized field",
            reply("Last-Modified: <-86400>", status=status, headers=("Big: " + "x" * 5000,)),
            ask(expect=MISS),
        )
        for status in (400, 413, 414, 431, 501)
    ),
    story(
        94, "unless it says for how long", reply(FRESH, status=431, headers=("Big: " + "x" * 5000,)), ask(expect=HIT)
    ),
    story(95, "an extension is no lifetime", Step("/account/x.css"), Step("/account/x.css", expect=MISS)),
    *(
        apart(96, url(one), url(other))
        for one, other in (
            ("/account", "/account%3b.css"),
            ("/account", "/account;.css"),
            ("/account", "/account%00.css"),
            ("/account", "/account%0a.css"),
            ("/account", "/account%23.css"),
            ("/account", "/static/%2e%2e/account"),
            ("/account", "/static/../account"),
            ("/account", "/./account"),
        )
    ),
    story(
        97,
        "a redirect by Host",
        reply(FRESH, "Location: http://evil.com/", status=302, headers=("Host: evil.com",)),
        ask(expect=MISS),
    ),
    story(
        98,
        "CORS without Vary",
        reply(FRESH, "Access-Control-Allow-Origin: http://a", headers=("Origin: http://a",)),
        ask("Origin: http://b", expect=MISS),
        ask("Origin: http://a", expect=HIT),
    ),
    story(
        98,
        "CORS for all",
        reply(FRESH, "Access-Control-Allow-Origin: *", headers=("Origin: http://a",)),
        ask("Origin: http://b", expect=HIT),
    ),
    story(
        99,
        "a coding without Vary",
        reply(FRESH, "Content-Encoding: gzip", headers=("Accept-Encoding: gzip",)),
        ask(expect=MISS),
        ask("Accept-Encoding: gzip", expect=HIT),
    ),
    story(100, "a value that breaks out of its line", reply(FRESH, "A: x\r\nSet-Cookie: y"), ask(expect=MISS)),
    story(100, "a NUL", reply(FRESH, "A: x\0y"), ask(expect=MISS)),
    story(100, "a name that is none", reply(FRESH, "A b: x"), ask(expect=MISS)),
    story(
        104,
        "a request with a Cookie and a guess",
        reply("Last-Modified: <-86400>", headers=("Cookie: a=b",)),
        ask(expect=MISS),
    ),
    story(
        104,
        "a request with a Cookie, and a lifetime alone",
        reply(FRESH, headers=("Cookie: a=b",)),
        ask("Cookie: c=d", expect=MISS, cache_status="detail=cookie"),
        ask(expect=MISS),
        ask("Cookie: a=b", expect=HIT),
    ),
    *(
        story(
            104,
            f"a request with a Cookie, and {public}",
            reply(public, FRESH, headers=("Cookie: a=b",)),
            ask("Cookie: c=d", expect=HIT),
        )
        for public in ("Cache-Control: public", "Cache-Control: s-maxage=60", "CDN-Cache-Control: max-age=60")
    ),
    story(
        104,
        "a request with a Cookie and a lifetime by option",
        reply(headers=("Cookie: a=b",)),
        ask(expect=MISS, cache_status="stored"),
        ask("Cookie: a=b", expect=HIT),
        ttl=60,
    ),
    story(
        104,
        "unless the route says that it is everybody's",
        reply(headers=("Cookie: a=b", "Authorization: x")),
        ask("Cookie: c=d", expect=HIT),
        ttl=60,
        shared=True,
    ),
    story(
        104,
        "or the view does",
        Step(origin=Origin(says={"ttl": 60, "shared": True}), headers=("Cookie: a=b",)),
        ask("Cookie: c=d", expect=HIT),
    ),
    story(104, "but not against the response", reply("Cache-Control: private"), ask(expect=MISS), shared=True),
    story(
        104,
        "Vary: Cookie",
        reply(FRESH, "Vary: Cookie", headers=("Cookie: a",)),
        ask("Cookie: b", expect=MISS),
        ask("Cookie: a", expect=HIT),
    ),
)

STORIES = (*BODIES, *KEYS, *POISON)
