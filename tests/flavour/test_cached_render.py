"""The decorator for render methods of Resources and for routes of Klein: every kind of result, and of failure."""

from collections.abc import Callable
from contextlib import nullcontext
from contextvars import copy_context
from typing import Any

import pytest
from klein import Klein, Response, SessionProcurer
from klein.storage.memory import MemorySessionStore
from twisted.internet.defer import Deferred, fail, inlineCallbacks, succeed
from twisted.logger import capturedLogs
from twisted.web.resource import Resource
from twisted.web.template import Element, TagLoader, XMLString, renderer, tags
from web_kit import FRESH, App, Link, StillCache, failures, writing

from unicache.http import Options, response_options, set_response_options
from unicache_twisted.web import CacheResource, cached_render

FOR_A_MINUTE = Options(ttl="1m")


def at_once(request: Any) -> bytes:
    return b"body"


def not_done_yet(request: Any) -> int:
    return writing(b"bo", b"dy", fields=())(request)


def deferred(request: Any) -> "Deferred[bytes]":
    return succeed(b"body")


async def coroutine(request: Any) -> bytes:
    return await succeed(b"body")


@inlineCallbacks
def generator(request: Any) -> Any:
    body = yield succeed(b"body")
    return body


async def not_done_yet_later(request: Any) -> int:
    await succeed(None)
    return not_done_yet(request)


def text(request: Any) -> str:
    return "body"


def resource(request: Any) -> Resource:
    return App(at_once)


KINDS = [at_once, not_done_yet, deferred, coroutine, generator, not_done_yet_later, text, resource]


def page_of(cache: StillCache, render: Callable[[Any], Any], options: Options = FOR_A_MINUTE) -> Any:
    """A Resource whose ``render_GET`` is this function; it counts its runs."""

    class Page(Resource):
        isLeaf = True
        runs = 0

        @cached_render(cache, options)
        def render_GET(self, request: Any) -> Any:
            self.runs += 1
            return render(request)

        @cached_render(cache)
        def render_POST(self, request: Any) -> bytes:
            return b"changed"

    return Page()


@pytest.mark.parametrize("render", KINDS, ids=lambda kind: kind.__name__)
def test_a_result_of_every_kind_is_sent_and_stored(render: Callable[[Any], Any]) -> None:
    page = page_of(StillCache(), render)
    link = Link(page)
    first, second = link.ask("/a"), link.ask("/a")
    assert (first.body, second.body, page.runs) == (b"body", b"body", 1)
    assert "stored" in first.cache_status
    assert "hit" in second.cache_status
    head = link.ask("/a", method="HEAD")
    assert (head.fields["content-length"], head.body, page.runs) == ("4", b"", 1)


def test_bytes_that_come_at_once_have_their_length() -> None:
    assert Link(page_of(StillCache(), coroutine)).ask().fields["content-length"] == "4"


def test_a_head_that_is_asked_first_is_answered_by_the_method() -> None:
    page = page_of(StillCache(), coroutine)
    head = Link(page).ask(method="HEAD")
    assert (head.fields["content-length"], head.body, page.runs) == ("4", b"", 1)


def test_a_crowd_waits_for_one_result() -> None:
    results: list[Deferred[bytes]] = []

    def slow(request: Any) -> "Deferred[bytes]":
        results.append(Deferred())
        return results[-1]

    page = page_of(StillCache(), slow)
    links = [Link(page) for _ in range(3)]
    for link in links:
        link.send()
    (result,) = results
    result.callback(b"body")
    assert [link.read().body for link in links] == [b"body"] * 3


def raising(request: Any) -> bytes:
    raise ConnectionError


async def raising_coroutine(request: Any) -> bytes:
    raise ConnectionError


def failing(request: Any) -> "Deferred[bytes]":
    return fail(ConnectionError())


FAILING = [raising, raising_coroutine, failing]


@pytest.mark.parametrize("render", FAILING, ids=lambda kind: kind.__name__)
def test_a_failure_is_the_servers_page_and_is_not_stored(render: Callable[[Any], Any]) -> None:
    page = page_of(StillCache(), render)
    link = Link(page)
    with capturedLogs() as logged:
        assert [link.ask().status for _ in range(2)] == [500, 500]
    assert page.runs == 2
    assert failures(logged) == [ConnectionError] * 2


@pytest.mark.parametrize("render", FAILING, ids=lambda kind: kind.__name__)
def test_line_64_a_failure_gives_the_stale_response(render: Callable[[Any], Any]) -> None:
    def once(request: Any) -> Any:
        return answers.pop(0)(request)

    cache, answers = StillCache(), [at_once, render]
    link = Link(page_of(cache, once, Options(ttl=1, stale_if_error="1h")))
    link.ask()
    cache.reactor.advance(5)
    assert "stale-if-error" in link.ask().cache_status


def test_what_fails_after_its_head_is_not_stored() -> None:
    async def failing(request: Any) -> int:
        request.write(b"half")
        raise ConnectionError

    page = page_of(StillCache(), failing)
    for _ in range(2):
        with capturedLogs() as logged:
            assert Link(page).ask().body.startswith(b"half")
        assert failures(logged) == [ConnectionError]
    assert page.runs == 2


@pytest.mark.parametrize("on", [True, False])
def test_a_client_that_goes_cancels_the_work(on: bool) -> None:
    cancelled: list[Any] = []
    cache = StillCache()
    page = page_of(cache, lambda _: Deferred(cancelled.append))
    with capturedLogs() as logged, nullcontext() if on else cache.disabled():
        for _ in range(2):
            link = Link(page)
            link.send()
            link.transport.lose()
    assert (page.runs, len(cancelled), failures(logged)) == (2, 2, [])


def test_line_53_a_decorated_post_removes_what_is_stored() -> None:
    page = page_of(StillCache(), at_once)
    link = Link(page)
    link.ask("/a")
    assert link.ask("/a", method="POST").body == b"changed"
    link.ask("/a")
    assert page.runs == 2


def test_line_60_purges_by_the_method_of_the_class() -> None:
    page = page_of(StillCache(), at_once)
    link = Link(page)
    for purge in (type(page).render_GET.purge, type(page).render_GET.purge_prefix):
        link.ask("/a")
        runs = page.runs
        purge("http://example.com/a")
        link.ask("/a")
        assert page.runs == runs + 1


def test_the_method_keeps_its_name() -> None:
    page = page_of(StillCache(), at_once)
    assert (page.render_GET.__name__, type(page).render_GET.__name__) == ("render_GET", "render_GET")


def test_with_a_request_of_a_test_it_is_the_method_itself() -> None:
    page = page_of(StillCache(), lambda request: request)
    assert page.render_GET("a stand-in") == "a stand-in"


@pytest.mark.parametrize("render", [at_once, coroutine, not_done_yet], ids=lambda kind: kind.__name__)
def test_behind_a_cache_resource_or_without_a_cache_it_is_the_plain_method(render: Callable[[Any], Any]) -> None:
    cache = StillCache()
    page = page_of(cache, render)
    behind = Link(CacheResource(page, cache)).ask()
    assert (behind.body, behind.cache_status.count("unicache")) == (b"body", 1)
    with cache.disabled():
        assert Link(page).ask().body == b"body"
    assert page.runs == 2


def test_a_coroutine_says_of_its_response_what_it_knows_only_then() -> None:
    async def render(request: Any) -> bytes:
        await slow
        set_response_options(ttl=60)
        return b"body"

    slow: Deferred[None] = Deferred()
    page = page_of(StillCache(), render, Options())
    link = Link(page)
    link.send()
    slow.callback(None)
    assert "stored" in link.read().cache_status
    assert "hit" in link.ask().cache_status


def test_a_callback_does_so_in_the_context_of_the_method() -> None:
    def render(request: Any) -> Deferred[bytes]:
        within = copy_context()
        return slow.addCallback(lambda _: within.run(answer))

    def answer() -> bytes:
        set_response_options(ttl=60)
        return b"body"

    slow: Deferred[Any] = Deferred()
    link = Link(page_of(StillCache(), render, Options()))
    link.send()
    slow.callback(None)
    assert "stored" in link.read().cache_status
    assert "hit" in link.ask().cache_status


# -- Klein


class Shop:
    """An application of Klein, as an object."""

    app: Any = Klein()
    cache = StillCache()

    def __init__(self) -> None:
        self.runs: list[str] = []

    @app.route("/price/<article>")
    @cached_render(cache, FOR_A_MINUTE)
    async def price(self, request: Any, article: str) -> str:
        self.runs.append(article)
        request.setHeader("x-article", article)
        return f"the price of {article}"

    @app.route("/element")
    @cached_render(cache, FOR_A_MINUTE)
    def element(self, request: Any) -> Element:
        self.runs.append("element")
        return Element(XMLString("<p>element</p>"))

    @app.route("/tag")
    @cached_render(cache, FOR_A_MINUTE)
    def tag(self, request: Any) -> Any:
        self.runs.append("tag")
        return succeed(tags.p("tag"))

    @app.route("/nothing")
    @cached_render(cache, FOR_A_MINUTE)
    def nothing(self, request: Any) -> None:
        self.runs.append("nothing")

    @app.route("/response")
    @cached_render(cache, FOR_A_MINUTE)
    async def response(self, request: Any) -> Response:
        self.runs.append("response")
        return Response(404, {"x-article": "none"}, "not here")

    @app.route("/broken")
    @cached_render(cache, FOR_A_MINUTE)
    async def broken(self, request: Any) -> str:
        raise ConnectionError

    @app.handle_errors(ConnectionError)
    def handled(self, request: Any, failure: Any) -> str:
        request.setResponseCode(503)
        return "later"


@pytest.fixture
def shop() -> Shop:
    Shop.cache.clear()
    return Shop()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/price/tea", b"the price of tea"),
        ("/element", b"<!DOCTYPE html>\n<p>element</p>"),
        ("/tag", b"<!DOCTYPE html>\n<p>tag</p>"),
        ("/nothing", b""),
        ("/response", b"not here"),
    ],
)
def test_routes_of_klein_are_cached(shop: Shop, path: str, body: bytes) -> None:
    link = Link(shop.app.resource())
    first, second = link.ask(path), link.ask(path)
    assert (first.body, second.body, len(shop.runs)) == (body, body, 1)
    assert "hit" in second.cache_status
    assert first.fields.get("x-article") == second.fields.get("x-article")


def test_routes_of_klein_tell_their_arguments_apart(shop: Shop) -> None:
    link = Link(shop.app.resource())
    assert [link.ask(f"/price/{article}").fields["x-article"] for article in ("tea", "salt", "tea")] == [
        "tea",
        "salt",
        "tea",
    ]
    assert shop.runs == ["tea", "salt"]


def test_without_a_cache_klein_renders_what_a_route_gives() -> None:
    app: Any = Klein()
    cache = StillCache()
    slow: Deferred[str] = Deferred()

    @app.route("/")  # type: ignore[untyped-decorator]
    @cached_render(cache)
    def page(request: Any) -> Any:
        return _Slow(slow)

    link = Link(app.resource())
    with cache.disabled():
        link.send()
    slow.callback("late")
    assert link.read().body.endswith(b"<p>late</p>")


class _Slow(Element):
    """An element with a part that comes later."""

    loader = TagLoader(tags.p(render="part"))

    def __init__(self, part: "Deferred[str]") -> None:
        super().__init__()
        self._part = part

    @renderer
    def part(self, request: Any, tag: Any) -> Any:
        return tag(self._part)


def test_an_error_of_a_route_comes_to_kleins_handlers(shop: Shop) -> None:
    answer = Link(shop.app.resource()).ask("/broken")
    assert (answer.status, answer.body) == (503, b"later")


def test_a_client_of_klein_that_goes_is_no_error() -> None:
    app: Any = Klein()
    slow: Deferred[bytes] = Deferred()

    @app.route("/")  # type: ignore[untyped-decorator]
    @cached_render(StillCache(), FOR_A_MINUTE)
    def page(request: Any) -> "Deferred[bytes]":
        return slow

    link = Link(app.resource())
    with capturedLogs() as logged:
        link.send()
        link.transport.lose()
        slow.callback(b"late")
    assert failures(logged) == []


def test_a_route_of_klein_says_of_its_responses_what_the_resource_around_it_goes_by() -> None:
    app: Any = Klein()

    @app.route("/")  # type: ignore[untyped-decorator]
    @response_options(ttl="1m")
    async def page(request: Any) -> str:
        return await succeed("page")

    link = Link(CacheResource(app.resource(), StillCache()))
    assert [link.ask().cache_status.split()[1] for _ in range(2)] == ["fwd=uri-miss;", "hit;"]


def test_what_a_route_of_klein_makes_of_a_session_is_for_nobody_else() -> None:
    app: Any = Klein()
    procurer: Any = SessionProcurer(MemorySessionStore())

    @app.route("/")
    async def whose(request: Any) -> bytes:
        request.setHeader(*FRESH)
        session = await procurer.procureSession(request)
        return bytes(session.identifier, "ascii")

    link = Link(CacheResource(app.resource(), StillCache()))
    (cookie,) = link.ask().fields["set-cookie"].split(";")[:1]
    own = link.ask("/", f"Cookie: {cookie}")
    assert ("set-cookie" in own.fields, "detail=session" in own.cache_status) == (False, True)
    assert link.ask().body != own.body


def test_all_of_klein_behind_a_cache_resource(shop: Shop) -> None:
    link = Link(CacheResource(shop.app.resource(), StillCache(), FOR_A_MINUTE))
    assert [link.ask("/price/tea").cache_status.split()[1] for _ in range(2)] == ["fwd=uri-miss;", "hit;"]
    assert shop.runs == ["tea"]
    assert link.ask("/broken").status == 503
