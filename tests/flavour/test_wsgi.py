"""The WSGI middleware where one client and whole bodies do not show it: pieces, crowds, and what PEP 3333 asks for."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import gevent
import pytest

import unicache
import unicache_gevent
from http_table.wsgi import environ_of, get, timed
from unicache._core.http.fields import first, normal
from unicache._core.http.messages import Request
from unicache._core.run import run as finish
from unicache.http import Options
from unicache.wsgi import CacheMiddleware

FRESH = ("Cache-Control", "max-age=3600")

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def environ(*headers: tuple[str, str], method: str = "GET", path: str = "/") -> dict[str, Any]:
    return environ_of(Request(method, "http", "", path, None, normal([("Host", "example.com"), *headers])))


class Counting:
    """An application around a function, that counts its runs and the closings of its bodies."""

    def __init__(self, body: Callable[[Any], Iterable[bytes]]) -> None:
        self._body = body
        self.runs = 0
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.runs += 1
        return _Closing(iter(self._body(start_response)), self)


class _Closing:
    def __init__(self, body: Iterator[bytes], app: Counting) -> None:
        self._body = body
        self._app = app

    def __iter__(self) -> Iterator[bytes]:
        return self._body

    def close(self) -> None:
        self._app.closed += 1


def plain(start_response: Any) -> list[bytes]:
    start_response("200 OK", [FRESH])
    return [b"one", b"two"]


def late(start_response: Any) -> Iterator[bytes]:
    """A generator, which begins its response when its first piece is taken."""
    start_response("200 OK", [FRESH])
    yield b""
    yield b"one"
    yield b"two"


def writing(start_response: Any) -> list[bytes]:
    write = start_response("200 OK", [FRESH])
    write(b"one")
    write(b"two")
    return []


@pytest.fixture(params=[unicache.Cache, unicache_gevent.Cache], ids=["threads", "gevent"])
def cache(request: pytest.FixtureRequest) -> Iterator[unicache.Cache]:
    with request.param() as opened:
        yield opened


def from_file(start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [FRESH])
    return FileWrapper(BytesIO(b"onetwo"), 4)


@pytest.mark.parametrize("body", [plain, late, writing, from_file])
def test_line_83_every_kind_of_body_is_stored_whole_and_closed_once(cache: unicache.Cache, body: Any) -> None:
    app = Counting(body)
    cached = CacheMiddleware(app, cache)
    assert [get(cached, environ())[2] for _ in range(3)] == [b"onetwo"] * 3
    assert (app.runs, app.closed) == (1, 1)


def test_line_84_a_server_can_tell_the_length_of_a_list(cache: unicache.Cache) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [FRESH])
        return [b"bo", b"dy"]

    body: Any = CacheMiddleware(app, cache)(environ(), lambda *head: None)
    assert (len(body), sum(map(len, body)), b"".join(body)) == (2, 4, b"body")
    body.close()
    assert "hit" in (first(get(CacheMiddleware(app, cache), environ())[1], "cache-status") or "")


def test_line_79_a_piece_is_there_before_the_next_is_made(cache: unicache.Cache) -> None:
    made: list[int] = []

    def body(start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [FRESH])
        for number in range(3):
            made.append(number)
            yield b"x"

    pieces = iter(CacheMiddleware(Counting(body), cache)(environ(), lambda *_: None))
    next(pieces)
    assert made == [0]


def test_line_12_what_its_client_did_not_wait_for_is_not_stored(cache: unicache.Cache) -> None:
    app = Counting(late)
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        body: Any = cached(environ(), lambda *_: None)
        next(body)
        body.close()
        body.close()
    assert (app.runs, app.closed, cache.stats()["waits"]) == (2, 2, 0)


def test_line_12_nor_is_what_fails_in_the_middle(cache: unicache.Cache) -> None:
    def failing(start_response: Any) -> Iterator[bytes]:
        yield from late(start_response)
        raise ConnectionError

    app = Counting(failing)
    cached = CacheMiddleware(app, cache)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            get(cached, environ())
    assert (app.runs, app.closed) == (2, 2)


def test_an_error_after_the_head_is_the_servers_business(cache: unicache.Cache) -> None:
    def restarting(start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [FRESH])
        yield b"half"
        start_response("500 Oh", [], (ConnectionError, ConnectionError(), None))

    def server(status: str, headers: Any, exc_info: Any = None) -> None:
        if exc_info:
            raise exc_info[1]

    body = CacheMiddleware(Counting(restarting), cache)(environ(), server)
    with pytest.raises(ConnectionError):
        list(body)


@pytest.mark.filterwarnings("ignore:.*validat.*")
def test_it_keeps_to_pep_3333(cache: unicache.Cache) -> None:
    @validator
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [FRESH, ("Content-Type", "text/plain")])
        return [b"body"]

    complete = environ() | {
        "SERVER_NAME": "example.com",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.errors": _Log(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    del complete["CONTENT_LENGTH"]
    cached = validator(CacheMiddleware(app, cache))
    for word in ("stored", "hit"):
        status, headers, body = get(cached, dict(complete))
        assert (status, body) == (200, b"body")
        assert word in (first(headers, "cache-status") or "")


class _Log:
    def write(self, _: str) -> None: ...
    def writelines(self, _: list[str]) -> None: ...
    def flush(self) -> None: ...


@pytest.mark.parametrize(
    ("raw", "info", "query"),
    [("/a%2Fb", "/a/b", "/a/b"), ("/a;x", "/a;x", "/a%3Bx"), ("/%C3%A9", "/\u00c3\u00a9", "/\u00c3\u00a9")],
)
def test_line_88_the_target_is_that_of_the_wire_if_the_server_tells(
    cache: unicache.Cache, raw: str, info: str, query: str
) -> None:
    app = Counting(plain)
    cached = CacheMiddleware(app, cache)
    get(cached, environ(path="/") | {"REQUEST_URI": raw, "PATH_INFO": info})
    get(cached, environ(path="/") | {"REQUEST_URI": raw, "PATH_INFO": info})
    assert app.runs == 1
    get(cached, environ(path="/") | {"REQUEST_URI": "/elsewhere", "PATH_INFO": "/lies"})
    assert app.runs == 2


@pytest.mark.parametrize("control", ["private", "max-age=60"])
def test_line_63_a_refresh_ends_when_nothing_of_it_is_kept(control: str) -> None:
    said, behind, made = ["max-age=60, stale-while-revalidate=60"], [], []

    def body(start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Cache-Control", said[0])])
        for _ in range(1 if said[0] != control else 1000):
            made.append(b"0123456789")
            yield made[-1]

    app, now = Counting(body), [0.0]
    with timed(unicache.Cache, lambda: now[0], behind) as cache:
        cached = CacheMiddleware(app, cache, Options(max_body=100))
        get(cached, environ())
        now[0], said[0] = 90.0, control
        get(cached, environ())
        finish(behind.pop()())
    assert (app.runs, app.closed) == (2, 2)
    assert len(made) < 20


def test_line_73_a_crowd_of_threads_is_answered_by_one_run() -> None:
    gate = threading.Event()

    def slow(start_response: Any) -> list[bytes]:
        assert gate.wait(20)
        return plain(start_response)

    app, crowd = Counting(slow), 8
    with unicache.Cache() as cache, ThreadPoolExecutor(crowd) as pool:
        cached = CacheMiddleware(app, cache)
        asked = [pool.submit(get, cached, environ()) for _ in range(crowd)]
        while cache.stats()["waits"] < crowd - 1:
            threading.Event().wait(0.001)
        gate.set()
        assert {future.result()[2] for future in asked} == {b"onetwo"}
    assert app.runs == 1


def test_line_73_and_one_of_greenlets() -> None:
    gate = gevent.event.Event()

    def slow(start_response: Any) -> list[bytes]:
        assert gate.wait(20)
        return plain(start_response)

    app = Counting(slow)
    with unicache_gevent.Cache() as cache:
        cached = CacheMiddleware(app, cache)
        crowd = [gevent.spawn(get, cached, environ()) for _ in range(8)]
        while cache.stats()["waits"] < 7:
            gevent.sleep(0.001)
        gate.set()
        assert {greenlet.get()[2] for greenlet in crowd} == {b"onetwo"}
    assert app.runs == 1


def test_line_75_a_greenlet_that_is_killed_lets_another_take_over() -> None:
    gate, entered = gevent.event.Event(), gevent.event.Event()

    def slow(start_response: Any) -> list[bytes]:
        entered.set()
        assert gate.wait(20)
        return plain(start_response)

    app = Counting(slow)
    with unicache_gevent.Cache() as cache:
        cached = CacheMiddleware(app, cache)
        leader = gevent.spawn(get, cached, environ())
        entered.wait(20)
        other = gevent.spawn(get, cached, environ())
        while not cache.stats()["waits"]:
            gevent.sleep(0.001)
        leader.kill()
        gate.set()
        assert other.get()[2] == b"onetwo"
    assert app.runs == 2


def test_line_60_purges(cache: unicache.Cache) -> None:
    app = Counting(plain)
    cached = CacheMiddleware(app, cache, Options(tags=["tag"]))
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
        get(cached, environ(path="/a"))
        runs = app.runs
        purge()
        get(cached, environ(path="/a"))
        assert app.runs == runs + 1
