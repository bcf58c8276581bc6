"""The limit on loads without the store, in every event model."""

from functools import partial

import pytest

from flavours import FLAVOURS, Flavour
from unicache._core.io import Io
from unicache._core.tools.limit import Limit

flavours = pytest.mark.parametrize("flavour", FLAVOURS, ids=repr)


class Room:
    """Who is inside, and who has been."""

    def __init__(self, io: Io, places: int) -> None:
        self.io = io
        self.limit = Limit(io, places)
        self.inside = 0
        self.most = 0
        self.visitors: list[int] = []
        self.close = io.event()

    async def visit(self, number: int = 0) -> None:
        async with self.limit.place():
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.visitors.append(number)
            await self.io.sleep(0.002)
            self.inside -= 1

    async def stay(self) -> None:
        async with self.limit.place():
            self.inside += 1
            await self.close.wait(20.0)
            self.inside -= 1

    async def until_waiting(self, number: int) -> None:
        while len(self.limit._waiting) != number:
            await self.io.sleep(0.001)


@flavours
def test_no_more_than_allowed_are_inside(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        room = Room(io, 3)
        await flavour.together([partial(room.visit, number) for number in range(10)])
        assert (room.most, room.inside, room.limit._free) == (3, 0, 3)
        assert sorted(room.visitors) == list(range(10))

    flavour.run(body)


@flavours
def test_first_come_is_first_served(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        room, started = Room(io, 1), []
        started.append(flavour.start(room.stay))
        while not room.inside:
            await io.sleep(0.001)
        for number in range(4):
            started.append(flavour.start(partial(room.visit, number)))
            await room.until_waiting(number + 1)
        room.close.set()
        for each in started:
            await each.ended()
        assert room.visitors == [0, 1, 2, 3]

    flavour.run(body)


@flavours
def test_a_failure_inside_gives_the_place_back(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        room = Room(io, 1)

        async def fail() -> None:
            async with room.limit.place():
                raise LookupError

        assert [type(error) for error in await flavour.together([fail] * 3)] == [LookupError] * 3
        await room.visit()

    flavour.run(body)


@pytest.mark.parametrize("flavour", [each for each in FLAVOURS if each.cancels], ids=repr)
def test_who_is_cancelled_loses_no_place(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        room = Room(io, 1)
        first = flavour.start(room.stay)
        while not room.inside:
            await io.sleep(0.001)
        waiting = [flavour.start(partial(room.visit, number)) for number in range(3)]
        await room.until_waiting(3)
        waiting[0].cancel()  # before it is its turn
        await waiting[0].ended()
        room.close.set()
        await first.ended()
        waiting[1].cancel()  # perhaps with the place in its hands
        for each in waiting:
            await each.ended()
        assert room.visitors[-1] == 2
        assert (room.limit._free, len(room.limit._waiting)) == (1, 0)

    flavour.run(body)


def test_a_place_handed_to_one_who_gives_up_is_passed_on() -> None:
    async def body(io: Io) -> None:
        limit = Limit(io, 1)
        assert limit._enter() is None
        leaving, next_one = limit._enter(), limit._enter()
        assert leaving is not None
        assert next_one is not None
        limit.leave()
        limit._forsake(leaving)
        assert await next_one.wait(0.0)

    FLAVOURS[0].run(body)


@flavours
def test_who_holds_a_place_needs_no_second(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        limit = Limit(io, 1)
        async with limit.place():
            async with limit.place():
                pass
            assert limit._free == 0
        assert limit._free == 1

    flavour.run(body)
