"""CacheResource where one client and whole bodies do not show it: producers, crowds, clients that go, Twisted's ways.

Connections are twisted.web's, but for the sockets; what the stories say is tried through those too (``wire``).
"""

import gzip
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs
from twisted.web.resource import EncodingResourceWrapper, Resource
from twisted.web.server import NOT_DONE_YET, GzipEncoderFactory, Site
from twisted.web.util import DeferredResource
from web_kit import FRESH, Answer, App, Link, StillCache, Wire, failure_of, failures, writing

from unicache.http import Options
from unicache.server import Server
from unicache_twisted import Cache
from unicache_twisted.web import CacheResource


def stored_by(answer: Callable[[Any], Any], *fields: str) -> tuple[Answer, Answer, App]:
    """What a client gets twice."""
    app = App(answer)
    link = Link(CacheResource(app, StillCache()))
    return link.ask("/", *fields), link.ask("/", *fields), app


# -- every kind of response


def at_once(request: Any) -> bytes:
    request.setHeader(*FRESH)
    return b"onetwo"


def in_pieces(request: Any) -> int:
    return writing(b"one", b"two")(request)


def in_a_buffer(request: Any) -> int:
    """One that is used again."""
    buffer = bytearray(b"one")
    request.setHeader(*FRESH)
    request.write(buffer)
    buffer[:] = b"two"
    request.write(memoryview(buffer))
    request.finish()
    return NOT_DONE_YET


def later(request: Any) -> Any:
    """A Resource that comes by a Deferred."""
    came: Any = Deferred()
    found = DeferredResource(came).render(request)
    came.callback(App(at_once))
    return found


@pytest.mark.parametrize("answer", [at_once, in_pieces, in_a_buffer, later])
def test_line_83_every_kind_of_body_is_stored_whole(answer: Callable[[Any], Any]) -> None:
    first, second, app = stored_by(answer)
    assert (first.body, second.body, app.runs) == (b"onetwo", b"onetwo", 1)
    assert "stored" in first.cache_status
    assert "hit" in second.cache_status
    assert second.fields["content-length"] == "6"


def test_line_50_head_is_answered_from_a_stored_get_and_asked_for_as_head() -> None:
    app = App(at_once)
    link = Link(CacheResource(app, StillCache()))
    assert link.ask(method="HEAD").fields["content-length"] == "6"
    assert app.requests[0].method == b"HEAD"
    link.ask()
    assert link.ask(method="HEAD").fields["content-length"] == "6"
    assert app.runs == 2


def test_etag_and_last_modified_by_twisteds_calls_are_the_responses() -> None:
    def tagged(request: Any) -> bytes:
        request.setLastModified(1_700_000_000)
        if request.setETag(b'"v1"'):
            return b""
        request.setHeader(b"cache-control", b"max-age=0")
        return b"body"

    app = App(tagged)
    link = Link(CacheResource(app, StillCache()))
    first, second = link.ask(), link.ask()
    assert (first.fields["etag"], first.fields["last-modified"]) == ('"v1"', "Tue, 14 Nov 2023 22:13:20 GMT")
    assert (second.status, second.body, app.runs) == (200, b"body", 2)
    assert app.requests[1].code == 304  # the cache asked whether it has changed
    assert link.ask("/", 'If-None-Match: "v1"').status == 304


def test_twisteds_defaults_are_in_what_is_stored() -> None:
    first, second, _ = stored_by(at_once)
    assert {first.fields["content-type"], second.fields["content-type"]} == {"text/html"}
    assert first.fields["server"] == second.fields["server"] != ""
    assert first.fields["date"] == second.fields["date"]


def test_a_date_that_the_application_passes_on_takes_the_place_of_twisteds() -> None:
    def forwarding(request: Any) -> bytes:
        request.responseHeaders.addRawHeader(b"date", b"Mon, 01 Jan 2024 00:00:00 GMT")
        request.responseHeaders.addRawHeader(b"server", b"another")
        return b""

    link = Link(CacheResource(App(forwarding), StillCache(), Options(ttl=60)))
    link.send()
    assert link.arrived().lower().count(b"\r\ndate:") == link.arrived().lower().count(b"\r\nserver:") == 1
    assert (link.read().fields["date"][-17:], link.ask().fields["server"]) == ("2024 00:00:00 GMT", "another")


def test_a_response_without_a_content_type_gets_none_from_the_cache() -> None:
    def untyped(request: Any) -> bytes:
        request.defaultContentType = None
        return at_once(request)

    assert all("content-type" not in answer.fields for answer in stored_by(untyped)[:2])


def test_an_own_reason_phrase_passes() -> None:
    def odd(request: Any) -> bytes:
        request.setResponseCode(200, b"Well")
        return b""

    link = Link(CacheResource(App(odd), StillCache()))
    link.send()
    assert link.arrived().startswith(b"HTTP/1.1 200 Well\r\n")


def test_line_104_a_session_makes_the_response_private() -> None:
    def personal(request: Any) -> bytes:
        request.getSession().touch()
        request.cookies.clear()
        return at_once(request)

    first, _, app = stored_by(personal)
    assert "session" in first.cache_status
    assert app.runs == 2
    for request in app.requests:
        request.getSession().expire()


@pytest.mark.filterwarnings("ignore:.*twisted.web.resource._Unsafe")  # twisted.web's File uses it itself
def test_a_file_is_stored_and_parts_of_it_are_cut_from_what_is_stored(tmp_path: Path) -> None:
    from twisted.web.static import File

    (tmp_path / "page.txt").write_bytes(b"0123456789" * 20_000)
    wire = Wire(CacheResource(File(str(tmp_path)), Cache(), Options(ttl=60)))
    assert "stored" in wire.ask("/page.txt").fields["cache-status"]
    (tmp_path / "page.txt").unlink()
    assert wire.ask("/page.txt").body == b"0123456789" * 20_000
    assert wire.ask("/page.txt", "Range: bytes=10-12").body == b"012"
    assert wire.ask("/other.txt").status == 404


# -- where it stands


def tree() -> Resource:
    root, leaf = Resource(), App(lambda request: b"/".join(request.postpath))
    root.putChild(b"a", leaf)
    return root


def test_children_are_looked_for_when_the_application_is_asked() -> None:
    looked: list[bytes] = []

    class Looking(Resource):
        def getChild(self, path: bytes, request: Any) -> Resource:
            looked.append(path)
            return App(at_once)

    link = Link(CacheResource(Looking(), StillCache()))
    assert [link.ask("/x").body, link.ask("/x").body, link.ask("/y").body] == [b"onetwo"] * 3
    assert looked == [b"x", b"y"]


def test_a_resource_in_the_middle_of_a_site_is_wrapped_alone() -> None:
    root, inner = Resource(), Resource()
    outside, inside = App(at_once), App(at_once)
    cached = CacheResource(inner, StillCache())
    cached.putChild(b"page", inside)
    root.putChild(b"outside", outside)
    root.putChild(b"inside", cached)
    link = Link(root)
    for _ in range(2):
        assert "cache-status" not in link.ask("/outside").fields
        assert "cache-status" in link.ask("/inside/page?x=").fields
    assert (outside.runs, inside.runs) == (2, 1)
    (request,) = inside.requests
    assert (request.prepath, request.postpath, request.args) == ([b"inside", b"page"], [], {b"x": [b""]})
    assert request.prePathURL().endswith(b"/inside/page")


def test_the_whole_of_an_existing_site_is_wrapped() -> None:
    app = App(at_once)
    root = Resource()
    root.putChild(b"a", app)
    site: Any = Site(root)
    site.resource = CacheResource(site.resource, StillCache())
    link = Link(site)
    assert [link.ask("/a").status, link.ask("/a").status] == [200, 200]
    assert app.runs == 1
    assert app.requests[0].site is site


def test_one_behind_another_does_nothing_more() -> None:
    app = App(at_once)
    cache = StillCache()
    link = Link(CacheResource(CacheResource(app, cache), cache))
    assert [link.ask().cache_status.count("unicache") for _ in range(2)] == [1, 1]
    assert app.runs == 1


def test_what_is_said_outside_stays_outside() -> None:
    class Outer(Resource):
        isLeaf = True
        count = 0

        def render(self, request: Any) -> Any:
            self.count += 1
            request.setHeader(b"x-count", b"%d" % self.count)
            request.addCookie(b"visit", b"%d" % self.count)
            return cached.render(request)

    cached = CacheResource(App(at_once), StillCache())
    link = Link(Outer())
    for count in ("1", "2"):
        answer = link.ask()
        assert (answer.fields["x-count"], answer.fields["set-cookie"]) == (count, f"visit={count}")
    assert "hit" in answer.cache_status


def test_what_is_said_outside_and_inside_arrives_as_two_lines_but_for_what_is_handed_on() -> None:
    class Outer(Resource):
        isLeaf = True

        def render(self, request: Any) -> Any:
            request.addCookie(b"outer", b"1")
            request.setHeader(b"x-said", b"outside")
            return CacheResource(App(inside), StillCache()).render(request)

    def inside(request: Any) -> bytes:
        request.addCookie(b"inner", b"2")
        request.setHeader(b"x-said", b"inside")
        request.responseHeaders.removeHeader(b"server")
        return b""

    link = Link(Outer())
    link.send()
    lines = link.arrived().split(b"\r\n")
    assert {b"Set-Cookie: outer=1", b"Set-Cookie: inner=2", b"X-Said: inside"} < set(lines)
    assert not [line for line in lines if line.startswith(b"Server") or line == b"X-Said: outside"]


def compressing(resource: Any) -> Any:
    return EncodingResourceWrapper(resource, [GzipEncoderFactory()])


@pytest.mark.parametrize("inside", [True, False])
def test_compression_by_twisted_stands_inside_or_outside(inside: bool) -> None:
    def varying(request: Any) -> bytes:
        request.setHeader(b"vary", b"Accept-Encoding")
        return at_once(request)

    app = App(varying)
    cached = CacheResource(compressing(app) if inside else app, StillCache(), Options(vary=["accept-encoding"]))
    link = Link(cached if inside else compressing(cached))
    for _ in range(2):
        plain, zipped = link.ask(), link.ask("/", "Accept-Encoding: gzip")
        assert plain.body == b"onetwo"
        assert "content-encoding" not in plain.fields
        assert zipped.fields["content-encoding"] == "gzip"
        assert gzip.decompress(zipped.body) == b"onetwo"
    assert app.runs == 2


def test_routes_have_options_of_their_own() -> None:
    app = App(lambda _: b"body")
    link = Link(CacheResource(app, StillCache(), routes={"/a/": Options(ttl=60), "/a/no": None}))
    assert ["hit" in link.ask("/a/").cache_status for _ in range(2)] == [False, True]
    assert "no-lifetime" in link.ask("/b").cache_status
    assert "cache-status" not in link.ask("/a/no").fields


def test_a_switched_off_cache_lets_everything_through() -> None:
    app, cache = App(at_once), StillCache()
    link = Link(CacheResource(app, cache))
    with cache.disabled():
        assert "cache-status" not in link.ask().fields
    assert "stored" in link.ask().cache_status


def test_a_connection_that_is_taken_over_is_left_alone() -> None:
    link = Link(CacheResource(App(at_once), StillCache()))
    assert "cache-status" not in link.ask("/", "Upgrade: WebSocket", "Connection: Upgrade").fields


def test_another_upgrade_is_passed_on_whatever_it_is() -> None:
    link = Link(CacheResource(App(at_once), StillCache()))
    link.protocol.dataReceived(b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: \xff\r\n\r\n")
    answer = link.read()
    assert (answer.status, "detail=upgrade" in answer.cache_status) == (200, True)


def test_line_89_the_application_gets_the_query_that_is_in_the_key_and_the_form() -> None:
    app = App(at_once)
    link = Link(CacheResource(app, StillCache(), Options(ignore_query=["utm"])))
    link.ask("/?a=1&utm=2&a=3")
    assert (app.requests[0].args, app.requests[0].uri) == ({b"a": [b"1", b"3"]}, b"/?a=1&a=3")
    form = "Content-Type: application/x-www-form-urlencoded"
    link.ask("/?utm=2", form, method="POST", body="a=4")
    assert (app.requests[1].args, app.requests[1].uri) == ({b"a": [b"4"]}, b"/?")


# -- connections


def test_a_connection_is_kept_and_its_requests_stay_in_order() -> None:
    app = App(in_pieces)
    link = Link(CacheResource(app, StillCache()))
    link.send("/a")
    link.send("/a")
    link.send("/b")
    assert [link.read().cache_status.split()[1] for _ in range(3)] == ["fwd=uri-miss;", "hit;", "fwd=uri-miss;"]
    assert not link.transport.disconnecting


def test_http_1_0_gets_the_end_by_the_end_of_the_connection() -> None:
    app = App(in_pieces)
    cached = CacheResource(app, StillCache())
    for word in ("stored", "hit"):
        link = Link(cached)
        answer = link.ask(version="1.0")
        assert (answer.body, word in answer.cache_status) == (b"onetwo", True)
        assert "transfer-encoding" not in answer.fields
        assert link.transport.disconnecting


def test_line_79_a_piece_arrives_before_the_next_is_made() -> None:
    app = App(writing(b"one", done=False))
    link = Link(CacheResource(app, StillCache()))
    link.send()
    assert b"one" in link.arrived()
    app.requests[0].write(b"two")
    assert b"two" in link.arrived()
    app.requests[0].finish()
    assert link.read().body == b"onetwo"


def test_line_79_the_head_arrives_before_the_body_is_made() -> None:
    app = App(writing(b"", done=False))
    link = Link(CacheResource(app, StillCache()))
    link.send()
    assert b"Cache-Status" in link.arrived()


def test_line_80_who_asks_again_at_the_last_piece_gets_a_hit() -> None:
    app = App(writing(b"one", done=False, fields=(FRESH, (b"content-length", b"6"))))
    cached = CacheResource(app, StillCache())
    link, other = Link(cached), Link(cached)
    link.send()
    app.requests[0].write(b"two")
    assert link.arrived().endswith(b"onetwo")
    assert "hit" in other.ask().cache_status


# -- producers


class Pushing:
    """A producer that pushes, and remembers what it was told."""

    def __init__(self, request: Any) -> None:
        self.told: list[str] = []
        self.request = request
        request.setHeader(*FRESH)
        request.registerProducer(self, True)

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")

    def done(self) -> None:
        self.request.unregisterProducer()
        self.request.finish()


def pushed() -> tuple[App, Link, list[Pushing]]:
    producers: list[Pushing] = []

    def answer(request: Any) -> int:
        producers.append(Pushing(request))
        return NOT_DONE_YET

    app = App(answer)
    link = Link(CacheResource(app, StillCache()))
    link.send()
    return app, link, producers


def test_line_83_a_producer_is_held_up_by_a_slow_client_while_the_copy_is_made() -> None:
    app, link, (producer,) = pushed()
    app.requests[0].write(b"one")
    link.transport.producer.pauseProducing()  # as a transport does whose buffer is full
    app.requests[0].write(b"two")
    link.transport.producer.resumeProducing()
    assert producer.told == ["pause", "resume"]
    with capturedLogs() as logged:
        producer.done()
    assert link.read().body == b"onetwo"
    assert link.ask().body == b"onetwo"
    assert (app.runs, producer.told, failures(logged)) == (1, ["pause", "resume"], [])


def test_a_producer_that_comes_after_the_head_is_held_up_as_well() -> None:
    app = App(writing(b"one", done=False))
    link = Link(CacheResource(app, StillCache()))
    link.send()
    producer = Pushing(app.requests[0])
    link.transport.producer.pauseProducing()
    assert producer.told == ["pause"]
    producer.done()
    assert link.read().body == b"one"


def test_line_12_a_producer_whose_client_goes_is_stopped_and_nothing_is_stored() -> None:
    app, link, (producer,) = pushed()
    app.requests[0].write(b"one")
    ended: list[Any] = []
    app.requests[0].notifyFinish().addErrback(ended.append)
    link.transport.lose()
    assert (producer.told, len(ended)) == (["stop"], 1)
    app.requests[0].write(b"nobody is there")
    Link(link.resource).send()
    assert app.runs == 2


def test_line_12_so_is_one_that_has_written_nothing_yet() -> None:
    _, link, (producer,) = pushed()
    link.transport.lose()
    assert producer.told == ["stop"]


def test_a_producer_whose_response_is_not_wanted_is_not_held_up() -> None:
    app, cache = App(writing(b"old", fields=((b"cache-control", b"max-age=1, stale-if-error=60"),))), StillCache()
    link = Link(CacheResource(app, cache))
    link.ask()
    cache.reactor.advance(5)
    app._answer = lambda request: request.setResponseCode(503) or writing(b"sorry", done=False)(request)
    assert link.ask().body == b"old"
    producer = Pushing(app.requests[1])
    for _ in range(3):
        app.requests[1].write(b"more")
    producer.done()
    assert producer.told == []


def test_a_producer_that_is_pulled_is_pulled_until_it_has_no_more() -> None:
    class Pulled:
        def __init__(self, request: Any) -> None:
            self.request, self.left = request, 5
            request.setHeader(*FRESH)
            request.registerProducer(self, False)

        def resumeProducing(self) -> None:
            self.left -= 1
            self.request.write(b"piece ")
            if not self.left:
                self.request.unregisterProducer()
                self.request.finish()

    def answer(request: Any) -> int:
        Pulled(request)
        return NOT_DONE_YET

    app = App(answer)
    wire = Wire(CacheResource(app, Cache()))
    assert [wire.ask().body for _ in range(2)] == [b"piece " * 5] * 2
    assert app.runs == 1


def test_a_producer_that_fails_ends_the_response_and_nothing_is_stored() -> None:
    class Failing:
        def __init__(self, request: Any) -> None:
            request.setHeader(*FRESH)
            request.registerProducer(self, False)
            request.write(b"piece")

        def resumeProducing(self) -> None:
            raise ConnectionError

        def stopProducing(self) -> None:
            stopped.append(self)

    def answer(request: Any) -> int:
        Failing(request)
        return NOT_DONE_YET

    stopped: list[Any] = []
    app = App(answer)
    wire = Wire(CacheResource(app, Cache()))
    with capturedLogs() as logged:
        for _ in range(2):
            with pytest.raises((IncompleteRead, ConnectionError)):
                wire.ask()
    assert (app.runs, len(stopped)) == (2, 2)
    assert failures(logged) == [ConnectionError] * 2


# -- failures


def test_an_application_that_raises_gives_the_servers_page_which_is_not_stored() -> None:
    def failing(request: Any) -> bytes:
        request.setHeader(*FRESH)
        raise ConnectionError

    with capturedLogs() as logged:
        first, second, app = stored_by(failing)
    assert (first.status, second.status, app.runs) == (500, 500, 2)
    assert "cache-control" not in first.fields
    assert failures(logged) == [ConnectionError] * 2


def test_line_64_a_failure_that_is_told_by_processing_failed_gives_the_stale_response() -> None:
    failing: list[bool] = []

    def answer(request: Any) -> Any:
        if not failing:
            request.setHeader(b"cache-control", b"max-age=1, stale-if-error=60")
            return b"body"
        came: Any = Deferred()
        came.addErrback(request.processingFailed)
        came.errback(ConnectionError())
        return NOT_DONE_YET

    app, cache = App(answer), StillCache()
    link = Link(CacheResource(app, cache))
    link.ask()
    failing.append(True)
    cache.reactor.advance(5)
    answered = link.ask()
    assert (answered.status, answered.body, app.runs) == (200, b"body", 2)
    assert "stale-if-error" in answered.cache_status


@pytest.mark.parametrize("length", [None, 3 + len(b"<html><head><title>Processing Failed</title></head><body>")])
def test_line_12_what_fails_in_the_middle_is_not_stored(length: int | None) -> None:
    fields = (FRESH,) if length is None else (FRESH, (b"content-length", b"%d" % length))
    app = App(writing(b"one", done=False, fields=fields))
    cached = CacheResource(app, StillCache())
    for _ in range(2):
        link = Link(cached)
        link.send()
        with capturedLogs() as logged:
            app.requests[-1].processingFailed(failure_of(ConnectionError()))
        assert failures(logged) == [ConnectionError]
    assert app.runs == 2


def test_line_12_what_its_client_did_not_wait_for_is_not_stored() -> None:
    app = App(writing(b"one", done=False))
    cached = CacheResource(app, StillCache())
    for _ in range(2):
        link = Link(cached)
        link.send()
        link.transport.lose()
        with pytest.raises(RuntimeError, match="connection was lost"):
            app.requests[-1].finish()
    assert app.runs == 2


def test_line_12_nor_what_the_application_breaks_off() -> None:
    app = App(writing(b"one", done=False))
    cached = CacheResource(app, StillCache())
    for _ in range(2):
        link = Link(cached)
        link.send()
        app.requests[-1].transport.abortConnection()
        assert link.transport.disconnecting
    assert app.runs == 2


# -- crowds


def test_line_73_a_crowd_is_answered_by_one_run() -> None:
    app, cache = App(writing(done=False)), StillCache()
    cached = CacheResource(app, cache)
    crowd = [Link(cached) for _ in range(10)]
    for link in crowd:
        link.send()
    assert cache.stats()["waits"] == 9
    app.requests[0].write(b"body")
    app.requests[0].finish()
    assert {link.read().body for link in crowd} == {b"body"}
    assert app.runs == 1


def test_line_75_when_the_first_client_goes_another_takes_over() -> None:
    app = App(writing(done=False))
    cached = CacheResource(app, StillCache())
    links = [Link(cached) for _ in range(3)]
    for link in links:
        link.send()
    links[0].transport.lose()
    assert app.runs == 2
    links[2].transport.lose()  # who only waited
    app.requests[1].write(b"body")
    app.requests[1].finish()
    assert links[1].read().body == b"body"
    assert "hit" in links[1].ask().cache_status


def test_line_61_a_crowd_at_a_stale_response_refreshes_it_once_and_clients_may_go() -> None:
    fresh = (b"cache-control", b"max-age=1, stale-while-revalidate=60")
    app, cache = App(writing(b"old", fields=(fresh, (b"etag", b'"1"')))), StillCache()
    cached = CacheResource(app, cache)
    Link(cached).ask()
    cache.reactor.advance(5)
    app._answer = writing(b"new", done=False, fields=(fresh,))
    for _ in range(3):
        link = Link(cached)
        assert link.ask("/", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "Range: bytes=0-0").body == b"o"
        link.transport.lose()
    assert app.runs == 2
    refresh = app.requests[1]
    asked = {name.lower() for name, _ in refresh.requestHeaders.getAllRawHeaders()}
    assert asked == {b"host", b"if-none-match"}
    assert (refresh.method, refresh.content.read()) == (b"GET", b"")
    assert refresh.getClientAddress() == refresh.transport.getPeer()
    assert refresh.transport.getHost() == refresh.getHost()
    refresh.finish()
    assert Link(cached).ask().body == b"new"


@pytest.mark.parametrize("begun", [False, True])
def test_line_63_a_refresh_that_is_broken_off_keeps_what_is_stored(begun: bool) -> None:
    fresh = (b"cache-control", b"max-age=1, stale-while-revalidate=60")
    app, cache = App(writing(b"old", fields=(fresh,))), StillCache()
    link = Link(CacheResource(app, cache))
    link.ask()
    cache.reactor.advance(5)

    def broken_off(request: Any) -> int:
        request.setHeader(*fresh)
        if begun:
            request.write(b"new")
        request.transport.abortConnection()
        return NOT_DONE_YET

    app._answer = broken_off
    assert [link.ask().body for _ in range(2)] == [b"old"] * 2
    assert app.runs == 3  # the turn was given back


@pytest.mark.parametrize("control", [b"private", b"max-age=60"])
def test_line_63_a_refresh_ends_when_nothing_of_it_is_kept(control: bytes) -> None:
    fresh = (b"cache-control", b"max-age=1, stale-while-revalidate=60")
    app, cache = App(writing(b"old", fields=(fresh,))), StillCache()
    link = Link(CacheResource(app, cache, Options(max_body=100)))
    link.ask()
    cache.reactor.advance(5)
    ended: list[Any] = []

    def endless(request: Any) -> int:
        request.notifyFinish().addErrback(ended.append)
        request.setHeader(b"cache-control", control)
        request.write(b"0" * 101)
        return NOT_DONE_YET

    app._answer = endless
    assert link.ask().body == b"old"
    assert len(ended) == 1


# -- the request's content


def test_line_86_the_application_reads_the_content_whoever_has_read_it_before() -> None:
    read: list[bytes] = []

    def answer(request: Any) -> bytes:
        read.append(request.content.read())
        return b""

    class Reading(CacheResource):
        def render(self, request: Any) -> int:
            read.append(request.content.read())
            return super().render(request)

    Link(CacheResource(App(answer), StillCache())).ask(method="POST", body="content")
    Link(Reading(App(answer), StillCache())).ask(method="POST", body="more")
    assert read == [b"content", b"more", b"more"]


def test_line_41_a_second_run_begins_anew() -> None:
    """The application says 304 to a condition about something else, and is asked again without it."""
    app = App(writing(b"old", fields=((b"cache-control", b"max-age=1"), (b"etag", b'"1"'))))
    cache = StillCache()
    link = Link(CacheResource(app, cache))
    link.ask()
    cache.reactor.advance(5)

    def confused(request: Any) -> bytes:
        assert request.content.read() == b""
        request.prepath.append(b"changed")
        if request.requestHeaders.hasHeader("if-none-match"):
            request.setResponseCode(304)
            request.setHeader(b"etag", b'"2"')
            return b""
        return b"new"

    app._answer = confused
    assert link.ask().body == b"new"
    assert [request.prepath for request in app.requests[1:]] == [[b"changed"]] * 2


# -- removing


def test_line_60_purges() -> None:
    app = App(at_once)
    cache = StillCache()
    cached = CacheResource(app, cache, Options(tags=["tag"]))
    link = Link(cached)
    for purge in (
        lambda: cached.purge("http://example.com/a"),
        lambda: cached.purge("http://example.com/a", soft=True),
        lambda: cached.purge_prefix("http://example.com/"),
        lambda: cached.purge_prefix("http://example.com/", soft=True),
        lambda: cached.purge_tags("tag"),
        lambda: cached.purge_tags("tag", soft=True),
        cached.purge_all,
        lambda: cached.purge_all(soft=True),
    ):
        link.ask("/a")
        runs = app.runs
        cache.reactor.advance(1)
        done: list[Any] = []
        purge().addCallback(done.append)
        assert done == [None]
        link.ask("/a")
        assert app.runs == runs + 1


# -- a real reactor


def test_line_76_with_a_server_and_real_sockets(valkey_server: Server, namespace: str) -> None:
    app = App(at_once)
    wires = [Wire(CacheResource(app, Cache(valkey_server.url, namespace=namespace))) for _ in range(2)]
    assert "stored" in wires[0].ask().fields["cache-status"]
    assert "hit" in wires[1].ask().fields["cache-status"]
    assert app.runs == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_producer_is_held_up_while_the_store_is_asked(valkey_server: Server, namespace: str, late: bool) -> None:
    """That the response is not stored is written down for others, and that takes a while."""
    producers: list[Pushing] = []

    def answer(request: Any) -> int:
        producers.extend([] if late else [Pushing(request)])
        request.setHeader(b"cache-control", b"private")
        request.write(b"one")
        request.write(b"two")
        producers.extend([Pushing(request)] if late else [])
        producers[0].done()
        return NOT_DONE_YET

    wire = Wire(CacheResource(App(answer), Cache(valkey_server.url, namespace=namespace)))
    assert wire.ask().body == b"onetwo"
    assert producers[0].told == ["pause"]


def test_line_66_without_a_store_the_application_answers() -> None:
    app = App(at_once)
    wire = Wire(CacheResource(app, Cache("valkey://127.0.0.1:1")))
    assert [wire.ask().body for _ in range(2)] == [b"onetwo"] * 2
    assert app.runs == 2
