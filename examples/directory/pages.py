"""The directory as web pages: ``PORT=8000 UNICACHE_URL=valkey://localhost DIRECTORY=people.db python pages.py``"""

import os
from html import escape

from people import cache, email
from twisted.internet import endpoints, reactor
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from unicache.http import Options, set_response_options
from unicache_twisted.web import cached_render


class Person(Resource):
    """The page of one, which is made once for all who ask until the person is changed."""

    isLeaf = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    @cached_render(cache, Options(ttl="1h"))
    async def render_GET(self, request: Request) -> bytes:
        print("making the page of", self.name, flush=True)
        set_response_options(tags=[f"person:{self.name}"])
        address = await email(self.name)
        if address is None:
            request.setResponseCode(404)
        return f"<h1>{escape(self.name)}</h1><p>{escape(address or 'unknown')}</p>\n".encode()


class People(Resource):
    """All pages."""

    def getChild(self, name: bytes, request: Request) -> Person:
        return Person(name.decode())


if __name__ == "__main__":
    endpoints.serverFromString(reactor, f"tcp:{os.environ['PORT']}:interface=127.0.0.1").listen(Site(People()))
    reactor.run()
