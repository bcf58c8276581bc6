"""The HTTP cache of one application: its options by route, its exchanges, and what can be purged (engine)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from unicache._core.engine import Engine
from unicache._core.http.aging import Aging
from unicache._core.http.exchange import Exchange, Refresh
from unicache._core.http.filing import Filing
from unicache._core.http.invalidation import Outdated
from unicache._core.http.keys import base_of, key_of, normal_host, with_normal_query
from unicache._core.http.messages import Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.parts import Parts
from unicache._core.http.shelf import Shelf
from unicache._core.http.turns import Turns
from unicache.errors import ConfigurationError, InvalidArgument

__all__ = ["Site"]


class Site:
    """``routes`` is from patterns of paths to the options there, None for no caching; the longest counts."""

    def __init__(self, engine: Engine, options: Options, routes: Mapping[str, Options | None]) -> None:
        self._engine = engine
        self._turns = Turns(engine.core, engine.names)
        self._aging = Aging(engine)
        self._usual = self._parts(options)
        longest_first = sorted(routes.items(), key=lambda route: -len(route[0]))
        self._routes = [
            (pattern_of(path), None if chosen is None else self._parts(chosen)) for path, chosen in longest_first
        ]

    def _parts(self, options: Options) -> Parts:
        core, names, rules = self._engine.core, self._engine.names, rules_of(options)
        shelf, filing = Shelf(core, names, rules), Filing(core, names, rules)

        async def invalidate(outdated: Outdated) -> None:
            await self._invalidate(outdated)

        return Parts(core, rules, shelf, filing, self._turns, invalidate)

    def exchange(self, request: Request, refresh: Refresh) -> Exchange | None:
        """What a request goes through; None where nothing is cached."""
        parts = self._of(request.path)
        if parts is None or not self._engine.core.enabled:
            return None
        return Exchange(parts, with_normal_query(request, parts.rules), refresh)

    def _of(self, path: str) -> Parts | None:
        """By the path as applications see it, so that no other spelling of it has other options."""
        seen = unquote(path)
        return next((parts for pattern, parts in self._routes if pattern.match(seen)), self._usual)

    # -- purging

    async def purge(self, url: str, *, soft: bool = False) -> None:
        """Remove what is stored of a URL, in all variants; ``soft``: keep it, but as stale from now on."""
        await self._purge(_request_for(url), soft=soft)

    async def purge_prefix(self, url: str, *, soft: bool = False) -> None:
        """The same for all URLs that begin so, whatever their query."""
        await self._purge_starting(base_of(_request_for(url)), soft=soft)

    async def purge_tags(self, tags: Sequence[str], *, soft: bool = False) -> None:
        """The same for what carries one of the tags; without ``soft``, results of functions as well."""
        if soft:
            await self._aging.tagged(tags)
        else:
            await self._engine.invalidation.tags(tags)

    async def purge_all(self, *, soft: bool = False) -> None:
        """The same for all responses of the namespace, whichever application stored them."""
        for beginning in _BEGINNINGS:
            await self._purge_starting(beginning, soft=soft)

    async def _purge_starting(self, beginning: str, *, soft: bool) -> None:
        if soft:
            await self._aging.starting(beginning)
        else:
            await self._engine.invalidation.prefix(beginning)

    async def _invalidate(self, outdated: Outdated) -> None:
        for target in outdated.targets:
            await self._purge(target, soft=False)
        if outdated.tags:
            await self._engine.invalidation.tags(outdated.tags)

    async def _purge(self, request: Request, *, soft: bool) -> None:
        parts = self._of(request.path) or self._usual
        key = key_of(with_normal_query(request, parts.rules), parts.rules)
        if soft:
            await self._aging.url(key)
        else:
            await self._engine.invalidation.keys([key])


_BEGINNINGS = ("http://", "https://")


def pattern_of(route: str) -> re.Pattern[str]:
    """What the paths of a route look like: a beginning; or all, with ``{…}`` for one segment and ``*`` for anything.

    Raises ConfigurationError for what does not begin with a slash.
    """
    if not route.startswith("/"):
        raise ConfigurationError(f"a route must begin with '/', not {route!r}")
    pieces = _WILD.split(route)
    found = "".join(_AS_REGEX.get(piece[:1], re.escape(piece)) for piece in pieces)
    return re.compile(found if len(pieces) == 1 else f"{found}\\Z", re.DOTALL)


_WILD = re.compile(r"(\*|\{[^{}/]*\})")
_AS_REGEX = {"*": ".*", "{": "[^/]+"}


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
