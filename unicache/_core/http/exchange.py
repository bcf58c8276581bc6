"""One request and its response, step by step: what every server model goes through (engine).

The adapter says what happens, and is told what to do:

    begin()                 Reply, or Ask: call the application with this request, within ``noted()``
    head(head)              Relay: pass this head on; Reply: send this instead; Ask: call the application again
    data(chunk), end()      to be called before the chunk, or the end, is passed on
    failed(error)           the application raised before its head: Reply, or None to let the error out
    abandoned()             whatever else ends the response early

Here verdicts are carried out; they are made in ``policy``. The store being in trouble never fails a request (P7).
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import assert_never

from unicache._core.http.answers import collapsed, told
from unicache._core.http.arriving import Arrival
from unicache._core.http.choices import CURRENT, Note
from unicache._core.http.conditionals import unconditional
from unicache._core.http.copying import Copied, Copy
from unicache._core.http.invalidation import outdated_by
from unicache._core.http.messages import Head, Request
from unicache._core.http.parts import Parts
from unicache._core.http.policy import head_differs, lost, on_response, passed_by
from unicache._core.http.ranges import parts_of
from unicache._core.http.rules import Case
from unicache._core.http.status import Status
from unicache._core.http.steps import Ask, Relay, Reply
from unicache._core.http.storability import finished
from unicache._core.http.turns import Next
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
from unicache._core.tools.contexts import holding
from unicache.errors import CacheError, InvalidArgument

__all__ = ["Exchange", "Refresh"]

log = logging.getLogger("unicache")

NOWHERE = Forward(Status("bypass", detail="store-unavailable"), joins=False, stores=False)


class Exchange:
    """See above. ``refresh`` runs the application for an exchange that no client waits for."""

    def __init__(
        self, parts: Parts, request: Request, refresh: "Refresh | None" = None, *, arrival: Arrival | None = None
    ) -> None:
        self._parts = parts
        self._io = parts.core.io
        self._rules = parts.rules
        self._request = request
        self._refresh = refresh
        self._at = arrival or Arrival(parts, request)
        self._asked: Forward | Revalidate = NOWHERE
        self._requested = 0.0
        self._note = Note()
        self._copy: Copy | None = None
        self._in_vain = False

    # -- the request

    async def begin(self) -> Reply | Ask:
        """What to do with the request."""
        if (passed := passed_by(self._request, self._rules)) is not None:
            return self._ask(passed)
        try:
            return await self._arrived()
        except CacheError as error:
            self._parts.core.events.lost(error)
            return self._ask(NOWHERE)

    async def _arrived(self) -> Reply | Ask:
        at = self._at
        verdict = await at.verdict()
        match verdict:
            case ServeStale(answer=answer, refresh=refresh):
                if refresh:
                    await self._behind()
                return self._reply(answer)
            case Revalidate():
                await at.prepare()
                return self._ask(verdict)
            case Forward():
                if verdict.fetches:
                    await self._behind()
                elif verdict.stores:
                    await at.prepare()
                return self._ask(verdict)
            case _:
                return self._reply(collapsed(verdict, at.waited_as))

    async def _behind(self) -> None:
        """Ask the application beside the client, for a whole and current response, if nobody does (RFC 5861 3)."""
        refresh = self._refresh
        at = None if refresh is None else await self._at.behind()
        if refresh is None or at is None:
            return
        other = Exchange(self._parts, at.request, arrival=at)

        async def main() -> None:
            try:
                if not await at.overtaken():
                    await at.prepare()
                    why = Status("stale" if at.stored else "uri-miss")
                    await refresh(other, other._ask(Revalidate(at.request.headers, why)))
            except Exception as error:  # noqa: BLE001  nobody waits for it; a stale response stays
                self._parts.core.events.tell("load_error", key=None, error=error)
            finally:
                await other.abandoned()

        self._io.spawn(main)

    def _ask(self, verdict: Forward | Revalidate) -> Ask:
        self._asked, self._requested = verdict, self._io.wall()
        if isinstance(verdict, Revalidate):
            return Ask(self._request.with_headers(verdict.headers))
        return Ask(self._request)

    def noted(self) -> AbstractContextManager[None]:
        """While the application is called: what it says of its response is heard here."""
        self._note = Note()
        return holding(CURRENT, self._note)

    def _case(self) -> Case:
        return Case(self._request, self._rules, self._io.wall())

    def _reply(self, answer: Answer) -> Reply:
        head, body = told(self._case(), answer.head, answer.status), self._at.body
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
        self._rules = self._note.applied(self._parts.rules)
        verdict = on_response(self._case(), self._asked, self._at.stored, head, self._requested)
        match verdict:
            case Keep():
                return self._kept(verdict, head)
            case Freshened(answer=answer):
                await self._trying(self._renewed(verdict))
                await self._at.end_turn(Next.LOOK if verdict.keeps else Next.ASK)
                return self._reply(answer)
            case FallBack(answer=answer):
                await self._at.end_turn(Next.LOOK)
                return self._reply(answer)
            case Again(status=status):
                self._request = self._request.with_headers(unconditional(self._request.headers))
                return self._ask(Forward(status, joins=False, stores=True))
            case Pass(status=status, drops=drops):
                await self._passed(head, drops=drops)
                return Relay(told(self._case(), head, status))
            case _:
                assert_never(verdict)

    def _kept(self, keep: Keep, head: Head) -> Relay:
        """Copy the body from now on, if there is a place for it."""
        status = keep.status
        if self._at.places:
            self._copy = Copy(keep, self._rules.max_body)
        else:
            self._in_vain, status = True, replace(status, stored=False)
        return Relay(told(self._case(), head, status))

    async def _renewed(self, verdict: Freshened) -> None:
        found = self._at.found
        assert found is not None
        if verdict.keeps:
            await self._parts.filing.renew(found, verdict.stored)
        elif verdict.drops:
            await self._parts.filing.forget(found)

    async def _passed(self, head: Head, *, drops: bool) -> None:
        """Nothing is stored: say so to who waits, and make out of date what the response says is."""
        self._in_vain = True
        found = self._at.found
        if drops and found is not None:
            await self._trying(self._parts.filing.forget(found))
        if isinstance(self._asked, Forward) and self._asked.joins and head.status < 500:
            await self._let_pass()
        await self._at.end_turn(Next.ASK)
        if self._request.method == "HEAD" and found and found.stored and head_differs(found.stored, head):
            await self._trying(self._parts.filing.outdate([found.slot.name]))
        outdated = outdated_by(self._request, head, self._rules)
        if outdated.targets:
            await self._trying(self._parts.invalidate(outdated))

    async def _let_pass(self) -> None:
        """Others who want it need not wait for it, for a while."""
        found, turn = self._at.found, self._at.turn
        if found is not None and turn is not None and turn.in_place:
            await self._trying(self._parts.filing.let_pass(found.slot, turn.token))

    @property
    def in_vain(self) -> bool:
        """Whether nothing of the response is kept: an application that is run for nobody can be stopped."""
        return self._in_vain

    async def data(self, chunk: bytes) -> None:
        """A piece of the body that is about to be passed on."""
        if self._copy is None:
            return
        match self._copy.add(chunk):
            case Copied.WHOLE:
                await self.end()
            case Copied.TOO_LONG:
                self._copy, self._in_vain = None, True
                await self._let_pass()
                await self._at.end_turn(Next.ASK)
            case Copied.PART:
                pass

    async def end(self) -> None:
        """The body is whole: store it before the client has the last of it, so that it finds it at once."""
        copy, self._copy = self._copy, None
        body = None if copy is None else copy.body
        if copy is not None and body is not None:
            await self._trying(self._file(copy.keep, body))
        await self._at.end_turn(Next.LOOK)

    async def _file(self, keep: Keep, body: bytes) -> None:
        found, turn, filing = self._at.found, self._at.turn, self._parts.filing
        assert found is not None
        token = turn.token if turn is not None and turn.in_place else None
        whole = replace(keep, stored=finished(keep.stored, body, self._rules))
        if await filing.put(self._request, found.slot, whole, body, epoch=self._at.epoch, token=token):
            self._parts.core.events.stored()
        else:
            self._parts.core.counts.refused += 1

    async def failed(self, error: Exception) -> Reply | None:
        """The application raised, or did not answer: the stale response, if it may be served."""
        fallen = lost(self._case(), self._at.stored, self._asked.status, down=True)
        await self._at.end_turn(Next.LOOK)
        if fallen is None:
            return None
        self._parts.core.events.tell("load_error", key=None, error=error)
        log.error("the application failed, and a stale response went out in its place", exc_info=error)
        return self._reply(fallen.answer)

    async def abandoned(self) -> None:
        """The response ends early, or its body is sent by other means: nothing is stored, and nobody waits for it."""
        self._copy = None
        await self._at.end_turn(Next.LOOK)

    async def _trying(self, change: Awaitable[None]) -> None:
        """The client's response does not depend on whether the store takes the change."""
        try:
            await change
        except InvalidArgument as error:  # of the application's tags
            log.warning("a response could not be stored: %s", error)
        except CacheError as error:
            self._parts.core.events.lost(error)


Refresh = Callable[[Exchange, Ask], Awaitable[None]]
