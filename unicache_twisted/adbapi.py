"""``twisted.enterprise.adbapi`` with commit hooks: interactions after which what they queued is invalidated.

    pool = ConnectionPool("psycopg", "dbname=shop")

    def add_order(transaction, customer):
        transaction.execute("INSERT INTO orders VALUES (%s)", (customer,))
        num_orders.invalidate_on_commit(transaction, customer)

    pool.runInteraction(add_order, "ALFKI")

The Deferred fires when it is invalidated as well, on the reactor's thread.
"""

from collections.abc import Callable
from typing import Any

from twisted.enterprise import adbapi
from twisted.internet.defer import Deferred

from unicache_twisted._driving import Driven
from unicache_twisted._pending import Pending

__all__ = ["ConnectionPool"]


class ConnectionPool(adbapi.ConnectionPool):
    """The pool of ``twisted.enterprise.adbapi``, whose transactions and connections ``on_commit`` takes.

    What an interaction queues, on its thread, is invalidated when it was committed, and dropped when it raised. When
    the commit itself failed it may have happened all the same, so that counts as committed. The Deferred fails with
    InvalidationUncertain when the store did not confirm; then the transaction is committed all the same.

    To cancel the Deferred is to wait no more: neither the interaction nor the invalidation is stopped.
    """

    def runInteraction(  # noqa: N802  Twisted's name
        self, interaction: Callable[..., Any], *args: Any, **kw: Any
    ) -> "Deferred[Any]":
        """Run ``interaction(transaction, …)`` on a thread, commit or roll back, and invalidate."""
        return _invalidating(super().runInteraction, interaction, args, kw)

    def runWithConnection(  # noqa: N802  Twisted's name
        self, func: Callable[..., Any], *args: Any, **kw: Any
    ) -> "Deferred[Any]":
        """The same with a connection."""
        return _invalidating(super().runWithConnection, func, args, kw)


def _invalidating(start: Any, function: Callable[..., Any], args: Any, kw: Any) -> "Deferred[Any]":
    work = _Work(function)
    result: Deferred[Any] = Deferred()
    Driven(work.done(start, args, kw)).chainDeferred(result)  # whose cancellation ends at ``result``
    return result


class _Work:
    """A function that a pool runs, and what its transaction makes out of date."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._pending = Pending()
        self._commit_tried = False

    def _run(self, transaction: Any, /, *args: Any, **kw: Any) -> Any:
        """On the thread: the pool commits when this returns."""
        transaction.unicache_pending = self._pending
        result = self._function(transaction, *args, **kw)
        self._commit_tried = True
        return result

    async def done(self, start: Any, args: Any, kw: Any) -> Any:
        """On the reactor: start it, wait for it, and settle what is outstanding."""
        try:
            return await start(self._run, *args, **kw)
        finally:
            await self._pending._end(committed=self._commit_tried)
