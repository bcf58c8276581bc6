"""A link that serves one caller at a time, who waits on it himself: what it can do with less ado.

What a link is stands in ``link``; who gets which in ``pool``.
"""

from math import inf
from typing import Any, cast

from unicache._core.handshake import Credentials
from unicache._core.io import DirectTransport, Endpoint, Io
from unicache._core.link import Link, Slot, copy_of
from unicache._core.resp import NOTHING, ProtocolError, PushNotification
from unicache.errors import CacheError

__all__ = ["ExclusiveLink"]

FRESH = 0.01
"""Seconds for which a link that just worked is taken to be alive without a look at its socket."""


class ExclusiveLink(Link):
    """A link of an exclusive model. What is outstanding on it between two callers are tombstones."""

    def __init__(self, io: Io, endpoint: Endpoint, who: Credentials) -> None:
        super().__init__(io, endpoint, who)
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

    def exchange(self, payload: bytes, deadline: float) -> Any:
        """What ``request`` does for one reply, with less ado: for one that is open.

        NOTHING means that replies to earlier requests are outstanding, and that this one was not sent.
        """
        if self._pending:
            return NOTHING
        transport, feed = cast("DirectTransport", self._transport), self._reader.feed
        self._midway = True
        try:
            feed(transport.exchange(payload, deadline))
            while (reply := self._only_reply()) is NOTHING:
                feed(transport.receive(deadline))
        except (OSError, ProtocolError) as error:
            if isinstance(error, OSError) and error.errno is None:
                raise  # a signal's handler raised it, a TimeoutError for example
            raise self._failed(error) from None
        self._midway = False
        return reply

    def _failed(self, error: OSError | ProtocolError) -> CacheError:
        """The error for the caller, when the link is in step again or has been ended."""
        if isinstance(error, BlockingIOError):
            return self._left_behind()
        if isinstance(error, OSError):
            self.lost(error)
        else:
            self._give_up(self._nonsense())
        return copy_of(self.reason or self._nonsense(), ambiguous=True)

    def _left_behind(self) -> CacheError:
        """The caller goes, and the request stays as a tombstone."""
        now = self._now()
        slot = Slot(self._promise(self._transport), b"", 1, now)
        error = self._late(slot, now)
        self._set_alarm(slot.deadline)
        self._pending.append(slot)
        self._midway = False
        return error

    def _only_reply(self) -> Any:
        """The reply that has come, NOTHING if it is not whole; behind it, nothing is expected."""
        gets = self._reader.gets
        while type(reply := gets()) is PushNotification:
            pass
        if reply is not NOTHING:
            while (more := gets()) is not NOTHING:
                if type(more) is not PushNotification:
                    raise ProtocolError
        return reply

    def check(self) -> bool:
        """Between requests: take in what has arrived, and tell whether the link is open still."""
        now = self._now()
        if self._pending or now - self._used > FRESH:
            self._catch_up(now)
        else:
            self.alarm_at = inf
        self._used = now
        return self.ready

    def _catch_up(self, now: float) -> None:
        if self._transport is not None:
            self._transport.read(wait=False)
        if not self._pending:
            self.alarm_at = inf
        elif now >= self.alarm_at:
            self.ring()
