"""A page in a real browser, whose own cache is one more between reader and application."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from browser import Browser, Shown
from unicache.http import Options
from unicache_asyncio import Cache
from unicache_asyncio.asgi import CacheMiddleware


class Pages:
    """Pages that say which edition they are; a POST publishes the next. It answers conditions, as frameworks do."""

    def __init__(self) -> None:
        self.edition = 1
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["method"])
        self.edition += scope["method"] == "POST"
        tag = f'"{self.edition}"'.encode()
        unchanged = dict(scope["headers"]).get(b"if-none-match") == tag
        fields = [
            (b"content-type", b"text/html"),
            (b"cache-control", b"max-age=60, s-maxage=3600"),
            (b"etag", tag),
            (b"vary", b"accept-encoding"),
        ]
        await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": fields})
        body = b'<link rel="icon" href="data:,">edition %d' % self.edition  # or browsers ask for an icon
        await send({"type": "http.response.body", "body": b"" if unchanged else body})

    def runs(self) -> int:
        """How often it was asked since this was asked."""
        asked, self.asked = self.asked, []
        return len(asked)


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def site(pages: Pages) -> Iterator[str]:
    """The URL at which they are served, behind the cache; below ``/news/``, whatever readers wish of freshness."""
    cached = CacheMiddleware(pages, Cache("memory://"), routes={"/news/": Options(obey_requests=False)})
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(cached, log_level="critical", lifespan="off"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    serving.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    serving.join()


def of_the_cache(shown: Shown) -> str:
    return shown.headers["cache-status"]


def test_a_browser_and_the_cache_work_together(pages: Pages, site: str) -> None:
    with Browser() as browser:
        first = browser.visit(f"{site}/news/")
        assert (first.status, first.text, pages.runs()) == (200, "edition 1", 1)
        assert "fwd=uri-miss" in of_the_cache(first)

        browser.visit(f"{site}/elsewhere")
        assert pages.runs() == 1
        again = browser.visit(f"{site}/news/")
        assert (again.status, again.text, pages.runs()) == (0, "edition 1", 0)  # the browser's own copy

        reloaded = browser.reload()
        assert (reloaded.status, reloaded.text, pages.runs()) == (304, "edition 1", 0)  # the cache says that it holds
        assert "hit" in of_the_cache(reloaded)
        assert reloaded.headers.keys() >= {"age", "cache-control", "date", "etag", "vary"}
        assert not reloaded.headers.keys() & {"content-length", "content-type"}

        assert browser.run("fetch('', {method: 'POST'}).then(response => response.status)") == 200
        assert pages.runs() == 1
        changed = browser.reload()
        assert (changed.status, changed.text, pages.runs()) == (200, "edition 2", 1)
        assert "fwd=uri-miss" in of_the_cache(changed)

        browser.visit(f"{site}/")
        pages.runs()
        obeyed = browser.reload()  # which says max-age=0, so that the application is asked
        assert (obeyed.status, obeyed.text, pages.runs()) == (304, "edition 2", 1)
        assert "fwd=request" in of_the_cache(obeyed)
