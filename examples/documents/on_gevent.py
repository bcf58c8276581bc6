"""The service of ``on_flask``, served by gevent, without monkey-patching: only the cache is another one."""

import os

from gevent.pywsgi import WSGIServer
from on_flask import service

from unicache_gevent import Cache

app = service(Cache.from_env(namespace="documents", ttl="1h"))
WSGIServer(("127.0.0.1", int(os.environ["PORT"])), app).serve_forever()
