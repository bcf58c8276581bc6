"""Commands to one node and their replies: scripts that the node knows or has to be told, and records out of bytes.

Which link carries a request and whether it is repeated is ``links'`` business; which commands there are, ``valkey``'s.
"""

from collections.abc import Sequence
from typing import Any

from unicache._core import resp
from unicache._core.commands import Command, evalsha, names_in, scripts, taught, with_text
from unicache._core.envelope import WrongKey, unpack
from unicache._core.large import LARGE, LargeNames
from unicache._core.links import Links
from unicache._core.names import key_part
from unicache._core.record import Lease, Record
from unicache._core.replies import is_unknown_script, sound
from unicache._core.scripts import Script
from unicache.errors import ValueFormatError

__all__ = ["Sender", "seconds_left"]


class Sender:
    """Speaks to one node over links.

    What may change something goes through ``_command`` or ``_pipeline``, and no other way: a near cache listens there.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._request = links.request
        self._large = LargeNames()
        self._known: set[bytes | str | int] = set()  # digests of the scripts that the server has

    async def _command(self, command: Command, *, again: bool) -> Any:
        """The reply to one command."""
        payload = resp.pack(*command)
        return await self._request(payload, again=again, aside=self._is_large(payload, [command]))

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
        payload = resp.pack_all(taught(commands, self._known))
        aside = self._is_large(payload, commands)
        replies = await self._request(payload, len(commands), again=again, aside=aside)
        replies = [replies] if len(commands) == 1 else list(replies)
        for at, reply in enumerate(replies):
            if is_unknown_script(reply):  # the server was restarted; nothing was done yet
                replies[at] = await self._request(resp.pack(*with_text(commands[at])), again=again, aside=aside)
        self._known.update(scripts(commands))
        return replies

    async def _script(self, script: Script, name: bytes, *arguments: bytes | str | int, again: bool) -> Any:
        return await self._run(evalsha(script, name, *arguments), again=again)

    async def _run(self, command: Command, *, again: bool) -> Any:
        if command[1] in self._known:  # the short way, of nearly all calls
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
                self._links.distrust()
            raise


def seconds_left(milliseconds: int) -> float | None:
    """What ``PTTL`` gives."""
    return None if milliseconds < 0 else milliseconds / 1000
