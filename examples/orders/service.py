"""How many orders there are: PostgreSQL counts, Valkey remembers. ``uvicorn service:app``, with in the environment

DATABASE_URL  such as postgresql://localhost/shop
UNICACHE_URL  such as valkey://localhost:6379
CACHE_TTL     how long a count is kept at most, such as 30s; 10 minutes by default
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, Query
from psycopg_pool import AsyncConnectionPool

from unicache_asyncio import Cache

CUSTOMER = "^[A-Z]{5}$"  # so nobody is called "all"

database = AsyncConnectionPool(os.environ["DATABASE_URL"], open=False)
cache = Cache.from_env(namespace="shop", ttl=os.environ.get("CACHE_TTL", "10m"))


@asynccontextmanager
async def opened(_: FastAPI) -> AsyncIterator[None]:
    async with database, cache:
        yield


app = FastAPI(lifespan=opened)


@app.get("/orders/count")
@cache.cached(key=lambda customer=None: f"num_orders:{customer or 'all'}")
async def num_orders(customer: Annotated[str | None, Query(pattern=CUSTOMER)] = None) -> int:
    count = "SELECT count(*) FROM orders WHERE %(customer)s::text IS NULL OR customer = %(customer)s"
    async with database.connection() as connection:
        cursor = await connection.execute(count, {"customer": customer})
        (number,) = await cursor.fetchone() or (0,)
        return int(number)


@app.post("/orders")
@cache.invalidates(functions=[num_orders], keys=["num_orders:all"])
async def add_order(customer: Annotated[str, Body(embed=True, pattern=CUSTOMER)]) -> int:
    """Returns the number of the new order. What it makes out of date goes after the commit, at the end of ``with``."""
    insert = "INSERT INTO orders (customer) VALUES (%s) RETURNING id"
    async with database.connection() as connection:
        cursor = await connection.execute(insert, [customer])
        (number,) = await cursor.fetchone() or (0,)
    return int(number)
