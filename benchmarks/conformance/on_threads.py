"""Forwarding under WSGI, by waitress: ``python -m benchmarks.conformance.on_threads PORT ORIGIN CACHE``."""

import logging
import sys

import waitress

from benchmarks.conformance.forwarding import Forward
from unicache import Cache
from unicache.wsgi import CacheMiddleware

__all__ = ["main"]


def main(port: str, origin: str, address: str) -> None:
    """Serve until killed."""
    logging.disable(logging.WARNING)  # waitress tells of every queue
    with Cache(address, namespace="conformance") as cache:
        app = CacheMiddleware(Forward(origin), cache)
        waitress.serve(app, host="127.0.0.1", port=int(port), threads=64, connection_limit=1000, ident=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
