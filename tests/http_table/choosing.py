"""What routes and views choose: options by path, and what is said of one response while it is made."""

from http_table.stories import HIT, MISS, Origin, Step, ask, reply, story
from unicache._core.http.messages import Request

__all__ = ["STORIES"]

FRESH = "Cache-Control: max-age=3600"


def says(**chosen: object) -> Origin:
    """A response that says nothing itself, of which the application says this."""
    return Origin(says=chosen)


def tenant(request: Request) -> list[str]:
    """A part of the key."""
    return [value for name, value in request.headers if name in ("x-tenant", "authorization")]


STORIES = (
    story(
        87,
        "a tenant in the key",
        reply(FRESH, headers=("X-Tenant: a",)),
        ask("X-Tenant: b", expect=MISS),
        ask("X-Tenant: a", expect=HIT),
        ask(expect=MISS),
        parts=tenant,
    ),
    story(
        (87, 104),
        "a page for each user",
        reply(FRESH, headers=("Authorization: ann",), body=b"ann"),
        reply(FRESH, headers=("Authorization: bob",), body=b"bob", expect=MISS),
        ask("Authorization: ann", expect=HIT, body=b"ann"),
        parts=tenant,
        shared=True,
    ),
    story(16, "a view's ttl", Step(origin=says(ttl="1h")), ask(expect=HIT)),
    story(16, "its response's own word first", Step(origin=Origin(200, (FRESH,), says={"ttl": 1})), ask(expect=HIT)),
    story(16, "the view's word before the cache's", Step(origin=says(ttl="1h")), ask(expect=HIT), ttl=1),
    story(
        3, "a view that is nobody else's", Step(origin=Origin(200, (FRESH,), says={"shared": False})), ask(expect=MISS)
    ),
    story(
        9,
        "a view's cookie",
        Step(origin=Origin(200, (FRESH, "Set-Cookie: a"), says={"set_cookie": "strip"})),
        ask(expect=HIT, lacks=("set-cookie",)),
    ),
    story(
        27,
        "a view's vary adds to the cache's",
        Step(origin=says(ttl="1h", vary=["B"]), headers=("A: 1", "B: 1")),
        ask("A: 1", "B: 2", expect=MISS),
        ask("A: 2", "B: 1", expect=MISS),
        ask("A: 1", "B: 1", expect=HIT),
        vary=("A",),
    ),
    story(44, "a view's tag", Step(origin=says(ttl="1h", etag=True)), ask(expect=HIT, has=("ETag: ",))),
    story(81, "a view's limit", Step(origin=says(ttl="1h", max_body=3)), ask(expect=MISS)),
    story(8, "a view's statuses", Step(origin=says(ttl="1h", statuses=[404])), ask(expect=MISS)),
    story(50, "methods", reply(FRESH), ask(method="HEAD", expect=MISS, cache_status="fwd=method"), methods=("GET",)),
)
