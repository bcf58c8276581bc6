"""The shop on gevent: plain functions that park the greenlet. Nothing is patched, so SQLite has gevent's threads."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import gevent

from unicache._core.run import run as finish
from unicache._demo.database import Orders, Spending
from unicache._demo.shop import Call, Shop
from unicache_gevent import Cache

__all__ = ["blocking", "run", "shop", "together"]


T = TypeVar("T")


def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Run it on the hub's threads."""
    result: T = gevent.get_hub().threadpool.apply(function, args)
    return result


def shop(url: str, namespace: str, orders: Orders) -> Shop:
    """Two slow queries, cached per customer, and the function that makes both out of date."""
    cache = Cache(url, namespace=namespace, ttl="5m", lease="1m")

    @cache.cached(key="num_orders:{customer}", tags=["customer:{customer}"])
    def num_orders(customer: str) -> int:
        return in_thread(orders.count, customer)

    @cache.cached(key="spending:{customer}", tags=["customer:{customer}"])
    def spending(customer: str) -> Spending:
        return in_thread(orders.spending, customer)

    @cache.invalidates(tags="customer:{customer}")
    def add_order(customer: str, amount: float) -> None:
        in_thread(orders.add, customer, amount)

    return Shop(cache, num_orders, spending, add_order)


async def blocking(call: Call) -> Any:
    """On a thread of the hub."""
    return in_thread(call)


async def together(calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    """A greenlet for each."""
    greenlets = [gevent.spawn(_finished, call) for call in calls]
    return [greenlet.get() for greenlet in greenlets]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In this greenlet; the hub runs while it is parked."""
    try:
        finish(main())
    finally:
        gevent.get_hub().destroy(destroy_loop=True)


def _finished(call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return finish(call())
