"""Reading documents from a replica while it answers, and from the primary while it does not.

A replica lags behind, without a bound that anybody could name here; whoever asks for one accepts that. What must not
live here: what is read before a change, or by load-through; that is the primary's.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from unicache._core.records.record import Held, Known
from unicache._core.stores.store import Found
from unicache._core.stores.valkey import ValkeyStore
from unicache._core.tools.breaker import Breaker
from unicache.errors import OperationTimeout, StoreUnavailable

__all__ = ["ReplicaReader"]

T = TypeVar("T")


class ReplicaReader:
    """A ``Reader``; the breaker spares callers a replica that keeps them waiting."""

    near = False

    def __init__(self, replica: ValkeyStore, primary: ValkeyStore, now: Callable[[], float]) -> None:
        self._replica = replica
        self._primary = primary
        self._now = now
        self._breaker = Breaker()

    def peek(self, name: bytes) -> Known:
        """Nothing is known without asking."""
        return None

    async def read(self, name: bytes) -> Held:
        """As the store's."""
        return await self._asked(lambda store: store.read(name))

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        """As the store's."""
        return await self._asked(lambda store: store.read_many(names))

    async def find(self, name: bytes) -> Found | None:
        """As the store's."""
        return await self._asked(lambda store: store.find(name))

    async def close(self) -> None:
        """Close the links to the replica."""
        await self._replica.close()

    async def _asked(self, question: Callable[[ValkeyStore], Awaitable[T]]) -> T:
        if self._replica.available and self._breaker.allows(self._now()):
            try:
                answer = await question(self._replica)
            except (StoreUnavailable, OperationTimeout):
                self._breaker.failed(self._now())
            else:
                self._breaker.succeeded()
                return answer
        return await question(self._primary)
