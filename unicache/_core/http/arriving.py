"""A request on its way to a verdict: what is found for it, and whose turn it is to ask the application (engine).

What must not live here: what is sent, and what becomes of the application's response (``exchange``).
"""

from dataclasses import replace

from unicache._core.http.conditionals import unconditional, validating
from unicache._core.http.messages import Request
from unicache._core.http.parts import Parts
from unicache._core.http.policy import on_request
from unicache._core.http.rules import Case
from unicache._core.http.shelf import Found
from unicache._core.http.storability import for_nobody
from unicache._core.http.stored import Stored
from unicache._core.http.turns import Next, Turn
from unicache._core.http.verdicts import Forward, OnRequest, Revalidate

__all__ = ["Arrival"]


class Arrival:
    """What is known of one request before the application is asked, and its turn, if it has one.

    ``found``       for it in the store; None before anybody looked
    ``waited_as``   why it would have asked the application, if it waited for another's response instead
    """

    def __init__(self, parts: Parts, request: Request, *, found: Found | None = None, turn: Turn | None = None) -> None:
        self._parts = parts
        self._io = parts.core.io
        self.request = request
        self.found = found
        self.turn = turn
        self.epoch = b""
        self.waited_as = ""

    @property
    def stored(self) -> Stored | None:
        """The response that was found."""
        return None if self.found is None else self.found.stored

    @property
    def body(self) -> bytes:
        """Its body."""
        return b"" if self.found is None else self.found.body

    @property
    def places(self) -> bool:
        """Whether there is a place where a response can be stored: a page, or our lease where it will be."""
        return self.turn is not None or (self.found is not None and self.found.slot.page is not None)

    async def verdict(self) -> OnRequest:
        """Look, and wait for whoever is asking already, until there is something to do. Raises what the store raises.

        When it is to ask, the turn is ours if it can be had.
        """
        give_up = self._io.now() + self._parts.rules.collapse_timeout
        while True:
            found = self.found = await self._parts.shelf.find(self.request)
            case = Case(self.request, self._parts.rules, self._io.wall())
            verdict = on_request(case, found.stored, found.missing)
            if not isinstance(verdict, Forward | Revalidate) or not await self._wait(found, verdict, give_up):
                return verdict
            self.waited_as = self.waited_as or verdict.status.fwd

    async def _wait(self, found: Found, verdict: Forward | Revalidate, give_up: float) -> bool:
        """Take the turn to ask the application, or wait for who has it; whether to look again."""
        if isinstance(verdict, Forward) and not verdict.stores:
            return False
        page = found.slot.page
        if isinstance(verdict, Forward) and (not verdict.joins or (page is not None and page.passing)):
            self.turn = await self._parts.turns.begin_behind(found.slot) if page is None else None
            return False
        turn = await self._parts.turns.take(found.slot, give_up)
        if isinstance(turn, Turn):
            self.turn = turn
            return await self.overtaken()
        return turn is Next.LOOK

    async def overtaken(self) -> bool:
        """Whether the response came, or the page went, before the turn was ours; a lease in its place would not be."""
        turn, found = self.turn, self.found
        if turn is None or turn.in_place or found is None:
            return False
        try:
            again = self.found = await self._parts.shelf.find(self.request, anew=True)
        except BaseException:
            await self.end_turn(Next.LOOK)
            raise
        if again.stored == found.stored and again.slot.page is not None:
            return False
        await self.end_turn(Next.LOOK)
        return True

    async def behind(self) -> "Arrival | None":
        """A request of nobody's client for the whole and current response; None when somebody asks for it already."""
        found = self.found
        if found is None or (found.slot.page is not None and found.slot.page.passing):
            return None
        turn = await self._parts.turns.begin_behind(found.slot)
        if turn is None:
            return None
        stored = found.stored
        wanted = unconditional(self.request.headers) if stored is None else validating(self.request, stored)
        plain = replace(self.request, method="GET", headers=for_nobody(wanted, stored, self._parts.rules))
        return Arrival(self._parts, plain, found=found, turn=turn)

    async def prepare(self) -> None:
        """R2: what has to be known before the application is asked for something to be stored."""
        try:
            self.epoch = await self._parts.filing.epoch()
        except BaseException:
            await self.end_turn(Next.LOOK)
            raise

    async def end_turn(self, following: Next) -> None:
        """Let those who wait go on, if we had the turn."""
        turn, self.turn = self.turn, None
        if turn is not None:
            await self._parts.turns.end(turn, following)
