"""Tags as random versions (R9): an entry is valid only while every tag it carries has the version it was made under.

No clocks and no counters: a tag whose version is lost, by invalidation, eviction or restart, gets a new one that no
stored entry can have. Invalidating is removing one key, whatever the number of entries.
"""

from collections.abc import Iterable, Sequence

from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.store import Store
from unicache._core.tools.tokens import new_token
from unicache.errors import StoreUnavailable

__all__ = ["Tags", "current"]

SPARE = 600.0
"""Seconds that a version outlives the entries it was made for, for the loads that take their time."""


def current(tags: Sequence[TagVersion], versions: Iterable[bytes | None]) -> bool:
    """The verdict: are these the versions that the tags have now?"""
    return all(tag.version == version for tag, version in zip(tags, versions, strict=True))


class Tags:
    """The tags of one namespace."""

    def __init__(self, store: Store, names: Keyspace) -> None:
        self._store = store
        self._near = store.near
        self._names = names

    async def valid(self, record: Record) -> bool:
        """Whether none of the record's tags was invalidated since it was made, as the server knows it now."""
        tags = record.tags
        return not tags or current(tags, await self._store.versions([self._names.tag(tag.tag) for tag in tags]))

    def known_valid(self, record: Record) -> bool:
        """The same without asking; False when that is not known."""
        peek, name = self._store.peek, self._names.tag
        return not record.tags or (self._near and all(peek(name(tag.tag)) == tag.version for tag in record.tags))

    async def valid_many(self, records: Sequence[Record]) -> list[bool]:
        """Whether they are, as far as is known without asking, and for the others with one look at all their tags."""
        known = [self.known_valid(record) for record in records]
        asked = [record for record, valid in zip(records, known, strict=True) if not valid]
        names = {tag.tag: self._names.tag(tag.tag) for record in asked for tag in record.tags}
        versions = await self._store.versions(list(names.values())) if names else ()
        now = dict(zip(names, versions, strict=True))
        return [
            valid or current(record.tags, (now[tag.tag] for tag in record.tags))
            for record, valid in zip(records, known, strict=True)
        ]

    async def epoch(self, ttl: float | None) -> bytes:
        """The version that every invalidation of tags changes: whoever learns an entry's tags only from its value can
        tell by it whether one of them was invalidated while the value was made.
        """
        return (await self._made([self._names.epoch], ttl))[0]

    async def same_epoch(self, epoch: bytes) -> bool:
        """Whether no tag was invalidated since ``epoch`` was read."""
        return await self._store.versions([self._names.epoch]) == [epoch]

    async def snapshot(self, tags: Iterable[str], ttl: float | None) -> tuple[TagVersion, ...]:
        """The versions to store with an entry that lives for ``ttl``; to be taken before its value is made (R2)."""
        names = self._names.tags(tags)
        if not names:
            return ()
        return tuple(map(TagVersion, names, await self._made(list(names.values()), ttl)))

    async def _made(self, names: Sequence[bytes], ttl: float | None) -> list[bytes]:
        """The versions. If an answer was lost, ask again with a new one: what the first put there may be gone by now,
        invalidated, and must not come back.
        """
        try:
            return await self._store.make_versions(names, new_token(), _outliving(ttl))
        except StoreUnavailable as error:
            if not error.ambiguous:
                raise
        return await self._store.make_versions(names, new_token(), _outliving(ttl))


def _outliving(ttl: float | None) -> float | None:
    return None if ttl is None else ttl + SPARE
