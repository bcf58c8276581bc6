"""``valkey://``: the store protocol as commands and replies of one node.

Which link carries a request and whether it is repeated is ``links``' business; what the bytes of a record are is
``envelope``'s. Here is which command does what, and what its reply means.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from unicache._core.records.envelope import pack, pack_cas, pack_lease, unpack_lock
from unicache._core.records.record import LOCK_AS_LEASE, Held, Known, Lease, Record
from unicache._core.stores.commands import (
    Command,
    claim_command,
    evalsha,
    find_commands,
    glob,
    milliseconds,
    version_commands,
)
from unicache._core.stores.pages import Pages
from unicache._core.stores.replies import about, accepted, caught, sound
from unicache._core.stores.scripts import CLAIM_OVER, FILL, RELEASE, RENEW, TRACE
from unicache._core.stores.sending import seconds_left
from unicache._core.stores.store import BATCH, Claim, Fill, Found
from unicache._core.stores.valkey_changes import ValkeyChanges
from unicache._core.wire import resp
from unicache.errors import CacheError

__all__ = ["ValkeyStore", "as_version"]

VERSION_LENGTH = 16


class ValkeyStore(ValkeyChanges):
    """``unicache._core.stores.store.Store`` over links to one node."""

    near = False
    _told_of_next: Sequence[Command] = (("CLIENT", "CACHING", "YES"),)  # before a read whose changes must be told

    @property
    def available(self) -> bool:
        """False while the node is known to be out of reach."""
        return self._links.available

    # -- reading

    def peek(self, name: bytes) -> Known:
        """Nothing is known without asking the server."""
        return None

    async def read(self, name: bytes) -> Held:
        """``GET``."""
        request = self._request
        try:
            reply = await request(resp.get(name), again=True, aside=name in self._large)
        except CacheError as error:
            about(error, [name])
            raise
        return None if reply is None else self._unpacked(name, reply)

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        """``MGET``, some hundred names each, in one write."""
        chunks = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
        replies = await self._pipeline([("MGET", *chunk) for chunk in chunks], again=True)
        values = [value for reply in replies for value in sound(reply, None)]
        return [caught(self._unpacked, name, value) for name, value in zip(names, values, strict=True)]

    async def find(self, name: bytes) -> Found | None:
        """``GET``, ``PTTL`` and ``TIME`` in one transaction."""
        replies = await self._pipeline(find_commands(name), again=True)
        return self._found(name, replies[-1])

    async def find_many(self, names: Sequence[bytes]) -> list[Found | Exception | None]:
        """The same, all in one write."""
        replies = await self._pipeline([command for name in names for command in find_commands(name)], again=True)
        return [caught(self._found, name, reply) for name, reply in zip(names, replies[4::5], strict=True)]

    def _found(self, name: bytes, reply: Any) -> Found | None:
        value, left, time = sound(reply, name)
        held = self._unpacked(name, value)
        if not isinstance(held, Record):
            return None
        lock = unpack_lock(value)
        return Found(held, seconds_left(left), lock is not None and lock.until > _unix(time))

    # -- leases (R1, R3)

    async def claim(self, name: bytes, token: bytes, ttl: float, over: int | None = None) -> Held:
        """``SET … NX GET PX``; a script where a record is to be replaced.

        Never repeated with the same token: it would bring back a lease that an invalidation removed meanwhile.
        """
        if over is None:
            reply = await self._command(claim_command(Claim(name, token), ttl), again=False)
        else:
            arguments = (pack_cas(over), pack_lease(token), milliseconds(ttl))
            reply = await self._script(CLAIM_OVER, name, *arguments, again=False)
            if reply == b"locked":
                return LOCK_AS_LEASE
        return self._claimed(token, name, reply)

    async def claim_many(self, claims: Sequence[Claim], ttl: float) -> list[Held | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline([claim_command(claim, ttl) for claim in claims], again=False)
        return [
            caught(partial(self._claimed, token), name, reply)
            for (name, token), reply in zip(claims, replies, strict=True)
        ]

    def _claimed(self, token: bytes, name: bytes, reply: Any) -> Held:
        return None if sound(reply, name) == pack_lease(token) else self._unpacked(name, reply)

    async def fill(self, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
        """``SET … IFEQ``, or its script."""
        [reply] = await self._pipeline([self._fill_command(Fill(name, token, record, ttl))], again=False)
        return accepted(name, reply)

    async def fill_many(self, fills: Sequence[Fill]) -> list[bool | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline([self._fill_command(fill) for fill in fills], again=False)
        return [caught(accepted, fill.name, reply) for fill, reply in zip(fills, replies, strict=True)]

    def _fill_command(self, fill: Fill) -> Command:
        lease, value = pack_lease(fill.token), pack(fill.name, fill.record)
        if self._links.features is None or not self._links.features.set_ifeq:
            return evalsha(FILL, fill.name, lease, value, milliseconds(fill.ttl))
        expiry: Command = () if fill.ttl is None else ("PX", milliseconds(fill.ttl))
        return ("SET", fill.name, value, "IFEQ", lease, *expiry)

    async def renew(self, name: bytes, token: bytes, ttl: float) -> bool:
        """A script, on all servers: it is rare."""
        return bool(sound(await self._script(RENEW, name, pack_lease(token), milliseconds(ttl), again=True), name))

    async def release(self, name: bytes, token: bytes) -> None:
        """``DELIFEQ``, or its script."""
        lease = pack_lease(token)
        if self._links.features is not None and self._links.features.delifeq:
            reply = await self._command(("DELIFEQ", name, lease), again=True)
        else:
            reply = await self._script(RELEASE, name, lease, again=True)
        sound(reply, name)

    async def changed(self, name: bytes, seconds: float) -> bool:
        """``GET`` under ``CLIENT CACHING YES``, and then the server's push."""
        aside = name in self._large  # as the request will
        event = self._links.watch(name, aside=aside)
        if event is None:
            return False
        try:
            replies = await self._pipeline([*self._told_of_next, ("GET", name)], again=True)
            if isinstance(caught(self._unpacked, name, replies[-1]), Lease):
                await event.wait(seconds)
        finally:
            self._links.unwatch(name, event, aside=aside)
        return True

    # -- invalidation and tags (R5, R9)

    async def drop(self, names: Sequence[bytes]) -> None:
        """``UNLINK``; it may be repeated, and a full server takes it.

        If it is repeated because replicas did not confirm it, there is nothing left to remove, and so nothing for them
        to confirm: hence something that they have to follow.
        """
        chunks = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
        commands: list[Command] = [("UNLINK", *chunk) for chunk in chunks]
        if commands and self._acknowledgement is not None:
            commands.append(evalsha(TRACE, names[0]))
        for reply in await self._pipeline(commands, again=True):
            sound(reply, None)

    async def versions(self, names: Sequence[bytes]) -> list[bytes | None]:
        """``MGET``."""
        found = sound(await self._request(resp.pack("MGET", *names), again=True), None)
        return [as_version(name, value) for name, value in zip(names, found, strict=True)]

    async def make_versions(self, names: Sequence[bytes], fresh: bytes, ttl: float | None) -> list[bytes]:
        """``SET … NX GET`` and a longer life, for all of them in one write.

        Never repeated with the same version: it would bring back one that was invalidated meanwhile.
        """
        commands: list[Command] = []
        for name in names:
            commands += version_commands(name, fresh, ttl)
        replies = await self._pipeline(commands, again=False)
        return [fresh if (found := sound(reply, None)) is None else found for reply in replies[::2]]

    # -- everything else

    def scan(self, prefix: bytes, batch: int = BATCH) -> Pages[bytes]:
        """``SCAN``, never ``KEYS``."""
        pattern = glob(prefix) + b"*"

        async def turn(cursor: bytes) -> tuple[bytes | None, list[bytes]]:
            command = resp.pack("SCAN", cursor, "MATCH", pattern, "COUNT", batch)
            following, names = sound(await self._request(command, again=True), None)
            return None if following == b"0" else following, names

        return Pages(turn, b"0")

    async def ping(self) -> None:
        """``PING``."""
        sound(await self._request(resp.pack("PING"), again=True), None)

    async def connect(self) -> None:
        """Have an open link."""
        await self._links.connect()

    async def close(self) -> None:
        """Close the links of this scheduler."""
        for links in self._all_links():
            links.close()


def as_version(name: bytes, value: bytes | None) -> bytes | None:
    """The version of the tag at ``name``; None when there is none."""
    return value if value is not None and len(value) == VERSION_LENGTH else None


def _unix(time: list[bytes]) -> float:
    """What ``TIME`` gives."""
    return int(time[0]) + int(time[1]) / 1e6
