"""``valkey://``: the store protocol as commands and replies of one node.

Which link carries a request and whether it is repeated is ``links``' business; what the bytes of a record are is
``envelope``'s. Here is which command does what, and what its reply means.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import partial
from typing import Any

from unicache._core import resp
from unicache._core.envelope import WrongKey, pack, pack_cas, pack_lease, unpack
from unicache._core.links import Links
from unicache._core.names import key_part
from unicache._core.record import Held, Lease, Record
from unicache._core.scripts import (
    CLAIM_OVER,
    EXPIRE,
    FILL,
    FIND_AND_EXPIRE,
    RELEASE,
    REMOVE,
    RENEW,
    TEXTS,
    WRITE,
    Script,
)
from unicache._core.store import KEEP_TTL, Claim, Fill, Found, KeepTtl, Outcome, Rule, Write
from unicache.errors import CacheError, ServerError, StoreUnavailable, ValueFormatError

__all__ = ["ValkeyStore"]

Command = tuple[bytes | str | int, ...]

CHUNK = 500
"""Names in one command, so that none holds the server up for long."""

VERSION_LENGTH = 16
_OUT_OF_ORDER = frozenset({"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH", "BUSY"})
"""Errors that speak of the server's state, not of the command."""


class ValkeyStore:
    """``unicache._core.store.Store`` over links to one node."""

    near = False

    def __init__(self, links: Links) -> None:
        self._links = links
        self._request = links.request
        self._known: set[bytes | str | int] = set()  # digests of the scripts that the server has

    @property
    def available(self) -> bool:
        """False while the node is known to be out of reach."""
        return self._links.available

    # -- reading

    def peek(self, name: bytes) -> Record | None:
        """Nothing can be had without asking the server."""
        return None

    async def read(self, name: bytes) -> Held:
        """``GET``."""
        reply = await self._request(resp.get(name), again=True)
        return None if reply is None else self._unpacked(name, reply)

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        """``MGET``, some hundred names each, in one write."""
        chunks = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
        replies = await self._pipeline([("MGET", *chunk) for chunk in chunks], again=True)
        values = [value for reply in replies for value in _sound(reply, None)]
        return [_caught(self._unpacked, name, value) for name, value in zip(names, values, strict=True)]

    async def find(self, name: bytes) -> Found | None:
        """``GET`` and ``PTTL`` in one transaction."""
        commands: list[Command] = [("MULTI",), ("GET", name), ("PTTL", name), ("EXEC",)]
        value, left = _sound((await self._pipeline(commands, again=True))[-1], name)
        held = self._unpacked(name, value)
        return Found(held, None if left < 0 else left / 1000) if isinstance(held, Record) else None

    # -- writing

    async def write(self, write: Write) -> Outcome:
        """``SET``, or a script where there is a rule."""
        if write.rule is Rule.ALWAYS and write.ttl is not KEEP_TTL:
            reply = await self._request(resp.pack(*_plain_set(write)), again=False)
            return _outcome(write.name, reply)
        return _outcome(write.name, await self._script(WRITE, write.name, *_write_arguments(write), again=False))

    async def write_many(self, writes: Sequence[Write]) -> list[Outcome | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline(list(map(_write_command, writes)), again=False)
        return [_caught(_outcome, write.name, reply) for write, reply in zip(writes, replies, strict=True)]

    async def remove(self, name: bytes, cas: int | None = None) -> Outcome:
        """A script: a lease has to be told from a record."""
        expected = b"" if cas is None else pack_cas(cas)
        return _outcome(name, await self._script(REMOVE, name, expected, again=False))

    async def remove_many(self, names: Sequence[bytes]) -> list[Outcome | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline([_evalsha(REMOVE, name, b"") for name in names], again=False)
        return [_caught(_outcome, name, reply) for name, reply in zip(names, replies, strict=True)]

    async def expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Outcome:
        """``PEXPIRE`` or ``PERSIST``, on records only."""
        expected = b"" if cas is None else pack_cas(cas)
        return _outcome(name, await self._script(EXPIRE, name, _milliseconds(ttl), expected, again=True))

    async def find_and_expire(self, name: bytes, ttl: float | None) -> Record | None:
        """The same, giving the record."""
        held = self._unpacked(name, await self._script(FIND_AND_EXPIRE, name, _milliseconds(ttl), again=True))
        return held if isinstance(held, Record) else None

    # -- leases (R1, R3)

    async def claim(self, name: bytes, token: bytes, ttl: float, over: int | None = None) -> Held:
        """``SET … NX GET PX``; a script where a record is to be replaced.

        Never repeated with the same token: it would bring back a lease that an invalidation removed meanwhile.
        """
        if over is None:
            reply = await self._request(resp.pack(*_claim_command(Claim(name, token), ttl)), again=False)
        else:
            arguments = (pack_cas(over), pack_lease(token), _milliseconds(ttl))
            reply = await self._script(CLAIM_OVER, name, *arguments, again=False)
        return self._claimed(token, name, reply)

    async def claim_many(self, claims: Sequence[Claim], ttl: float) -> list[Held | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline([_claim_command(claim, ttl) for claim in claims], again=False)
        return [
            _caught(partial(self._claimed, token), name, reply)
            for (name, token), reply in zip(claims, replies, strict=True)
        ]

    def _claimed(self, token: bytes, name: bytes, reply: Any) -> Held:
        return None if _sound(reply, name) == pack_lease(token) else self._unpacked(name, reply)

    async def fill(self, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
        """``SET … IFEQ``, or its script."""
        [reply] = await self._pipeline([self._fill_command(Fill(name, token, record, ttl))], again=False)
        return _accepted(name, reply)

    async def fill_many(self, fills: Sequence[Fill]) -> list[bool | Exception]:
        """The same, all in one write."""
        replies = await self._pipeline([self._fill_command(fill) for fill in fills], again=False)
        return [_caught(_accepted, fill.name, reply) for fill, reply in zip(fills, replies, strict=True)]

    def _fill_command(self, fill: Fill) -> Command:
        lease, value = pack_lease(fill.token), pack(fill.name, fill.record)
        if self._links.features is None or not self._links.features.set_ifeq:
            return _evalsha(FILL, fill.name, lease, value, _milliseconds(fill.ttl))
        expiry: Command = () if fill.ttl is None else ("PX", _milliseconds(fill.ttl))
        return ("SET", fill.name, value, "IFEQ", lease, *expiry)

    async def renew(self, name: bytes, token: bytes, ttl: float) -> bool:
        """A script, on all servers: it is rare."""
        return bool(_sound(await self._script(RENEW, name, pack_lease(token), _milliseconds(ttl), again=True), name))

    async def release(self, name: bytes, token: bytes) -> None:
        """``DELIFEQ``, or its script."""
        lease = pack_lease(token)
        if self._links.features is not None and self._links.features.delifeq:
            reply = await self._request(resp.pack("DELIFEQ", name, lease), again=True)
        else:
            reply = await self._script(RELEASE, name, lease, again=True)
        _sound(reply, name)

    async def changed(self, name: bytes, seconds: float) -> bool:
        """``GET`` under ``CLIENT CACHING YES``, and then the server's push."""
        event = self._links.watch(name)
        if event is None:
            return False
        try:
            replies = await self._pipeline([("CLIENT", "CACHING", "YES"), ("GET", name)], again=True)
            if isinstance(_caught(self._unpacked, name, replies[1]), Lease):
                await event.wait(seconds)
        finally:
            self._links.unwatch(name, event)
        return True

    # -- invalidation and tags (R5, R9)

    async def drop(self, names: Sequence[bytes]) -> None:
        """``UNLINK``; it may be repeated, and a full server takes it."""
        chunks = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
        for reply in await self._pipeline([("UNLINK", *chunk) for chunk in chunks], again=True):
            _sound(reply, None)

    async def versions(self, names: Sequence[bytes]) -> list[bytes | None]:
        """``MGET``."""
        found = _sound(await self._request(resp.pack("MGET", *names), again=True), None)
        return [value if value is not None and len(value) == VERSION_LENGTH else None for value in found]

    async def make_versions(self, names: Sequence[bytes], fresh: bytes, ttl: float | None) -> list[bytes]:
        """``SET … NX GET`` and a longer life, for all of them in one write.

        Never repeated with the same version: it would bring back one that was invalidated meanwhile.
        """
        commands: list[Command] = []
        for name in names:
            commands += _version_commands(name, fresh, ttl)
        replies = await self._pipeline(commands, again=False)
        return [fresh if (found := _sound(reply, None)) is None else found for reply in replies[::2]]

    # -- everything else

    async def scan(self, prefix: bytes) -> AsyncIterator[list[bytes]]:
        """``SCAN``, never ``KEYS``."""
        cursor: bytes = b"0"
        pattern = _glob(prefix) + b"*"
        while True:
            command = resp.pack("SCAN", cursor, "MATCH", pattern, "COUNT", CHUNK)
            cursor, names = _sound(await self._request(command, again=True), None)
            if names:
                yield names
            if cursor == b"0":
                return

    async def ping(self) -> None:
        """``PING``."""
        _sound(await self._request(resp.pack("PING"), again=True), None)

    async def connect(self) -> None:
        """Have an open link."""
        await self._links.connect()

    async def close(self) -> None:
        """Close the links of this scheduler."""
        self._links.close()

    async def _pipeline(self, commands: Sequence[Command], *, again: bool) -> list[Any]:
        """The replies to commands that go out in one write.

        A script goes as its text until the server is known to have it: a call that the server did not understand has
        to be repeated out of turn, behind calls that were made after it.
        """
        if not commands:
            return []
        replies = await self._request(resp.pack_all(_taught(commands, self._known)), len(commands), again=again)
        replies = [replies] if len(commands) == 1 else list(replies)
        for at, reply in enumerate(replies):
            if _is_unknown_script(reply):  # the server was restarted; nothing was done yet
                replies[at] = await self._request(resp.pack(*_with_text(commands[at])), again=again)
        self._known.update(_scripts(commands))
        return replies

    async def _script(self, script: Script, name: bytes, *arguments: bytes | str | int, again: bool) -> Any:
        [reply] = await self._pipeline([_evalsha(script, name, *arguments)], again=again)
        return reply

    def _unpacked(self, name: bytes, reply: Any) -> Record | Lease | None:
        value = _sound(reply, name)
        if value is None:
            return None
        try:
            return unpack(name, value)
        except ValueFormatError as error:
            error.key = key_part(name)
            if isinstance(error, WrongKey):
                self._links.distrust()
            raise


def _plain_set(write: Write) -> Command:
    value = pack(write.name, write.record)
    if write.ttl is None:
        return ("SET", write.name, value)
    return ("SET", write.name, value, "PX", _milliseconds(write.ttl))


def _write_command(write: Write) -> Command:
    if write.rule is Rule.ALWAYS and write.ttl is not KEEP_TTL:
        return _plain_set(write)
    return _evalsha(WRITE, write.name, *_write_arguments(write))


def _write_arguments(write: Write) -> Command:
    value = pack(write.name, write.record)
    return (write.rule.value, value, _milliseconds(write.ttl), pack_cas(write.cas))


def _evalsha(script: Script, name: bytes, *arguments: bytes | str | int) -> Command:
    return ("EVALSHA", script.digest, 1, name, *arguments)


def _scripts(commands: Sequence[Command]) -> set[bytes | str | int]:
    return {command[1] for command in commands if command[0] == "EVALSHA"}


def _taught(commands: Sequence[Command], known: Collection[bytes | str | int]) -> Sequence[Command]:
    """The commands, in which the first call of each script that is not known brings its text."""
    new = _scripts(commands).difference(known)
    if not new:
        return commands
    taught: list[Command] = []
    for command in commands:
        if command[0] == "EVALSHA" and command[1] in new:
            new.remove(command[1])
            taught.append(_with_text(command))
        else:
            taught.append(command)
    return taught


def _with_text(command: Command) -> Command:
    _, digest, *rest = command
    return ("EVAL", TEXTS[digest], *rest)


def _claim_command(claim: Claim, ttl: float) -> Command:
    return ("SET", claim.name, pack_lease(claim.token), "NX", "GET", "PX", _milliseconds(ttl))


def _accepted(name: bytes, reply: Any) -> bool:
    return _sound(reply, name) is not None


def _version_commands(name: bytes, fresh: bytes, ttl: float | None) -> tuple[Command, Command]:
    if ttl is None:
        return ("SET", name, fresh, "NX", "GET"), ("PERSIST", name)
    span = _milliseconds(ttl)
    return ("SET", name, fresh, "NX", "GET", "PX", span), ("PEXPIRE", name, span, "GT")


def _milliseconds(ttl: float | KeepTtl | None) -> int | str:
    if isinstance(ttl, KeepTtl):
        return ttl.value
    return "" if ttl is None else max(1, round(ttl * 1000))


def _is_unknown_script(reply: Any) -> bool:
    return isinstance(reply, resp.ReplyError) and str(reply).startswith("NOSCRIPT")


def _outcome(name: bytes, reply: Any) -> Outcome:
    value = _sound(reply, name)
    return Outcome.DONE if value == b"OK" else Outcome(value.decode())


def _sound(reply: Any, name: bytes | None) -> Any:
    """The reply, unless it is an error, which is raised as one of ours."""
    if isinstance(reply, resp.ReplyError):
        raise _translated(str(reply), None if name is None else key_part(name))
    return reply


def _translated(message: str, key: str | None) -> CacheError:
    code = message.split(" ", 1)[0]
    if code == "WRONGTYPE":
        return ValueFormatError("the key holds something that unicache did not write", key=key)
    if code in _OUT_OF_ORDER:
        return StoreUnavailable(f"the server cannot serve now: {message}", key=key)
    return ServerError(f"the server answered: {message}", key=key, code=code)


def _caught(function: Callable[[bytes, Any], Any], name: bytes, reply: Any) -> Any:
    try:
        return function(name, reply)
    except CacheError as error:
        return error


def _glob(prefix: bytes) -> bytes:
    """The prefix as a pattern that matches only itself."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]^\\-" else bytes([byte]) for byte in prefix)
