"""JSON documents over HTTP: Flask, threads. ``PORT=8000 UNICACHE_URL=valkey://localhost python on_flask.py``

    GET     200 the document    404 there is none
    POST    200 it is new       409 there is one already
    PUT     200 it is written, whether there was one or not
    DELETE  200 it is gone      404 there was none
    all     400 what came is no JSON, 503 the store is out of reach

What is written lives for an hour, and for another hour when it is written again.
"""

import os

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from unicache import Cache
from unicache.errors import CacheError, KeyExists, KeyNotFound, OperationTimeout, StoreUnavailable

STATUS = {KeyNotFound: 404, KeyExists: 409, StoreUnavailable: 503, OperationTimeout: 503}


def service(cache: Cache) -> Flask:
    """The application, on a cache of threads or of gevent."""
    app = Flask(__name__)

    @app.get("/documents/<key>")
    def read(key: str) -> Response:
        return jsonify(cache.entry(key).value)

    @app.post("/documents/<key>")
    def create(key: str) -> Response:
        cache.insert(key, request.get_json(force=True))
        return jsonify(key=key)

    @app.put("/documents/<key>")
    def write(key: str) -> Response:
        cache.set(key, request.get_json(force=True))
        return jsonify(key=key)

    @app.delete("/documents/<key>")
    def remove(key: str) -> Response:
        if not cache.delete(key):
            raise KeyNotFound(key=key)
        return jsonify(key=key)

    @app.errorhandler(BadRequest)
    def no_json(_: BadRequest) -> tuple[Response, int]:
        return jsonify(error="BadRequest"), 400

    def failed(error: CacheError) -> tuple[Response, int]:
        status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        return jsonify(error=type(error).__name__), status

    for kind in STATUS:
        app.register_error_handler(kind, failed)
    return app


if __name__ == "__main__":
    service(Cache.from_env(namespace="documents", ttl="1h")).run(port=int(os.environ["PORT"]))
