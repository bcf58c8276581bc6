import asyncio

from unicache_asyncio import Cache

cache = Cache.from_env(namespace="shop", ttl="1h")
orders = ["ALFKI", "ANATR"]


@cache.cached(key="num_orders:{customer}")
async def num_orders(customer: str) -> int:
    return orders.count(customer)


@cache.invalidates(functions=[num_orders])
async def add_order(customer: str) -> None:
    orders.append(customer)


async def main() -> None:
    async with cache:
        await add_order("ALFKI")
        print(await num_orders("ALFKI"), await num_orders("ALFKI"), num_orders.cache_info())
        # → 2 2 CacheInfo(hits=1, misses=1, loads=1, errors=0, near=0)


asyncio.run(main())
