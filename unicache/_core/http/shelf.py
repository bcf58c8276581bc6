"""Finding responses in a store: a page for each URL, and beside it a record for each variant (engine).

``docs/architecture/http.md`` says why. What must not live here: how they come there (``filing``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unicache._core.core import Core
from unicache._core.http.keys import key_of, variant_of
from unicache._core.http.messages import Request
from unicache._core.http.policy import outdated
from unicache._core.http.rules import Rules
from unicache._core.http.stored import Page, Stored, unpack_page, unpack_stored
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Held, Record, TagVersion
from unicache._core.stores.looking import look

__all__ = ["HTTP", "Found", "Shelf", "Slot", "page_in", "page_of", "variant_name"]

HTTP = 129
"""The codec id of pages and responses."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a response was looked for, or is to be put.

    ``cas``    of what is at the page's name now, whether it is a page or not; None for nothing, or a lease
    ``place``  the name of the variant that the request would have, by what is known
    """

    name: bytes
    place: bytes
    cas: int | None = None
    page: Page | None = None

    def at(self, place: bytes) -> "Slot":
        """The same slot, for another variant."""
        return self if place == self.place else Slot(self.name, place, self.cas, self.page)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for a request."""

    slot: Slot
    stored: Stored | None = None
    body: bytes = b""
    tags: tuple[TagVersion, ...] = ()

    @property
    def missing(self) -> str:
        """Why there is no response, as Cache-Status has it."""
        page = self.slot.page
        return "vary-miss" if page is not None and page.variants else "uri-miss"


class Shelf:
    """The responses of one namespace, under one set of rules."""

    def __init__(self, core: Core, names: Keyspace, rules: Rules) -> None:
        self._core = core
        self._store = core.store
        self._names = names
        self._rules = rules
        self._usual = tuple(sorted(rules.vary))
        self._tags = Tags(core.store, names)

    # -- looking

    async def find(self, request: Request, *, anew: bool = False) -> Found:
        """The response for the request, and where it lies; ``anew`` asks the server. Raises what the store raises."""
        name = self._names.entry(key_of(request, self._rules))
        usual = self._place(name, request, self._usual)
        read = self._store.read_many if anew else self._look
        held, first = await self._core.ask(read, [name, usual])
        page = page_in(held)
        slot = Slot(name, usual, held.cas if isinstance(held, Record) else None, page)
        if page is None:
            return Found(slot)
        wanted = [usual if vary == self._usual else self._place(name, request, vary) for vary in page.varies]
        return await self._chosen(slot, page, wanted or [usual], {usual: first})

    async def _chosen(
        self, slot: Slot, page: Page, wanted: Sequence[bytes], seen: dict[bytes, Held | Exception]
    ) -> Found:
        """The latest of the variants that the request may have; its place, or the likeliest."""
        more = [name for name in wanted if name not in seen]
        if more:
            seen |= zip(more, await self._look(more), strict=True)
        best = Found(slot.at(wanted[0]))
        for name in wanted:
            found = await self._opened(slot.at(name), page, seen[name])
            if found.stored and (best.stored is None or found.stored.received > best.stored.received):
                best = found
        return best

    async def _look(self, names: Sequence[bytes]) -> list[Held | Exception]:
        return await look(self._store, names)

    async def _opened(self, slot: Slot, page: Page, held: Held | Exception) -> Found:
        if (
            not isinstance(held, Record)
            or held.codec != HTTP
            or not (self._tags.known_valid(held) or await self._tags.valid(held))
        ):
            return Found(slot)
        opened = unpack_stored(page.generation, held.payload)
        if opened is None:
            return Found(slot)
        return Found(slot, outdated(opened[0], page.outdated), opened[1], held.tags)

    def _place(self, name: bytes, request: Request, vary: Sequence[str]) -> bytes:
        return variant_name(name, variant_of(request, vary, self._rules))


def variant_name(page: bytes, digest: bytes) -> bytes:
    """The name of a variant: behind its page's, so that a purge by prefix finds both."""
    return page + b"@" + digest.hex().encode()


def page_in(held: Held | Exception) -> Page | None:
    """The page that was read; None for anything else."""
    return unpack_page(held.payload) if isinstance(held, Record) and held.codec == HTTP else None


_NAME = re.compile(rb"(.*#[0-9a-f]{32})(?:@[0-9a-f]{32})?", re.DOTALL)


def page_of(name: bytes) -> bytes | None:
    """The name of the page that a name of a page or variant belongs to; None for other names."""
    found = _NAME.fullmatch(name)
    return None if found is None else found[1]
