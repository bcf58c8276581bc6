"""What type checkers make of the gevent package, whose calls are those of the synchronous one."""

from typing import assert_type

import unicache
from unicache_gevent import Cache, CachedFunction

cache = Cache("valkey://localhost")

with cache as opened:
    assert_type(opened, Cache)
assert_type(cache.namespace("carts"), Cache)
assert_type(cache.get("key", type=int), int | None)
same: unicache.Cache = cache


@cache.cached()
def price(article: str) -> float:
    return 1.0


assert_type(price("pen"), float)
kept: CachedFunction[[str], float] = price
price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
