"""trio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.contenders.address import Address, AwaitingGet
from benchmarks.contenders.get.awaiting import coredis, glide, unicache

__all__ = ["bare", "coredis", "glide", "unicache"]


@asynccontextmanager
async def bare(address: Address) -> AsyncIterator[AwaitingGet]:
    """The limit."""
    from benchmarks.bare.on_trio import Connection

    async with Connection.open(*address) as connection:
        yield connection.get
