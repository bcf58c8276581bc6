"""The keeper of leases: they live while they are held, and no longer than their lease once they are dropped."""

import asyncio
from collections.abc import Callable

import pytest

from flavours import FLAVOURS, Flavour
from unicache._core.io import Io
from unicache._core.loads.keeper import Keeper
from unicache._core.records.record import Held, Lease
from unicache._core.stores.memory import MemoryStore
from unicache.errors import StoreUnavailable

LEASE = 0.06
flavours = pytest.mark.parametrize("flavour", FLAVOURS, ids=repr)


class Store(MemoryStore):
    """Counts renewals, and is out of reach when it is told to be. Its time is its own: each renewal takes most of a
    lease.
    """

    def __init__(self) -> None:
        super().__init__(lambda: self.time)
        self.time = 0.0
        self.renewals: list[bytes] = []
        self.reachable = True

    async def renew(self, name: bytes, token: bytes, ttl: float) -> bool:
        self.renewals.append(token)
        if not self.reachable:
            raise StoreUnavailable("on purpose")
        renewed = await super().renew(name, token, ttl)
        self.time += 0.9 * LEASE
        return renewed


async def settled(io: Io, condition: Callable[[], bool]) -> None:
    give_up = io.now() + 20.0
    while not condition():
        assert io.now() < give_up
        await io.sleep(0.002)


async def held(store: Store, name: bytes) -> Held:
    return await store.read(name)


@flavours
def test_a_lease_outlives_its_time_while_it_is_held_and_ends_when_it_is_dropped(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        store = Store()
        keeper = Keeper(io, store, LEASE)
        await store.claim(b"name", b"token", LEASE)
        keeper.hold(b"name", b"token")
        await settled(io, lambda: len(store.renewals) >= 6)
        assert await held(store, b"name") == Lease(b"token")
        keeper.drop(b"token")
        await settled(io, lambda: not keeper._watches)
        store.time += LEASE
        assert await held(store, b"name") is None

    flavour.run(body)


@flavours
def test_one_watch_keeps_all_leases_and_the_next_lease_starts_another(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        store = Store()
        keeper = Keeper(io, store, LEASE)
        for token in (b"a", b"b"):
            keeper.hold(b"name-" + token, token)
        assert len(keeper._watches) == 1
        await settled(io, lambda: {b"a", b"b"} <= set(store.renewals))
        for token in (b"a", b"b"):
            keeper.drop(token)
        await settled(io, lambda: not keeper._watches)
        keeper.hold(b"name-c", b"c")
        await settled(io, lambda: b"c" in store.renewals)
        keeper.drop(b"c")
        await settled(io, lambda: not keeper._watches)

    flavour.run(body)


@flavours
def test_leases_that_come_and_go_quickly_are_all_kept(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        store = Store()
        keeper = Keeper(io, store, LEASE)
        for number in range(200):
            keeper.hold(b"name", b"%d" % number)
            keeper.drop(b"%d" % number)
        keeper.hold(b"name", b"last")
        await settled(io, lambda: b"last" in store.renewals)
        keeper.drop(b"last")
        await settled(io, lambda: not keeper._watches)

    flavour.run(body)


@flavours
def test_a_store_out_of_reach_does_not_end_the_watch(flavour: Flavour) -> None:
    async def body(io: Io) -> None:
        store = Store()
        keeper = Keeper(io, store, LEASE)
        store.reachable = False
        keeper.hold(b"name", b"token")
        await settled(io, lambda: len(store.renewals) >= 2)
        keeper.drop(b"token")
        await settled(io, lambda: not keeper._watches)

    flavour.run(body)


def test_a_loop_that_stands_still_does_not_keep_another_loops_leases_waiting() -> None:
    flavour = next(flavour for flavour in FLAVOURS if flavour.name == "asyncio")
    io = flavour.io()
    store = Store()
    keeper = Keeper(io, store, LEASE)

    async def left_behind() -> None:
        keeper.hold(b"name", b"first")

    async def body(_: Io) -> None:
        keeper.hold(b"name", b"second")
        await settled(io, lambda: b"second" in store.renewals)
        keeper.drop(b"second")
        await settled(io, lambda: len(keeper._watches) == 1)

    async def taken_up_again() -> None:
        keeper.drop(b"first")
        await settled(io, lambda: not keeper._watches)

    standing = asyncio.new_event_loop()
    standing.run_until_complete(left_behind())
    flavour.run(body)
    standing.run_until_complete(taken_up_again())
    standing.close()
