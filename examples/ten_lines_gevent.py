from unicache_gevent import Cache

cache = Cache.from_env(namespace="shop", ttl="1h")
orders = ["ALFKI", "ANATR"]


@cache.cached(key="num_orders:{customer}")
def num_orders(customer: str) -> int:
    return orders.count(customer)


@cache.invalidates(functions=[num_orders])
def add_order(customer: str) -> None:
    orders.append(customer)


with cache:
    add_order("ALFKI")
    print(num_orders("ALFKI"), num_orders("ALFKI"), num_orders.cache_info())
    # → 2 2 CacheInfo(hits=1, misses=1, loads=1, errors=0, near=0)
