"""The shop on asyncio: coroutines. SQLite blocks, so it has threads."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from unicache._demo.database import Orders, Spending
from unicache._demo.shop import Call, Shop
from unicache_asyncio import Cache

__all__ = ["blocking", "run", "shop", "together"]


def shop(url: str, namespace: str, orders: Orders) -> Shop:
    """Two slow queries, cached per customer, and the function that makes both out of date."""
    cache = Cache(url, namespace=namespace, ttl="5m", lease="1m")

    @cache.cached(key="num_orders:{customer}", tags=["customer:{customer}"])
    async def num_orders(customer: str) -> int:
        return await asyncio.to_thread(orders.count, customer)

    @cache.cached(key="spending:{customer}", tags=["customer:{customer}"])
    async def spending(customer: str) -> Spending:
        return await asyncio.to_thread(orders.spending, customer)

    @cache.invalidates(tags="customer:{customer}")
    async def add_order(customer: str, amount: float) -> None:
        await asyncio.to_thread(orders.add, customer, amount)

    return Shop(cache, num_orders, spending, add_order)


async def blocking(call: Call) -> Any:
    """On a thread of the loop's executor."""
    return await asyncio.to_thread(call)


async def together(calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    """A task for each."""
    return await asyncio.gather(*[call() for call in calls])


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In a loop of its own."""
    asyncio.run(main())
