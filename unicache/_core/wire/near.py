"""The near cache: what this process keeps of what its links have read, and when that may be served (R7, R8, P3).

    hit        the entry's link has shown within ``max_staleness`` that it is alive, and no push waits on it unread
    insert     when a reply is parsed, in the order of the bytes, and only if nothing has happened to the name since it
               was asked for: no push, no write of our own, no other value read meanwhile by another link
    forget     on a push, on a write of our own (before it is sent and after it was answered), on a flush

An entry belongs to the link that read it, because the server tells that link when the name changes. All links of a
store share one table, so what any of them hears, and what any of them writes, counts for all.

What must not be here: which command asks (``near_store``), sockets (``link``), what a record means.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from math import inf
from types import TracebackType
from typing import Any, Protocol

import msgspec

from unicache._core.records.record import Known
from unicache._core.records.weights import weight
from unicache._core.setup.node import NearOptions
from unicache._core.tools import log
from unicache._core.tools.bounded import MOST_USES, Bounded
from unicache._core.tools.forks import forget_after_fork
from unicache._core.wire.resp import ReplyError

__all__ = ["MISSES_LIVE", "Kept", "Near", "Reading", "SignOfLife", "Trust"]

MISSES_LIVE = 1.0
"""Seconds at most for which it is remembered that a name held nothing."""

GLANCE = 5e-6
"""Seconds for which a look at a link's socket holds: less than a writer anywhere needs to hear that it has written."""

KEPT_OVERHEAD = 64
"""Bytes of a ``Kept``."""

BEFORE_RENEWAL = 0.5
"""The part of ``max_staleness`` after which a link is asked for a sign of life, behind the caller that is served."""


class Trust:
    """How far one link is to be trusted. ``until`` and ``renew_at`` are on the clock of the near cache.

    ``arrived``  where nobody but callers reads the link: whether bytes wait to be read on it, as ``epoll.poll``
    """

    __slots__ = ("arrived", "link", "looked", "over", "renew_at", "until")

    def __init__(self, link: Any) -> None:
        self.link = link  # a weak reference: entries must not keep links, nor links entries
        self.until = -inf
        self.renew_at = -inf
        self.over = False
        self.looked = -inf
        self.arrived: Callable[[float, int], Sequence[object]] | None = None

    def end(self) -> None:
        """The link is lost: its entries are of no more use."""
        self.over = True
        self.until = self.renew_at = -inf
        self.arrived = None


class Kept(msgspec.Struct, frozen=True, gc=False):
    """One entry. ``mark`` tells two contents apart."""

    content: Known
    mark: object
    trust: Trust


def _weigh(name: bytes, kept: Kept) -> int:
    return weight(name, kept.content) + KEPT_OVERHEAD


class Reading(Protocol):
    """A request whose replies may be kept. The link hands them over when it has parsed them, before anything else."""

    def arrived(self, reply: Any, trust: Trust) -> None:
        """The reply, or the list of replies. Must raise nothing."""
        ...


class Links(Protocol):
    """What the near cache asks of the links."""

    def renew(self, link: Any, name: bytes) -> None:
        """Ask the link for a sign of life, a command about ``name``, and do not wait for it."""
        ...

    def take_in(self, link: Any) -> bool:
        """Read what waits on the link, which nobody else does; False when somebody is using it."""
        ...


class Near:
    """The near cache of one store. ``now`` is a clock that also counts while the machine is suspended.

    Hits take no lock: a table is looked up, and times are compared.
    """

    def __init__(self, options: NearOptions, now: Callable[[], float]) -> None:
        self.now = now
        self._max_staleness = options.max_staleness
        self._table: Bounded[Kept] = Bounded(options.max_entries, options.max_bytes)
        self._find = self._table.find
        self._asked: dict[bytes, Reading] = {}
        self._complained = False
        self._others: dict[bytes, object] = {}  # what others saw of a name while the first reading is under way
        self.links: Callable[[], Links | None] = lambda: None
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the links that told of changes are the parent's."""
        self._lock = threading.RLock()
        self.changed(None)

    # -- serving (R8)

    def peek(self, name: bytes) -> Known:
        """What the name holds, as far as the server has told; None when that is not known."""
        find, clock = self._find, self.now
        slot = find(name)
        if slot is None:
            return None
        now = clock()
        if now >= slot.deadline:
            return None
        if slot.uses < MOST_USES:
            slot.uses += 1
        kept = slot.value
        trust = kept.trust
        if now >= trust.renew_at and not self._renewed(trust, name, now):
            return None
        arrived = trust.arrived
        if arrived is not None and now - trust.looked > GLANCE:
            if arrived(0, 1):
                return self._after(trust, name, now)
            trust.looked = now
        return kept.content

    def _renewed(self, trust: Trust, name: bytes, now: float) -> bool:
        """Whether the link may still be trusted; it is asked for a new sign of life."""
        if now >= trust.until:
            return False
        link, links = trust.link(), self.links()
        if link is not None and links is not None:
            trust.renew_at = trust.until
            links.renew(link, name)
        return True

    def _after(self, trust: Trust, name: bytes, now: float) -> Known:
        """What the name holds when what waits on the link has been read."""
        link, links = trust.link(), self.links()
        if link is None or links is None or not links.take_in(link):
            return None
        slot = self._table.get(name, now)
        return slot.value.content if slot is not None and now < slot.value.trust.until else None

    # -- inserting (R7)

    def asks(self, reading: Reading, names: Iterable[bytes]) -> float:
        """The reading is about to be sent; gives the time, for ``lives``."""
        with self._lock:
            for name in names:
                self._asked.setdefault(name, reading)
        return self.now()

    def lives(self, trust: Trust, asked: float) -> None:
        """The link has answered, with something about a key, what it was asked then: it is alive, and up to date."""
        if not trust.over and asked + self._max_staleness > trust.until:
            trust.until = asked + self._max_staleness
            trust.renew_at = asked + self._max_staleness * (BEFORE_RENEWAL if trust.arrived is None else 1.0)

    def refused(self, trust: Trust) -> None:
        """The server will not tell this link of changes, so nothing it reads can be kept."""
        trust.end()
        if not self._complained:
            self._complained = True
            log.warning(
                "there is no near cache: this user of the server may not use CLIENT TRACKING (+client|tracking)"
            )

    def keep(self, reading: Reading, name: bytes, kept: Kept, deadline: float) -> None:
        """The reading found this; it may be served until ``deadline`` unless something happened meanwhile.

        Of several readings at a time only the first may insert, and only if all saw the same: between links there is no
        order of the bytes that would tell which is newer.
        """
        with self._lock:
            if self._asked.get(name) is reading:
                del self._asked[name]
                if self._others.pop(name, kept.mark) == kept.mark and deadline > self.now():
                    self._table.put(name, kept, _weigh(name, kept), deadline, self.now())
                    return
            self.seen(name, kept.mark)

    def gone(self, reading: Reading, names: Iterable[bytes]) -> None:
        """The reading ends, whether all of its replies came or not."""
        with self._lock:
            for name in names:
                if self._asked.get(name) is reading:
                    del self._asked[name]
                    self._others.pop(name, None)

    # -- forgetting (R5)

    def seen(self, name: bytes, mark: object) -> None:
        """A caller is about to get this: what is kept must not be another, perhaps older, content, nor become so by a
        reading that is under way.
        """
        slot = self._find(name)
        if name in self._asked or (slot is not None and slot.value.mark != mark):
            with self._lock:
                self._contradict(name, mark)

    def _contradict(self, name: bytes, mark: object) -> None:
        slot = self._find(name)
        if slot is not None and slot.value.mark != mark:
            self._table.pop(name)
        if name in self._asked:
            same = self._others.setdefault(name, mark) == mark
            self._others[name] = mark if same else object()

    def changed(self, names: Iterable[bytes] | None) -> None:
        """These names may hold something else now, and what is on its way may be what they held; None for all."""
        with self._lock:
            if names is None:
                self._table.clear()
                self._asked.clear()
                self._others.clear()
                return
            for name in names:
                self._table.pop(name)
                self._asked.pop(name, None)
                self._others.pop(name, None)

    def writing(self, names: Sequence[bytes]) -> "Writing":
        """Around a write of our own: before it is sent, and again when it was answered, or was not."""
        return Writing(self, names)


class SignOfLife:
    """The reading behind ``Links.renew``: the answer to a command about a key, which a link that serves pushes must
    give. Not PING: a node that was cut off from its cluster still answers that.
    """

    def __init__(self, near: Near) -> None:
        self._near = near
        self._asked = near.now()

    def arrived(self, reply: Any, trust: Trust) -> None:
        if not isinstance(reply, ReplyError):
            self._near.lives(trust, self._asked)


class Writing:
    """See ``Near.writing``."""

    __slots__ = ("_names", "_near")

    def __init__(self, near: Near, names: Sequence[bytes]) -> None:
        self._near = near
        self._names = names

    def __enter__(self) -> None:
        self._near.changed(self._names)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._near.changed(self._names)
