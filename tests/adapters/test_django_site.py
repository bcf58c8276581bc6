"""A Django application under uvicorn, in which nothing but the settings says unicache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers import observer
from services import Service
from unicache.server import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("site") / "log"
    program = Path(__file__).with_name("django_site.py").with_suffix("")
    with Service(f"{program}:application", log, {"UNICACHE_URL": server.url}) as site:
        yield site
    assert "Traceback" not in site.said()


def test_views_on_threads_and_in_the_event_loop_count_together(site: Service) -> None:
    answers = [site.ask("GET", path).body for path in ("/plain", "/async", "/plain", "/async")]
    assert answers == [b"42", b"43", b"44", b"45"]


def test_a_page_is_made_once(site: Service) -> None:
    answers = [site.ask("GET", "/page") for _ in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"&lt;p&gt;1&lt;/p&gt;")] * 3


def test_a_session_is_a_document_of_the_namespace(site: Service, server: Server) -> None:
    assert site.ask("GET", "/session").body == b"1"
    with observer(server) as client:
        assert any(name.startswith(b"site::1:django.contrib.sessions.cache") for name in client.scan_iter())


def test_however_many_requests_there_were_few_connections_are_open(site: Service, server: Server) -> None:
    for path in ("/plain", "/async") * 20:
        assert site.ask("GET", path).status == 200
    with observer(server) as client:
        assert len(client.client_list()) <= 1 + 1 + 1  # of the threads, of the event loop, and this observer
