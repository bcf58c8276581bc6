from twisted.internet.task import react

from unicache_twisted import Cache

cache = Cache.from_env(namespace="shop", ttl="1h")
orders = ["ALFKI", "ANATR"]


@cache.cached(key="num_orders:{customer}")
def num_orders(customer: str) -> int:
    return orders.count(customer)


@cache.invalidates(functions=[num_orders])
def add_order(customer: str) -> None:
    orders.append(customer)


async def main(_: object) -> None:
    async with cache:
        await add_order("ALFKI")
        print(await num_orders("ALFKI"), await num_orders("ALFKI"), num_orders.cache_info())
        # → 2 2 CacheInfo(hits=1, misses=1, loads=1, errors=0, near=0)


react(main)
