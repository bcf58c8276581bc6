"""Who asks the application, when several want the same response: one, and the others wait for it (R1, P6; engine).

Within a process by a flight, across processes by a lease: in the page's place when there is no page, else beside the
variant. Nobody is handed a response here. Who waited looks again, or asks for himself if there is nothing to share.
"""

from dataclasses import dataclass
from enum import Enum

from unicache._core.core import Core
from unicache._core.http.shelf import Slot
from unicache._core.keys.names import Keyspace
from unicache._core.loads.flight import Flight, Gone, Interrupted, Loaded, Role
from unicache._core.loads.waiting import Waiting
from unicache._core.records.record import Held, Record
from unicache._core.tools.tokens import new_token
from unicache.errors import CacheError, ValueFormatError

__all__ = ["Next", "Turn", "Turns"]


class Next(Enum):
    """What somebody who has not the turn does."""

    LOOK = "look again"
    ASK = "ask the application without waiting for anybody"


@dataclass(slots=True)
class Turn:
    """The right to ask for others too.

    ``in_place``  the lease stands where the page will be
    """

    name: bytes
    token: bytes
    in_place: bool
    flight: Flight | None = None


class Turns:
    """The turns of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._core = core
        self._io = core.io
        self._names = names

    async def take(self, slot: Slot, give_up: float) -> Turn | Next:
        """The turn to ask for what belongs into the slot; or what to do instead, after waiting for whoever has it.

        ``give_up``  when waiting has to end, by ``Io.now``

        Raises what the store raises; then nobody waits any longer.
        """
        if self._io.now() >= give_up:
            return Next.ASK
        flight, role = self._core.flights.enter(slot.name if slot.page is None else slot.place)
        if role is not Role.LEADER:
            return await self._landed(flight, give_up)
        try:
            turn = await self._claimed(slot, give_up)
        except BaseException as error:
            self._core.flights.land(flight, Interrupted(error))
            raise
        if isinstance(turn, Next):
            self._core.flights.land(flight, _landing(turn))
        else:
            turn.flight = flight
        return turn

    async def begin_behind(self, slot: Slot) -> Turn | None:
        """The turn, if it can be had at once; for what runs beside a client, or for a client that waits for nobody."""
        flight, role = self._core.flights.enter(slot.name if slot.page is None else slot.place)
        if role is not Role.LEADER:
            self._core.flights.leave(flight)
            return None
        turn: Turn | Next = Next.LOOK
        try:
            turn = await self._claimed(slot, self._io.now())
        except CacheError as error:
            self._core.events.lost(error)
        finally:
            if isinstance(turn, Next):
                self._core.flights.land(flight, Gone())
        if isinstance(turn, Next):
            return None
        turn.flight = flight
        return turn

    async def end(self, turn: Turn, following: Next) -> None:
        """Let the others go on: to ``LOOK`` at what was stored, or at who is next; or to ``ASK`` for themselves."""
        self._core.keeper.drop(turn.token)
        try:
            await self._io.shield(lambda: self._let_go(turn))
        finally:
            if turn.flight is not None:
                self._core.flights.land(turn.flight, _landing(following))

    async def _landed(self, flight: Flight, give_up: float) -> Next:
        self._core.counts.waits += 1
        try:
            over = await flight.event.wait(max(0.0, give_up - self._io.now()))
        except BaseException:
            self._core.flights.leave(flight)
            raise
        return Next.ASK if not over or isinstance(flight.landing, Loaded) else Next.LOOK

    async def _claimed(self, slot: Slot, give_up: float) -> Turn | Next:
        """The lease, or what to do when somebody else's ended, or did not end in time."""
        in_place = slot.page is None
        turn = Turn(slot.name if in_place else self._names.lock(slot.place), new_token(), in_place)
        waiting = Waiting(self._core, turn.name)
        try:
            while (held := await self._claim(turn, slot)) is not None:
                if isinstance(held, Record):
                    return Next.LOOK
                if self._io.now() >= give_up or not await waiting.more():
                    return Next.ASK
        except BaseException:  # the lease may be ours without our knowing
            await self._io.shield(lambda: self._let_go(turn))
            raise
        self._core.keeper.hold(turn.name, turn.token)
        return turn

    async def _claim(self, turn: Turn, slot: Slot) -> Held:
        """None if the lease is ours. What cannot be read is removed, which is always safe (P1)."""
        over, store = slot.cas if turn.in_place else None, self._core.store
        while True:
            try:
                return await store.claim(turn.name, turn.token, self._core.settings.lease, over)
            except ValueFormatError as error:
                self._core.counts.corrupt += 1
                self._core.events.tell("corrupt", key=None, error=error)
                await store.drop([turn.name])

    async def _let_go(self, turn: Turn) -> None:
        try:
            await self._core.store.release(turn.name, turn.token)
        except CacheError as error:
            self._core.events.lost(error)


def _landing(following: Next) -> Gone | Loaded:
    """How a flight says it to those who wait."""
    return Gone() if following is Next.LOOK else Loaded(None, None, closed=True)
