"""One connection: requests in, replies out, in order, whatever becomes of the callers.

Sans-IO but for the transport it is given: bytes come by ``received`` and leave by ``collect``. A request whose caller
has gone (cancelled, killed, timed out) keeps its place as a tombstone, so the link stays in step and is not closed for
it; it is closed when a tombstone has been waiting for as long again as its request might have.

What must not be here: which node, how many links, when to try again (``links``), what commands mean (``valkey``).
"""

import weakref
from collections import deque
from collections.abc import Sequence
from itertools import chain
from math import inf
from typing import Any

import msgspec

from unicache._core.io import PIECE, Alarm, Endpoint, Io, Promise, Transport
from unicache._core.setup.node import Credentials
from unicache._core.wire.handshake import Features, features, greeting, refusal
from unicache._core.wire.near import Near, Reading, Trust
from unicache._core.wire.resp import NOTHING, ProtocolError, PushNotification, ReplyError, pack_all, reader
from unicache._core.wire.watches import Watches
from unicache.errors import CacheClosed, CacheError, OperationTimeout, StoreUnavailable

__all__ = ["Link", "Slot", "copy_of"]

MAX_IN_FLIGHT = 100_000
"""Requests that may wait for replies on one link before more are refused (P9)."""

COMPANY = 8
"""Requests that go out together before the tick ends, when the server has nothing to do: then both sides work."""

GRACE = 5.0
"""Seconds that a tombstone may wait for its reply before the link is given up."""

LATE = 0.1
"""Seconds that an alarm may ring late. If it is more, this process stood still, and has yet to read what has come."""


class Slot(msgspec.Struct, eq=False):
    """A request's place in the queue of replies.

    ``payload``  kept until it is handed to the transport
    ``reading``  is shown the replies as they are parsed, among the pushes
    """

    promise: Promise
    payload: bytes
    want: int
    deadline: float
    reading: Reading | None = None
    replies: list[Any] | None = None
    late: bool = False


class Link:
    """A link to one endpoint. ``request`` may be called at once; what is asked before it is open goes out in order.

    ``new``    never opened
    ``ready``  open, greeted, and not lost
    ``dead``   lost, refused or closed; ``reason`` says which
    """

    def __init__(self, io: Io, endpoint: Endpoint, who: Credentials, near: Near | None = None) -> None:
        self._io = io
        self._near = near
        self.trust = Trust(weakref.ref(self))
        self._endpoint = endpoint
        self._who = who
        self.new = True
        self.ready = False
        self.dead = False
        self._transport: Transport | None = None
        self._reader = reader()
        self._queue: deque[Slot] = deque()  # asked before the link was open
        self._pending: deque[Slot] = deque()  # sent, or about to be at the end of this tick
        self._output: list[bytes] = []
        self._alone = False  # the last write carried one request: few callers, so the next need not wait for company
        self._alarm: Alarm | None = None
        self.alarm_at = inf
        self._excused = False
        self.piece = PIECE
        self.watches = Watches()
        self.crossing = 0  # requests that wait for this link to be idle, in order to go by another
        self.reason: CacheError | None = None
        self._broken: CacheError | None = None
        self._resolve = io.resolve
        self._promise = io.promise

    @property
    def _opening(self) -> bool:
        return not (self.new or self.ready or self.dead)

    @property
    def idle(self) -> bool:
        """Nothing was asked that is not answered."""
        return not self._pending and not self._queue

    @property
    def busy(self) -> bool:
        """Replies are outstanding."""
        return bool(self._pending)

    # -- opening

    async def open(self, seconds: float) -> Features:
        """Connect and greet within ``seconds``. Returns what the server can do.

        Raises StoreUnavailable, OperationTimeout, ConfigurationError, CacheClosed; whoever called must then ``end`` it.
        """
        deadline = self._io.now() + seconds
        self.new = False
        try:
            self._attach(await self._connected(seconds))
        except (OSError, UnicodeError) as error:
            raise StoreUnavailable(f"cannot reach {self._endpoint}: {_reason(error)}") from error
        found = await self._greet(deadline)
        self._go()
        return found

    async def _connected(self, seconds: float) -> Transport:
        self._endpoint.host.encode("idna")  # refused here, because event models fail at it in ways of their own
        if self._endpoint.tls is None:
            return await self._io.connect(self._endpoint, self, seconds)
        from unicache._core.wire.tls import open_tls  # with the standard library's ssl, which is dear to import

        return await open_tls(self._io, self._endpoint, self, seconds)

    def _attach(self, transport: Transport) -> None:
        self._transport = transport
        if self.dead:
            transport.close()
        self._check_unbroken()

    def _check_unbroken(self) -> None:
        """Raise if it was closed, or lost, while something else was awaited."""
        if error := self.reason or self._broken:
            raise error

    async def _greet(self, deadline: float) -> Features:
        commands = greeting(self._who, tracks_all=self._near is not None)
        slot = Slot(self._promise(self._transport), pack_all(commands), len(commands), deadline)
        self._send(slot)
        replies = await slot.promise
        if isinstance(replies, OperationTimeout):
            raise StoreUnavailable(f"no connection to {self._endpoint} within the deadline")
        if isinstance(replies, CacheError):
            raise copy_of(replies, ambiguous=False)  # to the callers, who have sent nothing yet
        return features(replies if isinstance(replies, list) else [replies], self._who, str(self._endpoint))

    def _go(self) -> None:
        self._check_unbroken()
        self.ready = True
        queue, self._queue = self._queue, deque()
        self._alone = len(queue) == 1
        for slot in queue:
            self._send(slot)

    # -- requests

    async def request(self, payload: bytes, want: int, deadline: float, reading: Reading | None = None) -> Any:
        """Send ``payload`` and give its reply, or the list of its ``want`` replies if that is not 1.

        ``reading`` gets them first. Server errors come as ReplyError values. Raises StoreUnavailable and
        OperationTimeout, ``ambiguous`` when the request may have been carried out.
        """
        promise = self._promise
        slot = Slot(promise(self._transport), payload, want, deadline, reading)
        try:
            if self.ready and len(self._pending) < MAX_IN_FLIGHT:
                self._send(slot)
            else:
                self._wait_for_opening(slot)
            reply = await slot.promise
        except BaseException:
            self._abandon(slot)
            raise
        if isinstance(reply, CacheError):
            raise reply
        return reply

    def ask(self, payload: bytes, deadline: float, reading: Reading) -> None:
        """Send a request with one reply for which only ``reading`` waits."""
        if self.ready and len(self._pending) < MAX_IN_FLIGHT:
            self._send(Slot(self._promise(self._transport), payload, 1, deadline, reading))

    def _send(self, slot: Slot) -> None:
        output = self._output
        self._pending.append(slot)
        output.append(slot.payload)
        if slot.deadline < self.alarm_at:
            self._set_alarm(slot.deadline)
        if len(output) == 1 and self._transport is not None:
            if self._alone and len(self._pending) == 1:
                self._transport.flush()
            else:
                self._transport.wake()
        elif len(output) == COMPANY == len(self._pending) and self._transport is not None:
            self._transport.flush()
        slot.payload = b""  # last, because it tells that all of this was done

    def _wait_for_opening(self, slot: Slot) -> None:
        if self.reason is not None:
            raise copy_of(self.reason, ambiguous=False)
        if len(self._queue) + len(self._pending) >= MAX_IN_FLIGHT:
            raise StoreUnavailable(f"{MAX_IN_FLIGHT} requests to {self._endpoint} are already waiting")
        self._queue.append(slot)
        if slot.deadline < self.alarm_at:
            self._set_alarm(slot.deadline)

    def _abandon(self, slot: Slot) -> None:
        """The caller has gone. What was not sent is not sent; what was leaves a tombstone."""
        if slot in self._queue:
            self._queue.remove(slot)
        elif slot.payload and slot in self._pending:  # a signal came while it was being sent: half done, out of step
            self.lost(None)

    # -- the transport's side

    def collect(self) -> bytes:
        """All bytes to be sent now."""
        output = self._output
        self._alone = len(output) == 1
        data = output[0] if self._alone else b"".join(output)
        output.clear()
        return data

    def received(self, data: bytes) -> None:
        """Match replies with requests, in order."""
        gets = self._reader.gets
        pending = self._pending
        resolve = self._resolve
        try:
            self._reader.feed(data)
            while (reply := gets()) is not NOTHING:
                if type(reply) is PushNotification:
                    self._pushed(reply)
                    continue
                slot = pending[0]
                if slot.want != 1:
                    replies = slot.replies = slot.replies or []
                    replies.append(reply)
                    if len(replies) < slot.want:
                        continue
                    reply = replies
                if slot.reading is not None:
                    slot.reading.arrived(reply, self.trust)
                pending.popleft()
                resolve(slot.promise, reply)
        except (ProtocolError, IndexError):
            self._give_up(self._nonsense())
        except BaseException:  # interrupted by a signal, perhaps between a reply and its request: out of step
            self.lost(None)
            raise

    def _pushed(self, push: Sequence[Any]) -> None:
        """The server says what has changed; None is everything."""
        if push[0] == b"invalidate":
            if self._near is not None:
                self._near.changed(push[1])
            self.watches.tell(push[1])

    def lost(self, error: Exception | None) -> None:
        """The stream is gone."""
        why = "the server closed the connection" if error is None else _reason(error)
        self._give_up(self._refused() or StoreUnavailable(f"lost the connection to {self._endpoint}: {why}"))

    def _nonsense(self) -> CacheError:
        return StoreUnavailable(f"{self._endpoint} sent what is not an answer")

    def _refused(self) -> CacheError | None:
        """What the server said against us before it hung up."""
        said = self._pending[0].replies if self._opening and self._pending else None
        return refusal(said[0], str(self._endpoint)) if said and isinstance(said[0], ReplyError) else None

    def ring(self) -> None:
        """The alarm. If it is late, what may have come meanwhile is read first: that is done when it rings again."""
        now = self._io.now()
        self._excused = now - self.alarm_at > LATE and not self._excused
        self._alarm = None
        if self._excused:
            self._set_alarm(now)
        else:
            self._time_out(now)

    def _time_out(self, now: float) -> None:
        """Time out what is overdue; give the link up if a tombstone is overdue a second time."""
        self.alarm_at = inf
        for slot in (*self._pending, *self._queue):
            if slot.deadline <= now:
                if slot.late:
                    self.end(StoreUnavailable(f"{self._endpoint} does not answer"))
                    return
                self._overdue(slot, now)
        earliest = min((slot.deadline for slot in (*self._pending, *self._queue)), default=inf)
        if earliest < inf:
            self._set_alarm(earliest)

    def _overdue(self, slot: Slot, now: float) -> None:
        if slot in self._queue:
            self._queue.remove(slot)
            error: CacheError = StoreUnavailable(f"no connection to {self._endpoint} within the deadline")
        else:
            error = self._late(slot, now)
        self._resolve(slot.promise, error)

    def _late(self, slot: Slot, now: float) -> CacheError:
        slot.late = True
        slot.deadline = now + GRACE
        return OperationTimeout(f"{self._endpoint} did not answer within the deadline", ambiguous=True)

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.alarm_at = at
        self._alarm = self._io.alarm(max(0.0, at - self._io.now()), self.ring)

    # -- the end

    def fileno(self) -> int | None:
        """The socket's descriptor, if there is one."""
        return None if self._transport is None else self._transport.fileno()

    def close(self) -> None:
        """Close at once; what is outstanding fails with CacheClosed."""
        self.end(CacheClosed("the cache was closed"))

    def _give_up(self, error: CacheError) -> None:
        """End, but leave it to ``open`` while that is under way: whoever opens keeps a score, and must hear first."""
        if not self._opening:
            self.end(error)
            return
        self._broken = self._broken or error
        if self._pending:
            self._resolve(self._pending.popleft().promise, error)

    def end(self, error: CacheError) -> None:
        """Close; what is outstanding, and whatever comes later, fails with the first reason given."""
        # All of it each time: a signal may have cut the first short, or a request of another thread have slipped in.
        self.reason = self.reason or error
        self.new = self.ready = False
        self.dead = True
        self.trust.end()
        self._shut()
        self._fail_all(self.reason)
        self.watches.tell(None)

    def _shut(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.alarm_at, self._alarm = inf, None
        if self._transport is not None:
            self._transport.close()

    def _fail_all(self, error: CacheError) -> None:
        pending, self._pending = self._pending, deque()
        queue, self._queue = self._queue, deque()
        sent = len(pending) - len(self._output)
        self._output.clear()
        for position, slot in enumerate(chain(pending, queue)):
            self._resolve(slot.promise, copy_of(error, ambiguous=position < sent))


def copy_of(error: CacheError, *, ambiguous: bool) -> CacheError:
    """The same error as an object of its own: several callers raise it, and each adds its traceback."""
    if isinstance(error, StoreUnavailable):
        return StoreUnavailable(str(error), ambiguous=ambiguous)
    return type(error)(str(error))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "timed out"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
