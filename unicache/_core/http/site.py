"""The HTTP cache of one application: its options by route, its exchanges, and what can be purged (engine)."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from unicache._core.engine import Engine
from unicache._core.http.exchange import Exchange, Parts
from unicache._core.http.filing import Filing
from unicache._core.http.invalidation import Outdated
from unicache._core.http.keys import base_of, key_of, normal_host, with_normal_query
from unicache._core.http.messages import Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.shelf import Shelf
from unicache._core.http.steps import Ask
from unicache._core.http.turns import Turns
from unicache.errors import InvalidArgument

__all__ = ["Site"]


class Site:
    """``routes`` is from beginnings of paths to the options there, None for no caching; the longest counts."""

    def __init__(self, engine: Engine, options: Options, routes: Mapping[str, Options | None]) -> None:
        self._engine = engine
        self._turns = Turns(engine.core, engine.names)
        self._usual = self._parts(options)
        found = {path: None if chosen is None else self._parts(chosen) for path, chosen in routes.items()}
        self._routes = sorted(found.items(), key=lambda route: -len(route[0]))

    def _parts(self, options: Options) -> Parts:
        core, names, rules = self._engine.core, self._engine.names, rules_of(options)
        shelf, filing = Shelf(core, names, rules), Filing(core, names, rules)

        async def invalidate(outdated: Outdated) -> None:
            await self._invalidate(outdated)

        return Parts(core, rules, shelf, filing, self._turns, invalidate)

    def exchange(self, request: Request, refresh: Callable[[Exchange, Ask], Awaitable[None]]) -> Exchange | None:
        """What a request goes through; None where nothing is cached."""
        parts = self._of(request.path)
        if parts is None or not self._engine.core.enabled:
            return None
        return Exchange(parts, with_normal_query(request, parts.rules), refresh)

    def _of(self, path: str) -> Parts | None:
        return next((parts for beginning, parts in self._routes if path.startswith(beginning)), self._usual)

    # -- purging

    async def purge(self, url: str, *, soft: bool = False) -> None:
        """Remove what is stored of a URL, in all variants; ``soft``: keep it, but as stale from now on."""
        await self._purge(_request_for(url), soft=soft)

    async def purge_prefix(self, url: str) -> None:
        """Remove what is stored of all URLs that begin so, whatever their query."""
        await self._engine.invalidation.prefix(base_of(_request_for(url)))

    async def _invalidate(self, outdated: Outdated) -> None:
        for target in outdated.targets:
            await self._purge(target, soft=False)
        if outdated.tags:
            await self._engine.invalidation.tags(outdated.tags)

    async def _purge(self, request: Request, *, soft: bool) -> None:
        parts = self._of(request.path) or self._usual
        plain = with_normal_query(request, parts.rules)
        if not soft:
            return await self._engine.invalidation.keys([key_of(plain, parts.rules)])
        found = await parts.shelf.find(plain)
        return await parts.filing.outdate(found.slot)


def _request_for(url: str) -> Request:
    """A GET of an absolute URL, as a client would send it."""
    try:
        found = urlsplit(url)
    except ValueError:
        found = urlsplit("")
    host = normal_host(found.scheme, found.netloc)
    if found.scheme not in ("http", "https") or host is None:
        raise InvalidArgument("url must be absolute, as in 'https://example.com/path'", argument="url")
    query = found.query if "?" in url else None
    return Request("GET", found.scheme, host, found.path or "/", query, ())
