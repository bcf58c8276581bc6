"""Putting responses into a store, so that no invalidation meanwhile is undone (R3; engine).

A response belongs to its page's generation. A page that is new comes by the lease that was put in its place before the
application was asked; one that was there is written by its CAS, and only while it is of the same generation. Either is
gone after an invalidation, and with it whatever was on its way.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from unicache._core.core import Core
from unicache._core.http.keys import variant_of
from unicache._core.http.messages import Request
from unicache._core.http.policy import kept_for
from unicache._core.http.rules import Rules
from unicache._core.http.shelf import HTTP, Found, Slot, page_in, variant_name
from unicache._core.http.stored import Page, Stored, grown, pack_page, pack_stored
from unicache._core.http.verdicts import Keep
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace, bounded
from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.store import Outcome, Rule, Write
from unicache._core.tools.tokens import new_cas, new_token

__all__ = ["Filing"]

MOST_TRIES = 8
"""Times that a page is read again because another variant came meanwhile."""

KNOWN = 86400.0
"""Seconds that a version lives which is read before the application is asked; no response takes longer."""


class Filing:
    """The responses of one namespace, under one set of rules."""

    def __init__(self, core: Core, names: Keyspace, rules: Rules) -> None:
        self._io = core.io
        self._store = core.store
        self._rules = rules
        self._tags = Tags(core.store, names)

    async def epoch(self) -> bytes:
        """What every invalidation of tags changes; to be read before the application is asked (R2)."""
        return await self._tags.epoch(KNOWN)

    async def put(
        self, request: Request, slot: Slot, keep: Keep, body: bytes, *, epoch: bytes, token: bytes | None
    ) -> bool:
        """Store a response; False when it was overtaken by an invalidation.

        ``epoch``  as it was before the application was asked
        ``token``  of our lease in the page's place; None if there is a page
        """
        life = self._life(keep.stored)
        tags = await self._tags.snapshot(bounded(keep.tags), life)
        if keep.tags and not await self._tags.same_epoch(epoch):
            return False
        page, digest = slot.page or Page(new_token()), variant_of(request, keep.vary, self._rules)
        payload = pack_stored(page.generation, keep.stored, body)
        await self._store.write(Write(variant_name(slot.name, digest), self._record(payload, tags), life))
        until, most = self._io.wall() + life, self._rules.max_variants
        if token is None:
            return await self._change(slot, lambda page: grown(page, keep.vary, digest, until, most))
        record = self._page_record(grown(page, keep.vary, digest, until, most))
        return await self._store.fill(slot.name, token, record, life)

    async def renew(self, found: Found, stored: Stored) -> None:
        """Store what a 304 made of a response, where it was and under the tags that it had."""
        page = found.slot.page
        if page is not None:
            life = self._life(stored)
            payload = pack_stored(page.generation, stored, found.body)
            await self._store.write(Write(found.slot.place, self._record(payload, found.tags), life))
            until = self._io.wall() + life
            await self._change(found.slot, lambda page: replace(page, until=max(page.until, until)))

    async def forget(self, found: Found) -> None:
        """Remove a response that must not be stored any more."""
        await self._store.drop([found.slot.place])

    async def let_pass(self, slot: Slot, token: bytes) -> None:
        """Remember for a while that the URL's responses cannot be stored, so that nobody waits for one."""
        until = self._io.wall() + self._rules.pass_for
        page = Page(new_token(), until=until, passing=True)
        await self._store.fill(slot.name, token, self._page_record(page), self._rules.pass_for)

    # -- the page

    async def _change(self, slot: Slot, change: Callable[[Page], Page]) -> bool:
        """Change the page as long as it is of this generation; other variants may come and go meanwhile."""
        page, cas = slot.page, slot.cas or 0
        generation = page.generation if page is not None else b""
        for _ in range(MOST_TRIES):
            if page is None or page.generation != generation:
                return False
            wanted = change(page)
            if wanted == page or await self._store.write(self._replacing(slot.name, wanted, cas)) is Outcome.DONE:
                await self._drop(slot.name, page, wanted)
                return True
            (held,) = await self._store.read_many([slot.name])  # what cannot be read is an error among the others
            page, cas = page_in(held), held.cas if isinstance(held, Record) else 0
        return False

    async def _drop(self, name: bytes, old: Page, new: Page) -> None:
        """Remove the variants that had to make room."""
        gone = [variant_name(name, digest) for digest in old.variants if digest not in new.variants]
        if gone:
            await self._store.drop(gone)

    async def outdate(self, names: Sequence[bytes]) -> None:
        """All that was asked for until now at these pages is stale, what is still under way included."""
        now, left = self._io.wall(), names
        for _ in range(MOST_TRIES):
            if not left:
                return
            left = await self._outdated(left, now)
        await self._store.drop(left)

    async def _outdated(self, names: Sequence[bytes], now: float) -> list[bytes]:
        """Those among them that changed meanwhile. A lease is removed, so that what it was taken for is refused."""
        held = dict(zip(names, await self._store.read_many(names), strict=True))
        pages = {name: page for name, each in held.items() if (page := page_in(each)) is not None}
        writes = [
            self._replacing(name, replace(page, outdated=now), each.cas)
            for name, page in pages.items()
            if isinstance(each := held[name], Record)
        ]
        others = [name for name, each in held.items() if each is not None and name not in pages]
        if others:
            await self._store.drop(others)
        outcomes = await self._store.write_many(writes) if writes else []
        return [write.name for write, outcome in zip(writes, outcomes, strict=True) if _failed(outcome)]

    # -- records

    def _replacing(self, name: bytes, page: Page, cas: int) -> Write:
        life = max(0.001, page.until - self._io.wall())
        return Write(name, self._page_record(page), life, Rule.SAME_CAS, cas)

    def _page_record(self, page: Page) -> Record:
        return self._record(pack_page(page))

    def _record(self, payload: bytes, tags: tuple[TagVersion, ...] = ()) -> Record:
        return Record(payload=payload, codec=HTTP, cas=new_cas(), created=self._io.wall(), tags=tags)

    def _life(self, stored: Stored) -> float:
        """Seconds to keep it, in the store's grain."""
        cut = self._rules.jitter * random.random()  # noqa: S311  spreads expiries, guards nothing
        return max(0.001, kept_for(stored, self._rules, self._io.wall()) * (1.0 - cut))


def _failed(outcome: Outcome | Exception) -> bool:
    """Whether it has to be tried again."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome is not Outcome.DONE
