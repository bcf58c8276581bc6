"""Turns: one rival after the other, and in a queue that stands still one more, never all at once."""

import pytest

from flavours import FLAVOURS, Flavour
from unicache._core.io import Io
from unicache._core.tools.turns import Turns

PLACE = ("here", b"name")


@pytest.mark.parametrize("flavour", FLAVOURS, ids=repr)
def test_who_leaves_calls_the_next(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        turns = Turns(io)
        places = [turns.join(PLACE) for _ in range(3)]
        for at, (queue, event) in enumerate(places):
            assert [await each.wait(0) for _, each in places[at:]] == [True, *[False] * (2 - at)]
            turns.leave(PLACE, queue, event)
        assert not turns.waiting(PLACE)

    flavour.run(body)


@pytest.mark.parametrize("flavour", FLAVOURS, ids=repr)
def test_in_a_queue_that_stands_still_only_the_next_goes_ahead(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        turns = Turns(io)
        (queue, stuck), (_, second), (_, third) = [turns.join(PLACE) for _ in range(3)]
        assert [turns.go_ahead(queue, each) for each in (third, second, third)] == [False, True, True]
        turns.leave(PLACE, queue, second)
        turns.leave(PLACE, queue, third)
        assert turns.waiting(PLACE)
        turns.leave(PLACE, queue, stuck)
        assert not turns.waiting(PLACE)

    flavour.run(body)


@pytest.mark.parametrize("flavour", FLAVOURS, ids=repr)
def test_who_goes_without_having_been_called_calls_nobody(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        turns = Turns(io)
        (queue, _), (_, second), (_, third) = [turns.join(PLACE) for _ in range(3)]
        turns.leave(PLACE, queue, second)
        assert not await third.wait(0)

    flavour.run(body)
