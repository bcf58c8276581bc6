"""One request and its response, step by step: what every server model goes through (engine).

The adapter says what happens, and is told what to do:

    begin()                 Reply, or Ask: call the application with this request
    head(head)              Relay: pass this head on; Reply: send this instead; Ask: call the application again
    data(chunk), end()      to be called before the chunk, or the end, is passed on
    failed(error)           the application raised before its head: Reply, or None to let the error out
    abandoned()             whatever else ends the response early

Here verdicts are carried out; they are made in ``policy``. The store being in trouble never fails a request (P7).
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import assert_never

from unicache._core.core import Core
from unicache._core.http.answers import told
from unicache._core.http.conditionals import validating
from unicache._core.http.filing import Filing
from unicache._core.http.invalidation import Outdated, outdated_by
from unicache._core.http.messages import Head, Request
from unicache._core.http.policy import head_differs, lost, on_request, on_response, passed_by
from unicache._core.http.ranges import parts_of
from unicache._core.http.rules import Case, Rules
from unicache._core.http.shelf import Found, Shelf
from unicache._core.http.status import Status
from unicache._core.http.steps import Ask, Relay, Reply
from unicache._core.http.stored import Stored
from unicache._core.http.turns import Next, Turn, Turns
from unicache._core.http.verdicts import (
    Again,
    Answer,
    FallBack,
    Forward,
    Freshened,
    Keep,
    PartialContent,
    Pass,
    Revalidate,
    Serve,
    ServeStale,
)
from unicache.errors import CacheError, InvalidArgument

__all__ = ["Exchange", "Parts"]

log = logging.getLogger("unicache")

NOWHERE = Status("bypass", detail="store-unavailable")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the exchanges of one cache and one set of rules share.

    ``invalidate``  makes out of date what a response says is
    """

    core: Core
    rules: Rules
    shelf: Shelf
    filing: Filing
    turns: Turns
    invalidate: Callable[[Outdated], Awaitable[None]]


class Exchange:
    """See above. ``refresh`` runs the application for an exchange that no client waits for."""

    def __init__(
        self, parts: Parts, request: Request, refresh: "Callable[[Exchange, Ask], Awaitable[None]] | None" = None
    ) -> None:
        self._parts = parts
        self._io = parts.core.io
        self._request = request
        self._refresh = refresh
        self._asked: Forward | Revalidate = Forward(NOWHERE, joins=False, stores=False)
        self._found: Found | None = None
        self._turn: Turn | None = None
        self._epoch = b""
        self._requested = 0.0
        self._keep: Keep | None = None
        self._copy: list[bytes] = []
        self._length = 0

    # -- the request

    async def begin(self) -> Reply | Ask:
        """What to do with the request."""
        if (passed := passed_by(self._request, self._parts.rules)) is not None:
            return self._ask(passed)
        try:
            return await self._looked()
        except CacheError as error:
            self._parts.core.events.lost(error)
            return self._ask(Forward(NOWHERE, joins=False, stores=False))

    async def _looked(self) -> Reply | Ask:
        give_up = self._io.now() + self._parts.rules.collapse_timeout
        waited_as = ""
        while True:
            found = self._found = await self._parts.shelf.find(self._request)
            verdict = on_request(self._case(), found.stored, found.missing)
            if isinstance(verdict, ServeStale):
                return await self._stale(found, verdict)
            if not isinstance(verdict, Forward | Revalidate):
                return self._reply(_collapsed(verdict, waited_as), found.body)
            if not await self._wait(found, verdict, give_up):
                return await self._prepared(verdict)
            waited_as = waited_as or verdict.status.fwd

    async def _wait(self, found: Found, verdict: Forward | Revalidate, give_up: float) -> bool:
        """Take the turn to ask the application, or wait for who has it; whether to look again."""
        if isinstance(verdict, Forward) and not verdict.stores:
            return False
        page = found.slot.page
        if isinstance(verdict, Forward) and (not verdict.joins or (page is not None and page.passing)):
            self._turn = await self._parts.turns.begin_behind(found.slot) if page is None else None
            return False
        turn = await self._parts.turns.take(found.slot, give_up)
        if isinstance(turn, Turn):
            self._turn = turn
            return await self._overtaken(found)
        return turn is Next.LOOK

    async def _overtaken(self, found: Found) -> bool:
        """Whether the response came, or the page went, before the turn was ours; a lease in its place would not be."""
        turn = self._turn
        if turn is None or turn.in_place:
            return False
        try:
            again = self._found = await self._parts.shelf.find(self._request)
        except BaseException:
            await self._end_turn(Next.LOOK)
            raise
        if again.stored == found.stored and again.slot.page is not None:
            return False
        await self._end_turn(Next.LOOK)
        return True

    async def _prepared(self, verdict: Forward | Revalidate) -> Ask:
        """R2: what has to be known before the application is asked."""
        try:
            if not isinstance(verdict, Forward) or verdict.stores:
                self._epoch = await self._parts.filing.epoch()
        except BaseException:
            await self._end_turn(Next.LOOK)
            raise
        return self._ask(verdict)

    async def _stale(self, found: Found, verdict: ServeStale) -> Reply:
        if verdict.refresh and self._refresh is not None and found.stored is not None:
            turn = await self._parts.turns.begin_behind(found.slot)
            if turn is not None:
                self._behind(found, turn, self._refresh)
        return self._reply(verdict.answer, found.body)

    def _behind(self, found: Found, turn: Turn, refresh: "Callable[[Exchange, Ask], Awaitable[None]]") -> None:
        """Ask the application beside the client, for a whole and current response (RFC 5861 3)."""
        assert found.stored is not None
        plain = replace(self._request, method="GET", headers=validating(self._request, found.stored))
        other = Exchange(self._parts, plain)
        other._found, other._turn = found, turn

        async def main() -> None:
            try:
                if not await other._overtaken(found):
                    await refresh(other, await other._prepared(Revalidate(plain.headers, Status("stale"))))
            except Exception as error:  # noqa: BLE001  nobody waits for it; the stale response stays
                self._parts.core.events.tell("load_error", key=None, error=error)
            finally:
                await other.abandoned()

        self._io.spawn(main)

    def _ask(self, verdict: Forward | Revalidate) -> Ask:
        self._asked, self._requested = verdict, self._io.wall()
        if isinstance(verdict, Revalidate):
            return Ask(self._request.with_headers(verdict.headers))
        return Ask(self._request)

    @property
    def _stored(self) -> Stored | None:
        return None if self._found is None else self._found.stored

    def _case(self) -> Case:
        return Case(self._request, self._parts.rules, self._io.wall())

    def _reply(self, answer: Answer, body: bytes) -> Reply:
        head = told(self._case(), answer.head, answer.status)
        match answer:
            case Serve(bodiless=False):
                return Reply(head, body)
            case PartialContent(pieces=pieces):
                return Reply(head, parts_of(pieces, body))
            case _:
                return Reply(head, b"")

    # -- the response

    async def head(self, head: Head) -> Relay | Reply | Ask:
        """What to do with the application's response."""
        body = b"" if self._found is None else self._found.body
        verdict = on_response(self._case(), self._asked, self._stored, head, self._requested)
        match verdict:
            case Keep():
                return await self._kept(verdict, head)
            case Freshened(answer=answer):
                await self._trying(self._renewed(verdict))
                await self._end_turn(Next.LOOK)
                return self._reply(answer, body)
            case FallBack(answer=answer):
                await self._end_turn(Next.LOOK)
                return self._reply(answer, body)
            case Again(status=status):
                return self._ask(Forward(status, joins=False, stores=True))
            case Pass(status=status):
                await self._passed(head)
                return Relay(told(self._case(), head, status))
            case _:
                assert_never(verdict)

    async def _kept(self, keep: Keep, head: Head) -> Relay:
        """Copy the body from now on, if there is a place for it."""
        status = keep.status
        if self._turn is None and (self._found is None or self._found.slot.page is None):
            status = replace(status, stored=False)
        else:
            self._keep = keep
        return Relay(told(self._case(), head, status))

    async def _renewed(self, verdict: Freshened) -> None:
        assert self._found is not None
        if verdict.keeps:
            await self._parts.filing.renew(self._found, verdict.stored)
        else:
            await self._parts.filing.forget(self._found)

    async def _passed(self, head: Head) -> None:
        """Nothing is stored: say so to who waits, and make out of date what the response says is."""
        turn, found = self._turn, self._found
        general = isinstance(self._asked, Forward) and self._asked.joins and head.status < 500
        if general and turn is not None and turn.in_place and found is not None:
            await self._trying(self._parts.filing.let_pass(found.slot, turn.token))
        await self._end_turn(Next.ASK)
        if self._request.method == "HEAD" and found and found.stored and head_differs(found.stored, head):
            await self._trying(self._parts.filing.outdate(found.slot))
        outdated = outdated_by(self._request, head)
        if outdated.targets:
            await self._trying(self._parts.invalidate(outdated))

    async def data(self, chunk: bytes) -> None:
        """A piece of the body that is about to be passed on."""
        if self._keep is None:
            return
        self._copy.append(chunk)
        self._length += len(chunk)
        expected = _length_of(self._keep)
        if self._length > (self._parts.rules.max_body if expected is None else expected):
            await self._let_be()
        elif self._length == expected:
            await self.end()

    async def end(self) -> None:
        """The body is whole: store it before the client has the last of it, so that it finds it at once."""
        keep, self._keep = self._keep, None
        if keep is not None and _length_of(keep) in (None, self._length):
            await self._trying(self._file(keep, b"".join(self._copy)))
        self._copy.clear()
        await self._end_turn(Next.LOOK)

    async def _file(self, keep: Keep, body: bytes) -> None:
        assert self._found is not None
        token = self._turn.token if self._turn is not None and self._turn.in_place else None
        filing = self._parts.filing
        stored = await filing.put(self._request, self._found.slot, keep, body, epoch=self._epoch, token=token)
        if stored:
            self._parts.core.events.stored()
        else:
            self._parts.core.counts.refused += 1

    async def failed(self, error: Exception) -> Reply | None:
        """The application raised, or did not answer: the stale response, if it may be served."""
        found, fallen = self._found, lost(self._case(), self._stored, self._asked.status, down=True)
        await self._end_turn(Next.LOOK)
        if fallen is None or found is None:
            return None
        self._parts.core.events.tell("load_error", key=None, error=error)
        log.error("the application failed, and a stale response went out in its place", exc_info=error)
        return self._reply(fallen.answer, found.body)

    async def abandoned(self) -> None:
        """The response ends early, or its body is sent by other means: nothing is stored, and nobody waits for it."""
        if self._keep is not None or self._turn is not None:
            await self._let_be()

    async def _let_be(self) -> None:
        self._keep = None
        self._copy.clear()
        await self._end_turn(Next.LOOK)

    async def _end_turn(self, following: Next) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            await self._parts.turns.end(turn, following)

    async def _trying(self, change: Awaitable[None]) -> None:
        """The client's response does not depend on whether the store takes the change."""
        try:
            await change
        except InvalidArgument as error:  # of the application's tags
            log.warning("a response could not be stored: %s", error)
        except CacheError as error:
            self._parts.core.events.lost(error)


def _collapsed(answer: Answer, waited_as: str) -> Answer:
    """The answer; it says so if another request's response was waited for."""
    if not waited_as:
        return answer
    return replace(answer, status=replace(answer.status, fwd=waited_as, collapsed=True))


def _length_of(keep: Keep) -> int | None:
    """What Content-Length says."""
    found = [value for name, value in keep.stored.headers if name == "content-length"]
    return int(found[0]) if found else None
