"""The directory as web pages: ``PORT=8000 UNICACHE_URL=valkey://localhost DIRECTORY=people.db python pages.py``"""

import os
from html import escape

from people import email
from twisted.internet import endpoints, reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site


class Person(Resource):
    """The page of one."""

    isLeaf = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def render_GET(self, request: Request) -> int:
        page = Deferred.fromCoroutine(self.page(request))
        request.notifyFinish().addErrback(lambda _: page.cancel())  # the client has gone
        page.addErrback(lambda failure: failure.check(CancelledError) or request.processingFailed(failure))
        return NOT_DONE_YET

    async def page(self, request: Request) -> None:
        address = await email(self.name)
        if address is None:
            request.setResponseCode(404)
        request.write(f"<h1>{escape(self.name)}</h1><p>{escape(address or 'unknown')}</p>\n".encode())
        request.finish()


class People(Resource):
    """All pages."""

    def getChild(self, name: bytes, request: Request) -> Person:
        return Person(name.decode())


if __name__ == "__main__":
    endpoints.serverFromString(reactor, f"tcp:{os.environ['PORT']}:interface=127.0.0.1").listen(Site(People()))
    reactor.run()
