"""Commands to one node and their replies: scripts that the node knows or has to be told, and records out of bytes.

Which link carries a request and whether it is repeated is ``links'`` business; which commands there are, ``valkey``'s.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple, Self

from unicache._core.keys.names import key_part
from unicache._core.records.envelope import WrongKey, unpack
from unicache._core.records.record import Lease, Record
from unicache._core.stores.commands import Command, evalsha, names_in, scripts, taught, with_text, written
from unicache._core.stores.replies import about, acknowledged, is_unknown_script, sound
from unicache._core.stores.scripts import Script
from unicache._core.wire import resp
from unicache._core.wire.large import LARGE, LargeNames
from unicache._core.wire.links import Links
from unicache.errors import CacheError, ValueFormatError

__all__ = ["Acknowledgement", "Sender", "seconds_left"]


class Acknowledgement(NamedTuple):
    """How many replicas must have a change, and how long they may take to say so.

    ``links`` carry the changes: a server that waits for replicas reads nothing else from that connection.
    """

    links: Links
    replicas: int
    milliseconds: int


class Sender:
    """Speaks to one node over links.

    What may change something goes through ``_command`` or ``_pipeline``, and no other way: a near cache listens there.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._request = links.request
        self._large = LargeNames()
        self._known: set[bytes | str | int] = set()  # digests of the scripts that the server has
        self._acknowledgement: Acknowledgement | None = None

    def acknowledged(self, acknowledgement: Acknowledgement) -> Self:
        """The same store, but that a change by a script, or a removal, is done only when replicas have it."""
        twin = copy(self)
        twin._acknowledgement = acknowledgement
        return twin

    async def _command(self, command: Command, *, again: bool) -> Any:
        """The reply to one command."""
        payload = resp.pack(*command)
        try:
            return await self._request(payload, again=again, aside=self._is_large(payload, [command]))
        except CacheError as error:
            about(error, names_in([command]))
            raise

    def _is_large(self, payload: bytes, commands: Sequence[Command]) -> bool:
        """Whether the request goes aside; then so does from now on whatever is about its names, to keep the order."""
        large = len(payload) >= LARGE
        if large:
            self._large.add(names_in(commands))
        return large or (bool(self._large) and self._large.any(names_in(commands)))

    async def _pipeline(self, commands: Sequence[Command], *, again: bool) -> list[Any]:
        """The replies to commands that go out in one write.

        A script goes as its text until the server is known to have it: a call that the server did not understand has
        to be repeated out of turn, behind calls that were made after it.
        """
        if not commands:
            return []
        replies = await self._sent(taught(commands, self._known), again=again)
        lost = [at for at, reply in enumerate(replies) if is_unknown_script(reply)]
        if lost:  # the server was restarted; nothing was done yet
            repeated = await self._sent([with_text(commands[at]) for at in lost], again=again)
            for at, reply in zip(lost, repeated, strict=True):
                replies[at] = reply
        self._known.update(scripts(commands))
        return replies

    async def _sent(self, commands: Sequence[Command], *, again: bool) -> list[Any]:
        """The replies, for what they are worth: behind changes goes the question how many replicas have them."""
        payload, wanted = resp.pack_all(commands), self._acknowledgement
        aside = self._is_large(payload, commands)
        try:
            if wanted is None or not written(commands):
                replies = await self._request(payload, len(commands), again=again, aside=aside)
                return [replies] if len(commands) == 1 else list(replies)
            payload += resp.pack("WAIT", wanted.replicas, wanted.milliseconds)
            *replies, number = await wanted.links.request(payload, len(commands) + 1, again=again)
        except CacheError as error:
            about(error, names_in(commands))
            raise
        return acknowledged(replies, number, wanted.replicas)

    async def _script(self, script: Script, name: bytes, *arguments: bytes | str | int, again: bool) -> Any:
        return await self._run(evalsha(script, name, *arguments), again=again)

    async def _run(self, command: Command, *, again: bool) -> Any:
        if self._acknowledgement is None and command[1] in self._known:  # the short way, of nearly all calls
            reply = await self._command(command, again=again)
            if not is_unknown_script(reply):
                return reply
        [reply] = await self._pipeline([command], again=again)
        return reply

    def _unpacked(self, name: bytes, reply: Any) -> Record | Lease | None:
        if type(reply) is not bytes:
            return sound(reply, name)  # type: ignore[no-any-return]  # None, or an error, which is raised
        if len(reply) >= LARGE:
            self._large.add([name])
        try:
            return unpack(name, reply)
        except ValueFormatError as error:
            error.key = key_part(name)
            if isinstance(error, WrongKey):
                for links in self._all_links():
                    links.distrust()
            raise

    def _all_links(self) -> set[Links]:
        return {self._links} if self._acknowledgement is None else {self._links, self._acknowledgement.links}


def seconds_left(milliseconds: int) -> float | None:
    """What ``PTTL`` gives."""
    return None if milliseconds < 0 else milliseconds / 1000
