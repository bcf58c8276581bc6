"""The shop on Twisted: functions that give Deferreds. SQLite blocks, so it has the reactor's threads."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from unicache._demo.database import Orders, Spending
from unicache._demo.shop import Call, Shop
from unicache_twisted import Cache

__all__ = ["blocking", "run", "shop", "together"]

reactor: Any = installed  # a module to the type checkers


def shop(url: str, namespace: str, orders: Orders) -> Shop:
    """Two slow queries, cached per customer, and the function that makes both out of date."""
    cache = Cache(url, namespace=namespace, ttl="5m", lease="1m")

    @cache.cached(key="num_orders:{customer}", tags=["customer:{customer}"])
    def num_orders(customer: str) -> "Deferred[int]":
        return deferToThread(orders.count, customer)

    @cache.cached(key="spending:{customer}", tags=["customer:{customer}"])
    def spending(customer: str) -> "Deferred[Spending]":
        return deferToThread(orders.spending, customer)

    @cache.invalidates(tags="customer:{customer}")
    def add_order(customer: str, amount: float) -> "Deferred[None]":
        return deferToThread(orders.add, customer, amount)

    return Shop(cache, num_orders, spending, add_order)


async def blocking(call: Call) -> Any:
    """On a thread of the reactor's pool."""
    return await deferToThread(call)


async def together(calls: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    """A Deferred for each."""
    return await gatherResults([Deferred.fromCoroutine(call()) for call in calls])


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In the reactor, which runs once in a process; in whatever thread this is, hence without signal handlers."""
    outcome: list[Any] = []

    def start() -> None:
        ended = Deferred.fromCoroutine(main()).addBoth(outcome.append)
        ended.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    if outcome and isinstance(outcome[0], Failure):
        outcome[0].raiseException()
