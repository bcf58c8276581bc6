"""Forwarding under WSGI, by gevent's server: ``python -m benchmarks.conformance.on_gevent PORT ORIGIN CACHE``."""

# ruff: noqa: E402  what is imported after the patch is to use gevent's sockets
from gevent import monkey

monkey.patch_all()

import sys

from gevent.pywsgi import WSGIServer

from benchmarks.conformance.forwarding import Forward
from unicache.wsgi import CacheMiddleware
from unicache_gevent import Cache

__all__ = ["main"]


def main(port: str, origin: str, address: str) -> None:
    """Serve until killed."""
    with Cache(address, namespace="conformance") as cache:
        app = CacheMiddleware(Forward(origin), cache)
        WSGIServer(("127.0.0.1", int(port)), app, log=None, error_log=None).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
