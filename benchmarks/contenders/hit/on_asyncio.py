"""asyncio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import others
from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.hit.awaiting import unicache, unicache_memory

__all__ = ["aiocache", "cashews", "cashews_client_side", "unicache", "unicache_memory"]


@asynccontextmanager
async def aiocache(_: Address) -> AsyncIterator[AwaitingGet]:
    """Its backend in memory, which keeps the objects themselves, without bound."""
    yield await others.aiocache()


@asynccontextmanager
async def cashews(_: Address) -> AsyncIterator[AwaitingGet]:
    """Its backend in memory, which keeps the objects themselves."""
    async with others.cashews("mem://") as row:
        yield row


@asynccontextmanager
async def cashews_client_side(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its Redis backend with a copy in the process, which the server is to keep up to date."""
    async with others.cashews(f"redis://{address.host}:{address.port}", client_side=True) as row:
        yield row
