"""``valkey://``: the calls that change records, by the scripts that ask ``rules``' questions on the server."""

from collections.abc import Sequence
from typing import Any

from unicache._core.keys.names import key_part
from unicache._core.records.envelope import pack_cas
from unicache._core.records.record import Record
from unicache._core.stores.commands import count_arguments, evalsha, milliseconds, remove_command, write_command
from unicache._core.stores.replies import caught, counted, outcome, sound
from unicache._core.stores.scripts import COUNT, EXPIRE, FIND_AND_EXPIRE, LOCK, UNLOCK
from unicache._core.stores.sending import Sender, seconds_left
from unicache._core.stores.store import Count, Found, Given, Outcome, Removal, Write
from unicache.errors import ValueFormatError

__all__ = ["ValkeyChanges"]


class ValkeyChanges(Sender):
    """Writing, counting and locking records of one node."""

    # -- writing

    async def write(self, write: Write) -> Outcome:
        """A script, even without a rule: a locked record has to be left alone."""
        return outcome(write.name, await self._run(write_command(write), again=False))

    async def write_many(self, writes: Sequence[Write]) -> list[Outcome | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline(list(map(write_command, writes)), again=False)
        return [caught(outcome, write.name, reply) for write, reply in zip(writes, replies, strict=True)]

    async def remove(self, removal: Removal) -> Outcome:
        """A script: a lease has to be told from a record."""
        return outcome(removal.name, await self._run(remove_command(removal), again=False))

    async def remove_many(self, removals: Sequence[Removal]) -> list[Outcome | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline(list(map(remove_command, removals)), again=False)
        return [caught(outcome, removal.name, reply) for removal, reply in zip(removals, replies, strict=True)]

    async def expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Outcome:
        """``PEXPIRE`` or ``PERSIST``, on records only."""
        expected = b"" if cas is None else pack_cas(cas)
        return outcome(name, await self._script(EXPIRE, name, milliseconds(ttl), expected, again=True))

    async def expire_many(self, lives: Sequence[tuple[bytes, float | None]]) -> list[Outcome | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline(
            [evalsha(EXPIRE, name, milliseconds(ttl), b"") for name, ttl in lives], again=True
        )
        return [caught(outcome, name, reply) for (name, _), reply in zip(lives, replies, strict=True)]

    async def find_and_expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Given:
        """The same, giving the record."""
        expected = b"" if cas is None else pack_cas(cas)
        return self._given(name, await self._script(FIND_AND_EXPIRE, name, milliseconds(ttl), expected, again=True))

    # -- counters

    async def count(self, count: Count) -> int | Outcome:
        """A script."""
        [counted] = await self.count_many([count])
        if isinstance(counted, Exception):
            raise counted
        return counted

    async def count_many(self, counts: Sequence[Count]) -> list[int | Outcome | Exception]:
        """The same, all in one write."""
        commands = [evalsha(COUNT, count.name, *count_arguments(count)) for count in counts]
        replies = await self._pipeline(commands, again=False)
        return [caught(counted, count.name, reply) for count, reply in zip(counts, replies, strict=True)]

    # -- locks

    async def lock(self, name: bytes, seconds: float, lock: int, cas: int | None = None) -> Given:
        """A script: only the server's clock is everybody's."""
        expected = b"" if cas is None else pack_cas(cas)
        return self._given(
            name, await self._script(LOCK, name, milliseconds(seconds), pack_cas(lock), expected, again=False)
        )

    async def unlock(self, name: bytes, lock: int) -> Outcome:
        """A script."""
        return outcome(name, await self._script(UNLOCK, name, pack_cas(lock), again=False))

    def _given(self, name: bytes, reply: Any) -> Given:
        became, *rest = sound(reply, name)
        if not rest:
            return Given(Outcome(became.decode()))
        value, left = rest
        held = self._unpacked(name, value)
        if not isinstance(held, Record):
            raise ValueFormatError("the key holds something that unicache did not write", key=key_part(name))
        return Given(Outcome.DONE, Found(held, seconds_left(left)))
