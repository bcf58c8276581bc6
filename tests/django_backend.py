"""Django's backend behind one face: a body awaits every call, whether it is one for threads or for event loops.

What must not live here: what is asserted.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from django.core.cache import CacheHandler

from unicache._core.run import run as finish

__all__ = ["KINDS", "Backend"]

KINDS = {"threads": ("unicache", ""), "asyncio": ("unicache", "a"), "gevent": ("unicache_gevent", "")}

Body = Callable[["Backend"], Coroutine[Any, Any, None]]


class Backend:
    """A backend whose calls are awaited: the plain ones, or those for event loops."""

    def __init__(self, kind: str, url: str, namespace: str) -> None:
        self._package, self._prefix = KINDS[kind]
        self._url = url
        self._namespace = namespace
        self.bare = self.configured()

    def configured(self, **settings: Any) -> Any:
        """What Django makes of these settings."""
        options = {"namespace": self._namespace} | settings.pop("OPTIONS", {})
        backend = {"BACKEND": f"{self._package}.django.Cache", "LOCATION": self._url, "OPTIONS": options}
        return CacheHandler({"default": backend | settings})["default"]

    def having(self, **settings: Any) -> "Backend":
        other = Backend.__new__(Backend)
        vars(other).update(vars(self), bare=self.configured(**settings))
        return other

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self.bare, self._prefix + name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **kwargs) if self._prefix else method(*args, **kwargs)

        return call

    def run(self, body: Body) -> None:
        asyncio.run(body(self)) if self._prefix else finish(body(self))

    def left(self, key: str) -> float | None:
        """Seconds that the key has left."""
        return finish(self.bare._here._engine.documents.ttl(self.bare.make_key(key)))
