"""Links for models in which a link serves one caller at a time: at most so many, lent and given back.

What a link is and when it is opened stands in ``links``; here is who gets which.
"""

import threading
import weakref
from collections import deque
from typing import Any

from unicache._core.handshake import Features
from unicache._core.io import Event, Io
from unicache._core.link import Link
from unicache._core.links import Links, NodeOptions, SharedLinks, bury, distrusted
from unicache.errors import OperationTimeout, StoreUnavailable

__all__ = ["LinkPool", "links_for"]


class LinkPool(Links):
    """At most ``max_connections`` links, opened as needed, each used by one caller at a time.

    A signal's handler may raise anywhere, so a link may fail to be given back. Who has it is therefore on record by a
    weak reference: when a link is missed, one whose holder is no more is closed, and makes room.
    """

    def __init__(self, io: Io, options: NodeOptions) -> None:
        super().__init__(io, options)
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._idle: deque[Link] = deque()
        self._farewell = weakref.finalize(self, _close_all, self._idle)
        self._holders: dict[Link, weakref.ref[_Turn]] = {}
        self._waiting: deque[_Turn] = deque()

    async def _once(self, payload: bytes, want: int, deadline: float) -> Any:
        turn = _Turn()
        try:
            link = await self._take(turn, deadline)
            return await link.request(payload, want, deadline)
        finally:
            self._give(turn)

    async def connect(self) -> Features:
        """Have an open link, or raise why not."""
        turn = _Turn()
        try:
            await self._take(turn, self._io.now() + self._options.connect_timeout)
        finally:
            self._give(turn)
        assert self.features is not None
        return self.features

    async def _take(self, turn: "_Turn", deadline: float) -> Link:
        while True:
            if event := self._queued(turn):
                await self._wait(turn, event, deadline)
            self._check_open()
            if (link := turn.link) is None:
                raise OperationTimeout(f"all {self._options.max_connections} connections were busy until the deadline")
            if link.new:
                self._check_due(deadline)
                await self._open(link, deadline)
                return link
            link.check()
            if link.ready:
                return link
            self._give(turn)

    async def _wait(self, turn: "_Turn", event: Event, deadline: float) -> None:
        await event.wait(deadline - self._io.now())
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _queued(self, turn: "_Turn") -> Event | None:
        """Lend a link at once, or give what to wait for in the queue, in which nobody can be overtaken."""
        with self._lock:
            self._check_open()
            if not self._waiting and self._lend(turn):
                return None
            turn.event = self._io.event()
            self._waiting.append(turn)
            self._drop_abandoned()
            self._serve()
            return turn.event

    def _lend(self, turn: "_Turn") -> bool:
        if self._idle:
            link = self._idle.pop()
        elif len(self._holders) < self._options.max_connections:
            link = Link(self._io, self._options.endpoint, self._options.who)
        else:
            return False
        self._holders[link] = weakref.ref(turn)
        turn.link = link
        return True

    def _serve(self) -> None:
        while self._waiting and self._lend(self._waiting[0]):
            self._waiting.popleft().call()

    def _drop_abandoned(self) -> None:
        for link, holder in list(self._holders.items()):
            if holder() is None and link not in self._idle:
                link.close()
                del self._holders[link]

    def _check_due(self, deadline: float) -> None:
        if self._backoff.next_try >= deadline:
            raise StoreUnavailable(f"{self._options.endpoint} is out of reach; the next attempt is not due yet")

    def _give(self, turn: "_Turn") -> None:
        """Take the link back, if there is one, and let the next in the queue have it."""
        link, turn.link = turn.link, None
        if link is None:
            return
        with self._lock:
            if self._closed or not (link.new or link.ready):
                link.close()
            if link.dead:
                self._holders.pop(link, None)
            elif link.busy:
                self._idle.appendleft(link)  # its tombstones need time to be answered, so it is taken last
            else:
                self._idle.append(link)
            self._serve()

    def distrust(self) -> None:
        """Lose all links: the one in question has been given back and cannot be told from the others."""
        with self._lock:
            links = list(self._holders)
        for link in links:
            link.end(distrusted(self._options.endpoint))

    def close(self) -> None:
        """Close all links; requests under way fail with CacheClosed."""
        with self._lock:
            self._closed = True
            links = list(self._holders)
            self._holders.clear()
            self._idle.clear()
            waiting, self._waiting = self._waiting, deque()
        for link in links:
            link.close()
        for turn in waiting:
            turn.call()

    def forget(self) -> None:
        """Let go of the parent's links."""
        self._farewell.detach()
        bury(self._holders)
        self._reset()


class _Turn:
    """A caller's claim on a link: waiting for one, or using it."""

    __slots__ = ("__weakref__", "event", "link")

    def __init__(self) -> None:
        self.event: Event | None = None
        self.link: Link | None = None

    def call(self) -> None:
        """Tell the caller to look again."""
        if self.event is not None:
            self.event.set()


def links_for(io: Io, options: NodeOptions) -> Links:
    """The kind of links that suits the event model."""
    return LinkPool(io, options) if io.exclusive else SharedLinks(io, options)


def _close_all(idle: deque[Link]) -> None:
    """When the pool is collected, and at the end of the interpreter: a cache need not be closed by anybody.

    Links in use go with their threads.
    """
    while idle:
        idle.pop().close()
