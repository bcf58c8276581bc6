"""Links for models in which a link serves one caller at a time: at most so many, lent and given back.

What a link is and when it is opened stands in ``links``; here is who gets which.
"""

import threading
import weakref
from collections import deque
from contextlib import suppress
from typing import Any

from unicache._core.io import Event, Io
from unicache._core.setup.node import NodeOptions
from unicache._core.wire.exclusive_link import ExclusiveLink
from unicache._core.wire.handshake import Features
from unicache._core.wire.links import Links, SharedLinks, bury, distrusted
from unicache._core.wire.near import Near, Reading
from unicache._core.wire.resp import NOTHING
from unicache.errors import OperationTimeout, StoreUnavailable

__all__ = ["LinkPool", "links_for"]


SHORT = 2
"""Replies to what may be written whole before the first of them is read: neither side can fill the other's buffers."""


class LinkPool(Links):
    """At most ``max_connections`` links, opened as needed, each used by one caller at a time.

    Each link has one loan: it lies among the idle, or whoever has it may use the link. A signal's handler may raise
    anywhere, so a loan may get lost. Nobody else refers to it, and it is on record by a weak reference: when a link is
    missed, one whose loan is no more is closed, and makes room.
    """

    def __init__(self, io: Io, options: NodeOptions, near: Near | None = None) -> None:
        super().__init__(io, options, near)
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._idle: deque[_Loan] = deque()
        self._farewell = weakref.finalize(self, _close_all, self._idle)
        self._loans: dict[ExclusiveLink, weakref.ref[_Loan]] = {}
        self._waiting: deque[_Turn] = deque()

    async def _once(self, payload: bytes, want: int, deadline: float, reading: Reading | None, aside: bool) -> Any:
        loan = self._lent() or await self._taken(deadline)
        try:
            if want <= SHORT and (reply := loan.link.exchange(payload, want, deadline, reading)) is not NOTHING:
                return reply
            return await loan.link.request(payload, want, deadline, reading)
        finally:
            self._give(loan)

    async def connect(self) -> Features:
        """Have an open link, or raise why not."""
        self._give(self._lent() or await self._taken(self._io.now() + self._options.connect_timeout))
        assert self.features is not None
        return self.features

    def _lent(self) -> "_Loan | None":
        """An idle link at once, without the lock, if there is a sound one and nobody waits for it."""
        if self._waiting or not self._idle:
            return None
        try:
            loan = self._idle.pop()
        except IndexError:  # another thread was faster
            return None
        if loan.link.check():
            return loan
        self._give(loan)
        return None

    async def _taken(self, deadline: float) -> "_Loan":
        """A link in its turn, opened if it is new."""
        while True:
            loan = await self._won(deadline)
            try:
                if loan.link.new:
                    self._check_due(deadline)
                    await self._open(loan.link, deadline)
                if loan.link.check():
                    return loan
            except BaseException:
                self._give(loan)
                raise
            self._give(loan)

    async def _won(self, deadline: float) -> "_Loan":
        """Wait in the queue, in which nobody can be overtaken."""
        turn = _Turn(self._io.event())
        try:
            self._queue(turn)
            await turn.event.wait(deadline - self._io.now())
            return self._outcome(turn, deadline)
        except BaseException:
            self._leave(turn)
            raise

    def _outcome(self, turn: "_Turn", deadline: float) -> "_Loan":
        self._check_open()
        if turn.loan is None or self._io.now() >= deadline:
            if self._backoff.failures:
                raise self._no_connection()
            raise OperationTimeout(f"all {self._options.max_connections} connections were busy until the deadline")
        return turn.loan

    def _queue(self, turn: "_Turn") -> None:
        with self._lock:
            self._check_open()
            self._waiting.append(turn)
            self._drop_lost()
            self._serve()

    def _leave(self, turn: "_Turn") -> None:
        with self._lock, suppress(ValueError):
            self._waiting.remove(turn)
        if turn.loan is not None:
            self._give(turn.loan)

    def _serve(self) -> None:
        """Lend what can be lent, to those who wait."""
        while self._waiting and (loan := self._next_loan()):
            turn = self._waiting.popleft()
            turn.loan = loan
            turn.event.set()

    def _next_loan(self) -> "_Loan | None":
        with suppress(IndexError):
            return self._idle.pop()
        if len(self._loans) >= self._options.max_connections:
            return None
        loan = _Loan(ExclusiveLink(self._io, self._options.endpoint, self._options.who, self._near))
        self._loans[loan.link] = weakref.ref(loan)
        return loan

    def _drop_lost(self) -> None:
        for link, loan in list(self._loans.items()):
            if loan() is None:
                link.close()
                del self._loans[link]

    def _check_due(self, deadline: float) -> None:
        if self._backoff.next_try >= deadline:
            raise StoreUnavailable(f"{self._options.endpoint} is out of reach; the next attempt is not due yet")

    def _give(self, loan: "_Loan") -> None:
        """Take the link back, and let the next in the queue have it."""
        if loan.link.quiet:
            self._idle.append(loan)
        else:
            self._put_away(loan)
        if self._waiting:
            with self._lock:
                self._serve()

    def _put_away(self, loan: "_Loan") -> None:
        link = loan.link
        with self._lock:
            if self._closed or link.torn or not (link.new or link.ready):
                link.close()
            if link.dead:
                self._loans.pop(link, None)
            else:
                self._idle.appendleft(loan)  # its tombstones need time to be answered, so it is taken last

    def take_in(self, link: Any) -> bool:
        """Read what waits on an idle link; who uses another reads it himself, but perhaps not at once."""
        known = self._loans.get(link)
        loan = None if known is None else known()
        if loan is None:
            return False
        try:
            self._idle.remove(loan)
        except ValueError:
            return False
        try:
            loan.link.take_in()
        finally:
            self._give(loan)
        return True

    def distrust(self) -> None:
        """Lose all links: the one in question has been given back and cannot be told from the others."""
        with self._lock:
            links = list(self._loans)
        for link in links:
            link.end(distrusted(self._options.endpoint))

    def close(self) -> None:
        """Close all links; requests under way fail with CacheClosed."""
        with self._lock:
            self._closed = True
            links = list(self._loans)
            self._loans.clear()
            self._idle.clear()
            waiting, self._waiting = self._waiting, deque()
        for link in links:
            link.close()
        for turn in waiting:
            turn.event.set()

    def forget(self) -> None:
        """Let go of the parent's links."""
        self._farewell.detach()
        bury(self._loans)
        self._reset()


class _Loan:
    """The right to use a link."""

    __slots__ = ("__weakref__", "link")

    def __init__(self, link: ExclusiveLink) -> None:
        self.link = link


class _Turn:
    """A caller's place in the queue; ``event`` says that there is a loan, or no more hope."""

    __slots__ = ("event", "loan")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.loan: _Loan | None = None


def links_for(io: Io, options: NodeOptions, near: Near | None = None) -> Links:
    """The kind of links that suits the event model."""
    return LinkPool(io, options, near) if io.exclusive else SharedLinks(io, options, near)


def _close_all(idle: deque[_Loan]) -> None:
    """When the pool is collected, and at the end of the interpreter: a cache need not be closed by anybody.

    Links in use go with their threads.
    """
    while idle:
        idle.pop().link.close()
