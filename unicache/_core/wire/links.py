"""The links of a process to one node: which one carries a request, when one is opened, and when to try again.

``SharedLinks`` has one link per scheduler, shared by all its callers; where links serve one caller at a time, there is
a ``pool``. A request that certainly was not carried out is tried once more on a new link; so is one that may be
repeated without harm. Nothing else is ever repeated (R6).
"""

import os
import weakref
from collections.abc import Awaitable, Hashable
from contextlib import suppress
from math import inf
from typing import Any

from unicache._core.io import Endpoint, Event, Io
from unicache._core.setup.node import NodeOptions
from unicache._core.tools.backoff import Backoff
from unicache._core.tools.forks import forget_after_fork
from unicache._core.wire import resp
from unicache._core.wire.handshake import Features
from unicache._core.wire.large import LARGE
from unicache._core.wire.link import Link
from unicache._core.wire.near import Near, Reading, SignOfLife
from unicache.errors import CacheClosed, CacheError, OperationTimeout, StoreUnavailable

PING = b"*1\r\n$4\r\nPING\r\n"

__all__ = ["Links", "SharedLinks", "bury", "distrusted"]


class Links:
    """What both kinds have in common: opening with back-off, repeating once, closing, surviving a fork."""

    def __init__(self, io: Io, options: NodeOptions, near: Near | None = None) -> None:
        self._io = io
        self._options = options
        self._near = near
        if near is not None:
            near.links = weakref.ref(self)
        self._backoff = Backoff()
        self._closed = False
        self._timeout = options.timeout
        self._clock = io.now
        self.features: Features | None = None
        forget_after_fork(self)

    @property
    def available(self) -> bool:
        """False while the node is known to be out of reach and it is not time for another attempt."""
        return self._backoff.failures == 0 or self._io.now() >= self._backoff.next_try

    async def request(
        self, payload: bytes, want: int = 1, *, again: bool, reading: Reading | None = None, aside: bool = False
    ) -> Any:
        """Carry a request out.

        ``again``    it may be repeated without harm
        ``reading``  sees the replies first
        ``aside``    it, or its reply, is large; whoever shares a link should not have to wait behind it

        Raises StoreUnavailable, OperationTimeout, CacheClosed.
        """
        clock = self._clock
        deadline = clock() + self._timeout
        try:
            return await self._once(payload, want, deadline, reading, aside)
        except StoreUnavailable as error:
            if self._backoff.failures or (error.ambiguous and not again) or self._io.now() >= deadline:
                raise
            ambiguous = error.ambiguous
        try:
            return await self._once(payload, want, deadline, reading, aside)
        except (StoreUnavailable, OperationTimeout) as error:
            error.ambiguous |= ambiguous  # the first attempt may have been carried out, if not this one
            raise

    async def connect(self) -> Features:
        """Have an open link, or raise why not."""
        raise NotImplementedError

    def _once(self, payload: bytes, want: int, deadline: float, reading: Reading | None, aside: bool) -> Awaitable[Any]:
        raise NotImplementedError

    async def _open(self, link: Link, deadline: float) -> None:
        """Open the link when its turn has come, and keep the score, before those who wait for the link hear of it."""
        tried = False
        try:
            await self._io.sleep(self._backoff.delay(self._io.now()))
            seconds = self._time_left(deadline)
            tried = True
            self.features = await link.open(seconds)
            if self._near is not None and not self.features.tracking:
                self._near.refused(link.trust)
        except CacheError as error:
            if tried and not isinstance(error, CacheClosed):
                self._backoff.failed(self._io.now())
            link.end(error)
            raise
        except BaseException:
            link.end(StoreUnavailable(f"connecting to {self._options.endpoint} was interrupted"))
            raise
        self._backoff.succeeded()

    def _time_left(self, deadline: float) -> float:
        """Seconds for an attempt to connect."""
        seconds = min(self._options.connect_timeout, deadline - self._io.now())
        if seconds <= 0.0:
            raise self._no_connection()
        return seconds

    def _no_connection(self) -> StoreUnavailable:
        return StoreUnavailable(f"no connection to {self._options.endpoint} within the deadline")

    def _check_open(self) -> None:
        if self._closed:
            raise CacheClosed("the cache is closed")

    def renew(self, link: Any, name: bytes) -> None:
        """Have the link show that it is alive, with a command about ``name``, unless callers see to that themselves."""

    def take_in(self, link: Any) -> bool:
        """Read what waits on the link, if it is nobody else who does; False when it is not certain that it was read."""
        return False

    def watch(self, name: bytes, *, aside: bool) -> Event | None:
        """An event that is set when the server says that ``name`` has changed, or can say nothing any more.

        It has to be told which reads it is about. None where links say nothing while nobody reads them.
        """
        return None

    def unwatch(self, name: bytes, event: Event, *, aside: bool) -> None:
        """The event is not needed any more."""

    def distrust(self) -> None:
        """An answer belonged to another request: lose the links, with whatever is under way on them."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the links; later requests raise CacheClosed."""
        raise NotImplementedError

    def forget(self) -> None:
        """In a forked child: let go of the parent's links without a word on them."""
        raise NotImplementedError


Lane = dict[Hashable, Link]
"""The link of each scheduler."""


class SharedLinks(Links):
    """One link per scheduler, and one beside it once there are large values. Requests made while a link opens are sent
    in their order once it is open.
    """

    def __init__(self, io: Io, options: NodeOptions, near: Near | None = None) -> None:
        super().__init__(io, options, near)
        self._main: Lane = {}
        self._beside: Lane = {}
        self._here = io.here

    def _once(self, payload: bytes, want: int, deadline: float, reading: Reading | None, aside: bool) -> Awaitable[Any]:
        if aside:
            return self._once_beside(payload, want, deadline, reading)
        here = self._here
        link = self._main.get(here())
        if link is None or link.dead:
            link = self._start(self._main)
        return link.request(payload, want, deadline, reading)

    async def _once_beside(self, payload: bytes, want: int, deadline: float, reading: Reading | None) -> Any:
        main = self._main.get(self._here())
        if main is not None and not main.dead and (main.crossing or not main.idle):
            await self._overtake_nobody(main, deadline)
        link = self._beside.get(self._here())
        if link is None or link.dead:
            link = self._start(self._beside)
        return await link.request(payload, want, deadline, reading)

    async def _overtake_nobody(self, main: Link, deadline: float) -> None:
        """Wait until everything is answered that was asked before: calls on one key are carried out in their order."""
        main.crossing += 1
        try:
            await main.request(PING, 1, deadline)
        except (StoreUnavailable, OperationTimeout) as error:
            error.ambiguous = False  # what matters has not been sent
            raise
        finally:
            main.crossing -= 1

    async def connect(self) -> Features:
        """Have an open link, or raise why not."""
        await self.request(PING, again=True)
        assert self.features is not None
        return self.features

    def _start(self, lane: Lane) -> Link:
        self._check_open()
        for here, old in list(lane.items()):
            if old.dead:  # of a loop that is over
                lane.pop(here, None)
        link = lane[self._here()] = Link(self._io, self._options.endpoint, self._options.who, self._near)
        if lane is self._beside:
            link.piece = LARGE
        self._io.spawn(lambda: self._open_quietly(link))
        return link

    async def _open_quietly(self, link: Link) -> None:
        with suppress(CacheError):  # those who wait for the link are told
            await self._open(link, inf)

    def renew(self, link: Any, name: bytes) -> None:
        """A small command about the key, on this scheduler's link; another's cannot be touched from here."""
        for own in (self._main.get(self._here()), self._beside.get(self._here())):
            if own is not None and own is link and self._near is not None:
                own.ask(resp.pack("EXISTS", name), self._io.now() + self._timeout, SignOfLife(self._near))

    def watch(self, name: bytes, *, aside: bool) -> Event | None:
        """An event of this scheduler's link, if that is told of changes."""
        link = (self._beside if aside else self._main).get(self._here())
        if link is None or not link.ready or self.features is None or not self.features.tracking:
            return None
        event = self._io.event()
        link.watches.add(name, event)
        return event

    def unwatch(self, name: bytes, event: Event, *, aside: bool) -> None:
        """The event is not needed any more; a link that was lost has told everybody."""
        link = (self._beside if aside else self._main).get(self._here())
        if link is not None:
            link.watches.remove(name, event)

    def distrust(self) -> None:
        """Lose this scheduler's links."""
        self._end(distrusted(self._options.endpoint))

    def close(self) -> None:
        """Close this scheduler's links; later requests raise CacheClosed, under every scheduler."""
        self._closed = True
        self._end(CacheClosed("the cache was closed"))
        for lane in (self._main, self._beside):
            lane.clear()  # another scheduler's link ends with its scheduler: it cannot be touched from here

    def _end(self, error: CacheError) -> None:
        for lane in (self._main, self._beside):
            link = lane.pop(self._here(), None)
            if link is not None:
                link.end(error)

    def forget(self) -> None:
        """Let go of the parent's links."""
        bury([*self._main.values(), *self._beside.values()])
        self._main.clear()
        self._beside.clear()


def distrusted(endpoint: Endpoint) -> StoreUnavailable:
    """Why links are lost after a reply that was another request's."""
    return StoreUnavailable(f"{endpoint} gave an answer that belongs to another request")


_graveyard: list[Link] = []


def bury(links: Any) -> None:
    """Point the child's descriptors elsewhere: the connection stays the parent's, and closing them harms nobody.

    The links are kept, because collecting them would run their event model's farewell code in a process without it.
    """
    null = os.open(os.devnull, os.O_RDWR)
    try:
        for link in links:
            descriptor = link.fileno()
            if descriptor is not None and descriptor >= 0:
                os.dup2(null, descriptor, inheritable=False)
            _graveyard.append(link)
    finally:
        os.close(null)
