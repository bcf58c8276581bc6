"""A link that serves one caller at a time, who waits on it himself: what it can do with less ado.

What a link is stands in ``link``; who gets which in ``pool``.
"""

from math import inf
from typing import Any, cast

from unicache._core.io import DirectTransport, Endpoint, Io, Transport
from unicache._core.setup.node import Credentials
from unicache._core.wire.link import Link, Slot, copy_of
from unicache._core.wire.near import Near, Reading
from unicache._core.wire.resp import NOTHING, ProtocolError, PushNotification
from unicache.errors import CacheError

__all__ = ["ExclusiveLink"]

FRESH = 0.01
"""Seconds for which a link that just worked is taken to be alive without a look at its socket."""


class ExclusiveLink(Link):
    """A link of an exclusive model. What is outstanding on it between two callers are tombstones."""

    def __init__(self, io: Io, endpoint: Endpoint, who: Credentials, near: Near | None = None) -> None:
        super().__init__(io, endpoint, who, near)
        self._now = io.now
        self._used = 0.0
        self._midway = False  # within an exchange, or left there by a signal

    @property
    def quiet(self) -> bool:
        """Open, and nothing is outstanding."""
        return not self._pending and not self._midway and self.ready

    @property
    def torn(self) -> bool:
        """A signal interrupted an exchange, with bytes on their way: the stream is of no more use."""
        return self._midway

    def exchange(self, payload: bytes, want: int, deadline: float, reading: Reading | None) -> Any:
        """What ``request`` does, with less ado, for a short payload on an open link.

        NOTHING means that replies to earlier requests are outstanding, and that this one was not sent.
        """
        if self._pending:
            return NOTHING
        transport = cast("DirectTransport", self._transport)
        replies: list[Any] = []
        self._midway = True
        try:
            self._reader.feed(transport.exchange(payload, deadline))
            while len(replies) < want:
                replies.append(self._next_reply(transport, deadline))
            reply = replies[0] if want == 1 else replies
            if reading is not None:
                reading.arrived(reply, self.trust)
            self._end_exchange()
        except (OSError, ProtocolError) as error:
            if isinstance(error, OSError) and error.errno is None:
                raise  # a signal's handler raised it, a TimeoutError for example
            raise self._failed(error, want - len(replies)) from None
        self._midway = False
        return reply

    def _failed(self, error: OSError | ProtocolError, missing: int) -> CacheError:
        """The error for the caller, when the link is in step again or has been ended."""
        if isinstance(error, BlockingIOError):
            return self._left_behind(missing)
        if isinstance(error, OSError):
            self.lost(error)
        else:
            self._give_up(self._nonsense())
        return copy_of(self.reason or self._nonsense(), ambiguous=True)

    def _left_behind(self, missing: int) -> CacheError:
        """The caller goes, and what is missing of the replies leaves a tombstone."""
        now = self._now()
        slot = Slot(self._promise(self._transport), b"", missing, now)
        error = self._late(slot, now)
        self._set_alarm(slot.deadline)
        self._pending.append(slot)
        self._midway = False
        return error

    def _next_reply(self, transport: DirectTransport, deadline: float) -> Any:
        """The next reply, waited for; pushes before it are taken in."""
        gets = self._reader.gets
        while True:
            reply = gets()
            if reply is NOTHING:
                self._reader.feed(transport.receive(deadline))
            elif type(reply) is PushNotification:
                self._pushed(reply)
            else:
                return reply

    def _end_exchange(self) -> None:
        """Behind the replies nothing but pushes is expected."""
        while (more := self._reader.gets()) is not NOTHING:
            if type(more) is not PushNotification:
                raise ProtocolError
            self._pushed(more)

    def _attach(self, transport: Transport) -> None:
        super()._attach(transport)
        if self._near is not None:
            self.trust.arrived = cast("DirectTransport", transport).arrivals()

    def take_in(self) -> None:
        """Between requests: read what has arrived."""
        self._catch_up(self._now())

    def check(self) -> bool:
        """Between requests: take in what has arrived, and tell whether the link is open still."""
        clock = self._now
        now = clock()
        if self._pending or now - self._used > FRESH:
            self._catch_up(now)
        else:
            self.alarm_at = inf
        self._used = now
        return self.ready

    def _catch_up(self, now: float) -> None:
        if self._transport is not None:
            self._read_rest(self._transport)
        if not self._pending:
            self.alarm_at = inf
        elif now >= self.alarm_at:
            self._time_out(now)

    def _read_rest(self, transport: Transport) -> None:
        """Read what has arrived. What was taken off the socket waits, for all who look, until it has been parsed."""
        trust, arrived = self.trust, self.trust.arrived
        try:
            if arrived is not None:
                trust.arrived = _something
            transport.read(wait=False)
        finally:
            if not trust.over:
                trust.arrived = arrived


def _something(_seconds: float, _most: int) -> tuple[object]:
    """What a look at a socket gives when something waits."""
    return (None,)
