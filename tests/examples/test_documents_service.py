"""The REST service over documents, through HTTP: one table of requests and answers for each server."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from servers import observer
from services import PATIENCE, Answer, Service
from unicache import Cache
from unicache.server import Server

PROGRAMS = ["on_flask.py", "on_gevent.py", "on_fastapi:app", "on_twisted.py"]

Exchange = tuple[str, str, Any, int, Any]

HOUR = 3600_000

TABLE: list[Exchange] = [
    ("GET", "a", None, 404, {"error": "KeyNotFound"}),
    ("DELETE", "a", None, 404, {"error": "KeyNotFound"}),
    ("POST", "a", {"name": "Ann", "age": 42}, 200, {"key": "a"}),
    ("GET", "a", None, 200, {"name": "Ann", "age": 42}),
    ("POST", "a", {"name": "Bob"}, 409, {"error": "KeyExists"}),
    ("GET", "a", None, 200, {"name": "Ann", "age": 42}),
    ("PUT", "a", {"name": "Eve"}, 200, {"key": "a"}),
    ("GET", "a", None, 200, {"name": "Eve"}),
    ("DELETE", "a", None, 200, {"key": "a"}),
    ("GET", "a", None, 404, {"error": "KeyNotFound"}),
    ("DELETE", "a", None, 404, {"error": "KeyNotFound"}),
    ("POST", "a", [1, 2.5, "three", None], 200, {"key": "a"}),
    ("GET", "a", None, 200, [1, 2.5, "three", None]),
    ("PUT", "new", 0, 200, {"key": "new"}),
    ("GET", "new", None, 200, 0),
    ("POST", "new", "", 409, {"error": "KeyExists"}),
    ("PUT", "new", [], 200, {"key": "new"}),
    ("GET", "new", None, 200, []),
    ("PUT", "%C3%A4%20b", "ä b", 200, {"key": "ä b"}),
    ("GET", "%C3%A4%20b", None, 200, "ä b"),
    ("GET", "%C3%A4", None, 404, {"error": "KeyNotFound"}),
]
"""Requests in their order: method, key, document; status and answer."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that the tests may kill."""
    with Server() as server:
        yield server


@pytest.fixture(params=PROGRAMS, scope="module")
def service(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    log = tmp_path_factory.mktemp("service") / "log"
    with Service(f"documents/{request.param}", log, {"UNICACHE_URL": server.url}) as service:
        yield service
    assert "Traceback" not in service.said()


@pytest.fixture(autouse=True)
def empty(server: Server) -> None:
    server.restart()


def answered(service: Service, method: str, key: str, document: Any = None) -> Answer:
    return service.ask(method, f"/documents/{key}", document)


def test_each_request_is_answered_as_documented(service: Service) -> None:
    for method, key, document, status, body in TABLE:
        answer = answered(service, method, key, document)
        assert (method, key, answer.status, answer.json) == (method, key, status, body)


def test_every_write_sets_the_expiry_anew(service: Service, server: Server) -> None:
    with observer(server) as client:
        for method in ("POST", "PUT"):
            assert answered(service, method, method, 1).status == 200
            assert HOUR - 60_000 < client.pttl(f"documents:{method}") <= HOUR
            client.pexpire(f"documents:{method}", 60_000)
            assert answered(service, "PUT", method, 2).status == 200
            assert HOUR - 60_000 < client.pttl(f"documents:{method}") <= HOUR


def test_without_the_store_the_service_is_unavailable_and_comes_back_with_it(service: Service, server: Server) -> None:
    assert answered(service, "PUT", "key", 1).status == 200
    server.kill()
    for method, document in (("GET", None), ("POST", 1), ("PUT", 1), ("DELETE", None)):
        answer = answered(service, method, "key", document)
        assert (answer.status, answer.json) == (503, {"error": "StoreUnavailable"})
    server.start()
    give_up = time.monotonic() + PATIENCE
    while answered(service, "PUT", "key", 1).status == 503:
        assert time.monotonic() < give_up
    assert answered(service, "GET", "key").json == 1


def test_a_store_that_does_not_answer_is_as_good_as_none(service: Service, server: Server) -> None:
    assert answered(service, "PUT", "key", 1).status == 200
    server.pause()
    answer = answered(service, "GET", "key")
    server.resume()
    assert (answer.status, answer.json) == (503, {"error": "OperationTimeout"})
    assert answered(service, "GET", "key").json == 1


@pytest.mark.parametrize("data", [b"", b"{", b"{'a': 1}", b"\xff", b"1 2"], ids=repr)
def test_what_is_no_json_is_the_client_s_fault(service: Service, data: bytes) -> None:
    for method in ("POST", "PUT"):
        answer = service.send(method, "/documents/key", data)
        assert (answer.status, answer.json) == (400, {"error": "BadRequest"})
    assert answered(service, "GET", "key").status == 404


def test_other_programs_find_the_documents_and_change_them(service: Service, server: Server) -> None:
    with Cache(server.url, namespace="documents") as cache:
        assert answered(service, "POST", "key", {"from": "HTTP"}).status == 200
        assert cache.get("key") == {"from": "HTTP"}
        cache.set("key", {"from": "Python"})
        assert answered(service, "GET", "key").json == {"from": "Python"}
