"""asyncio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders import others
from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.function.awaiting import unicache

__all__ = ["aiocache", "cashews", "unicache"]


@asynccontextmanager
async def aiocache(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its Redis backend, with the JSON that it makes by itself."""
    from aiocache import Cache  # type: ignore[import-untyped]

    yield await others.aiocache(cache=Cache.REDIS, endpoint=address.host, port=address.port)


@asynccontextmanager
async def cashews(address: Address) -> AsyncIterator[AwaitingGet]:
    """Its Redis backend, with the pickles that it makes by itself."""
    async with others.cashews(f"redis://{address.host}:{address.port}") as row:
        yield row
