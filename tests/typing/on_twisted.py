"""What type checkers make of the Twisted package: each result is a Deferred, however the function gives its own."""

from typing import Any, assert_type

from twisted.internet.defer import Deferred, succeed

from unicache_twisted import Cache, Entry

cache = Cache("valkey://localhost")

assert_type(cache.connect(), Deferred[None])
assert_type(cache.get("key"), Deferred[Any])
assert_type(cache.get("key", type=int), Deferred[int | None])
assert_type(cache.entry("key", type=int), Deferred[Entry[int]])
assert_type(cache.set("key", 1), Deferred[int])


@cache.cached(ttl=60)
def price(article: str, *, currency: str = "EUR") -> Deferred[float]:
    return succeed(1.0)


@cache.cached(ttl=60)
async def stock(article: str) -> int:
    return 1


class Shop:
    @cache.cached()
    def stock(self, article: str) -> Deferred[int]:
        return succeed(1)

    @cache.invalidates(functions=[price])
    async def sell(self, article: str, number: int) -> bool:
        return True


assert_type(price("pen", currency="USD"), Deferred[float])
assert_type(price.get("pen"), Deferred[float | None])
assert_type(price.key("pen"), str)
assert_type(stock("pen"), Deferred[int])
assert_type(stock.refresh("pen"), Deferred[int])
assert_type(Shop().stock("pen"), Deferred[int])
assert_type(Shop().sell("pen", 1), Deferred[bool])
price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
price("pen", "USD")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
stock()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Shop().stock(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def orders() -> Deferred[list[int]]:
    return succeed([1])


async def coroutine() -> None:
    assert_type(await cache.get("key", type=int), int | None)
    assert_type(await price("pen"), float)
    assert_type(await cache.get_or_set("key", orders), list[int])
    assert_type(await cache.get_or_set("key", lambda: 1), int)
    async with cache as opened:
        assert_type(opened, Cache)
