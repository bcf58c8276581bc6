"""Soft purges: what is stored stays, as stale from now on, so that windows begin and validators still count (engine).

A page says of all its variants that what was asked for before some moment is stale. What must not live here: what
becomes of stale responses (``policy``).
"""

from collections.abc import AsyncIterator, Collection, Sequence

from unicache._core.engine import Engine
from unicache._core.http.filing import Filing
from unicache._core.http.options import Options, rules_of
from unicache._core.http.shelf import HTTP, page_of
from unicache._core.records.record import Held, Record

__all__ = ["Aging"]


class Aging:
    """The responses of one namespace, under any rules. All calls raise InvalidationUncertain, InvalidArgument.

    Responses that were asked for before, and have not come yet, are stale or refused when they come.
    """

    def __init__(self, engine: Engine) -> None:
        self._store = engine.core.store
        self._names = engine.names
        self._loudly = engine.invalidation.loudly
        self._filing = Filing(engine.core, engine.names, rules_of(Options()))

    async def url(self, key: str) -> None:
        """Those of one page."""
        name = self._names.entry(key)
        await self._loudly(lambda: self._filing.outdate([name]), [name])

    async def starting(self, beginning: str) -> None:
        """Those whose keys begin so."""
        start = self._names.starting(beginning)
        await self._loudly(lambda: self._starting(start), prefixes=[start])

    async def _starting(self, start: bytes) -> None:
        async for names in self._store.scan(start):
            await self._filing.outdate(_pages(names))

    async def tagged(self, tags: Sequence[str]) -> None:
        """Those that carry one of the tags, and other variants of their URLs; the whole namespace is looked through."""
        names = self._names.tags(tags)
        await self._loudly(lambda: self._tagged(names), [*names.values(), self._names.epoch])

    async def _tagged(self, tags: Collection[str]) -> None:
        await self._store.drop([self._names.epoch])  # what is being made now, and will carry a tag, is refused
        async for names in self._variants():
            held = zip(names, await self._store.read_many(names), strict=True)
            await self._filing.outdate(_pages([name for name, each in held if _carries(each, tags)]))

    async def _variants(self) -> AsyncIterator[list[bytes]]:
        async for names in self._store.scan(self._names.starting("")):
            yield [name for name in names if page_of(name) not in (None, name)]


def _pages(names: Sequence[bytes]) -> list[bytes]:
    """The pages that the names belong to, each once."""
    return list(dict.fromkeys(page for name in names if (page := page_of(name)) is not None))


def _carries(held: Held | Exception, tags: Collection[str]) -> bool:
    return isinstance(held, Record) and held.codec == HTTP and any(tag.tag in tags for tag in held.tags)
