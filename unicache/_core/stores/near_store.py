"""The store of a cache with a near cache: it looks there first, and tells it of everything it reads and writes.

What may be kept and served is decided in ``near``; which command does what is ``valkey``'s.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any

from unicache._core.records.envelope import unpack
from unicache._core.records.record import ABSENT, Held, Known, Lease, Record
from unicache._core.stores.commands import Command, written
from unicache._core.stores.replies import about, caught, sound
from unicache._core.stores.store import BATCH
from unicache._core.stores.valkey import ValkeyStore, as_version
from unicache._core.wire import resp
from unicache._core.wire.links import Links
from unicache._core.wire.near import MISSES_LIVE, Kept, Near, Trust
from unicache.errors import CacheError, ValueFormatError

__all__ = ["NearStore"]

Pairs = Iterable[tuple[bytes | None, int]]
"""Values, and the milliseconds that each has left: -1 for no expiry."""


class NearStore(ValkeyStore):
    """``ValkeyStore`` with a near cache. Its links are told of changes of everything that they read."""

    near = True
    _told_of_next: Sequence[Command] = ()

    def __init__(self, links: Links, near: Near) -> None:
        super().__init__(links)
        self._near = near
        self.peek = near.peek  # type: ignore[method-assign]  # without a call in between: every hit goes there

    # -- reading

    async def read(self, name: bytes) -> Held:
        """``GET`` and ``PTTL``."""
        [value] = await self._values([name], resp.get_and_life(name), 2, _one)
        return self._unpacked(name, value)

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        """``MGET``, and ``PTTL`` for each, in one write."""
        if not names:
            return []
        chunks = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
        commands: list[Command] = []
        for chunk in chunks:
            commands += [("MGET", *chunk), *(("PTTL", name) for name in chunk)]
        values = await self._values(names, resp.pack_all(commands), len(commands), _many)
        return [caught(self._unpacked, name, value) for name, value in zip(names, values, strict=True)]

    async def versions(self, names: Sequence[bytes]) -> list[bytes | None]:
        """``MGET``. How long a version has left does not matter: its end makes no entry invalid."""
        reading = _Reading(self._near, names, lambda values: ((value, -1) for value in values), as_version)
        try:
            values = sound(await self._request(resp.pack("MGET", *names), again=True, reading=reading), None)
        finally:
            reading.end()
        return [as_version(name, value) for name, value in zip(names, values, strict=True)]

    async def _values(
        self, names: Sequence[bytes], payload: bytes, want: int, pairs: Callable[[Sequence[Any]], Pairs]
    ) -> list[Any]:
        """The values of the names, of which the near cache has been told."""
        reading = _Reading(self._near, names, pairs, _record)
        try:
            aside = self._large.any(names)
            replies = await self._request(payload, want, again=True, reading=reading, aside=aside)
        except CacheError as error:
            about(error, names)
            raise
        finally:
            reading.end()
        for reply in replies:
            sound(reply, names[0])
        return [value for value, _ in pairs(replies)]

    def _unpacked(self, name: bytes, reply: Any) -> Record | Lease | None:
        held = super()._unpacked(name, reply)
        self._near.seen(name, _mark(held or ABSENT))
        return held

    async def close(self) -> None:
        """Close the links of this scheduler, and keep nothing, whichever link read it."""
        await super().close()
        self._near.changed(None)

    # -- writing

    async def _command(self, command: Command, *, again: bool) -> Any:
        with self._near.writing(written([command])):
            return await super()._command(command, again=again)

    async def _pipeline(self, commands: Sequence[Command], *, again: bool) -> list[Any]:
        with self._near.writing(written(commands)):
            return await super()._pipeline(commands, again=again)


class _Reading:
    """The replies to one request for what names hold, on their way into the near cache."""

    def __init__(
        self,
        near: Near,
        names: Sequence[bytes],
        pairs: Callable[[Any], Pairs],
        content: Callable[[bytes, bytes], Known],
    ) -> None:
        self._near = near
        self._names = names
        self._pairs = pairs
        self._content = content
        self._asked = near.asks(self, names)

    def arrived(self, reply: Any, trust: Trust) -> None:
        if isinstance(reply, resp.ReplyError) or any(isinstance(each, resp.ReplyError) for each in reply):
            return
        self._near.lives(trust, self._asked)
        for name, (value, left) in zip(self._names, self._pairs(reply), strict=True):
            content = ABSENT if value is None else self._content(name, value)
            kept = Kept(content, _mark(content), trust)
            self._near.keep(self, name, kept, self._deadline(content, left))

    def _deadline(self, content: Known, left: int) -> float:
        """Until when it may be served; what cannot be, not at all. A life is counted from when it was asked for."""
        if content is ABSENT:
            return self._asked + MISSES_LIVE
        if content is None or isinstance(content, Lease):
            return -inf
        return inf if left == -1 else self._asked + left / 1000

    def end(self) -> None:
        """All replies have come, or none will be waited for."""
        self._near.gone(self, self._names)


def _one(replies: Sequence[Any]) -> Pairs:
    return [(replies[0], replies[1])]


def _many(replies: Sequence[Any]) -> Pairs:
    """The reply to each MGET stands before the lives of its names."""
    at = 0
    while at < len(replies):
        values = replies[at]
        yield from zip(values, replies[at + 1 : at + 1 + len(values)], strict=True)
        at += 1 + len(values)


def _record(name: bytes, value: bytes) -> Known:
    """What the bytes hold; None for foreign bytes, about which the caller hears."""
    try:
        return unpack(name, value)
    except ValueFormatError:
        return None


def _mark(content: Known) -> object:
    """Two contents are the same if this is."""
    return content.cas if isinstance(content, Record) else content
