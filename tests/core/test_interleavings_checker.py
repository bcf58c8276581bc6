"""The stories can tell: with any one rule switched off, some order breaks a promise."""

from collections.abc import Callable
from typing import Any

import pytest
from exploring import explore
from msgspec.structs import replace
from stepped import Stuck
from stepped_state import SteppedFlights
from stories import Process, Tale
from test_interleavings import no_chance

from broken_rules import BROKEN_RULES
from histories import Broken
from unicache._core.invalidation.calls import Invalidation
from unicache._core.loads.flight import Failed, Flight
from unicache._core.loads.making import Maker
from unicache._core.loads.plan import Plan
from unicache._core.stores.memory import MemoryStore
from unicache._core.stores.store import Rule

__all__ = ["no_chance"]


def tell(story: Callable[[Tale, Process, Process], None], *, tagged: bool = False) -> None:
    def begin() -> Tale:
        tale = Tale(tagged=tagged)
        story(tale, tale.process(), tale.process())
        return tale

    explore(begin)


def one_reader(tale: Tale, here: Process, there: Process) -> None:
    tale.read(here)
    tale.invalidate(there)


def two_readers(tale: Tale, here: Process, there: Process) -> None:
    tale.read(here)
    tale.read(here)
    tale.invalidate(there)


def two_tagged_readers(tale: Tale, here: Process, there: Process) -> None:
    tale.read(here)
    tale.read(here)
    tale.invalidate_tag(there)


def test_a_fill_that_does_not_look_at_its_lease_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN_RULES["R3 in memory"])
    with pytest.raises(Broken, match="R3"):
        tell(one_reader)


def test_joiners_that_take_a_refused_value_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN_RULES["R4"])
    with pytest.raises(Broken, match=r"P2|R4"):
        tell(two_readers)


def test_joiners_that_come_while_the_value_is_being_stored_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteppedFlights, "close_doors", lambda self, flight: None)
    with pytest.raises(Broken, match="P2"):
        tell(two_readers)


def test_tags_that_are_not_looked_at_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN_RULES["R9"])
    with pytest.raises(Broken, match="P2"):
        tell(two_tagged_readers, tagged=True)


def test_tag_versions_that_are_read_after_the_load_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before, record = Maker.before, Maker._record

    async def record_late(self: Maker, plan: Plan, made: Any) -> Any:
        return await record(self, plan, replace(made, before=await before(self, plan)))

    async def nothing(self: Maker, plan: Plan) -> None:
        return

    monkeypatch.setattr(Maker, "before", nothing)
    monkeypatch.setattr(Maker, "_record", record_late)
    with pytest.raises(Broken, match=r"P2|R3"):
        tell(two_tagged_readers, tagged=True)


def test_a_refresh_that_writes_whatever_is_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    write = MemoryStore.write
    monkeypatch.setattr(MemoryStore, "write", lambda self, order: write(self, replace(order, rule=Rule.ALWAYS)))

    def story(tale: Tale, here: Process, there: Process) -> None:
        tale.stored()
        tale.refresh(here)
        tale.invalidate(there)

    with pytest.raises(Broken, match="R3"):
        tell(story)


def test_two_flights_of_one_key_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def claim(self: MemoryStore, *_: Any) -> None:
        return None

    monkeypatch.setattr(MemoryStore, "claim", claim)

    def story(tale: Tale, here: Process, there: Process) -> None:
        tale.read(here)
        tale.read(there)

    with pytest.raises(Broken, match=r"P6|R4"):
        tell(story)


def test_a_lease_that_is_not_let_go_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def let_go(self: Maker, name: bytes, token: bytes) -> None:
        return

    monkeypatch.setattr(Maker, "let_go", let_go)

    def story(tale: Tale, here: Process, there: Process) -> None:
        tale.read(here, fails=True)

    with pytest.raises(Broken, match="R1"):
        tell(story)


def test_waiters_that_nobody_wakes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def land(self: SteppedFlights, flight: Flight, landing: Failed) -> None:
        flight.landing = landing

    monkeypatch.setattr(SteppedFlights, "land", land)
    with pytest.raises(Stuck):
        tell(one_reader)


def test_an_invalidation_that_removes_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def keys(self: Invalidation, keys: list[str]) -> None:
        self._core.flights.detach(self._names.entries(keys).values())

    monkeypatch.setattr(Invalidation, "keys", keys)
    with pytest.raises(Broken, match=r"P2|R3"):
        tell(two_readers)
