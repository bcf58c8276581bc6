"""The shop on threads: plain functions."""

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from unicache import Cache
from unicache._core.run import run as finish
from unicache._demo.database import Orders, Spending
from unicache._demo.shop import Call, Shop

__all__ = ["blocking", "run", "shop", "together"]


def shop(url: str, namespace: str, orders: Orders) -> Shop:
    """Two slow queries, cached per customer, and the function that makes both out of date."""
    cache = Cache(url, namespace=namespace, ttl="5m", lease="1m")

    @cache.cached(key="num_orders:{customer}", tags=["customer:{customer}"])
    def num_orders(customer: str) -> int:
        return orders.count(customer)

    @cache.cached(key="spending:{customer}", tags=["customer:{customer}"])
    def spending(customer: str) -> Spending:
        return orders.spending(customer)

    @cache.invalidates(tags="customer:{customer}")
    def add_order(customer: str, amount: float) -> None:
        orders.add(customer, amount)

    return Shop(cache, num_orders, spending, add_order)


async def blocking(call: Call) -> Any:
    """A thread may block."""
    return call()


async def together(calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    """A thread for each."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(_finished, calls))


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In this thread."""
    finish(main())


def _finished(call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return finish(call())
