"""The shop on trio: coroutines. SQLite blocks, so it has threads."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import trio

from unicache._demo.database import Orders, Spending
from unicache._demo.shop import Call, Shop
from unicache_asyncio import Cache

__all__ = ["blocking", "run", "shop", "together"]


def shop(url: str, namespace: str, orders: Orders) -> Shop:
    """Two slow queries, cached per customer, and the function that makes both out of date."""
    cache = Cache(url, namespace=namespace, ttl="5m", lease="1m")

    @cache.cached(key="num_orders:{customer}", tags=["customer:{customer}"])
    async def num_orders(customer: str) -> int:
        return await trio.to_thread.run_sync(orders.count, customer)

    @cache.cached(key="spending:{customer}", tags=["customer:{customer}"])
    async def spending(customer: str) -> Spending:
        return await trio.to_thread.run_sync(orders.spending, customer)

    @cache.invalidates(tags="customer:{customer}")
    async def add_order(customer: str, amount: float) -> None:
        await trio.to_thread.run_sync(orders.add, customer, amount)

    return Shop(cache, num_orders, spending, add_order)


async def blocking(call: Call) -> Any:
    """On one of trio's threads."""
    return await trio.to_thread.run_sync(call)


async def together(calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    """A task for each."""
    results: list[Any] = [None] * len(calls)

    async def keep(place: int) -> None:
        results[place] = await calls[place]()

    async with trio.open_nursery() as nursery:
        for place in range(len(calls)):
            nursery.start_soon(keep, place)
    return results


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In a run of its own."""
    trio.run(main)
