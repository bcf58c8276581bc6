"""What type checkers make of the asynchronous package: results are to be awaited, and arguments stay what they are."""

from collections.abc import Awaitable, Callable
from typing import Any, assert_type

from unicache import subdocument as sd
from unicache_asyncio import Cache, Entry, Pending

cache = Cache("valkey://localhost")


async def orders() -> list[int]:
    return [1]


async def many(keys: list[str]) -> dict[str, int]:
    return dict.fromkeys(keys, 1)


@cache.cached(ttl=60)
async def price(article: str, *, currency: str = "EUR") -> float:
    return 1.0


class Shop:
    @cache.cached()
    async def stock(self, article: str) -> int:
        return 1

    @cache.invalidates(functions=[price])
    async def sell(self, article: str, number: int) -> bool:
        return True


@cache.cached_many(key="user:{number}")
async def users(numbers: list[int]) -> dict[int, str]:
    return {}


async def documents() -> None:
    async with cache as opened:
        assert_type(opened, Cache)
    assert_type(await cache.get("key"), Any)
    assert_type(await cache.get("key", type=int), int | None)
    assert_type(await cache.get("key", "none", type=int), int | str)
    assert_type(await cache.entry("key", type=int), Entry[int])
    assert_type(await cache.set("key", 1), int)
    assert_type(await cache.get_or_set("key", orders), list[int])
    assert_type(await cache.get_or_set("key", lambda: 1), int)
    assert_type((await cache.mutate_in("key", [sd.increment("n")]))[0], int | None)
    assert_type(await cache.as_queue("key").size(), int)
    assert_type([key async for key in cache.scan()], list[str])
    assert_type(await cache.scan_entries(type=int).all(), list[Entry[int]])
    assert_type(await cache.get_or_set_many(["key"], many), dict[str, int])
    number = await cache.get_or_set("key", orders, ttl=5)
    assert_type(number, list[int])
    cache.set("key", 1)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    await cache.get_or_set("key", 5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


async def functions() -> None:
    assert_type(await price("pen", currency="USD"), float)
    assert_type(await price.get("pen"), float | None)
    assert_type(await price.refresh("pen"), float)
    assert_type(price.key("pen"), str)
    assert_type(await Shop().stock("pen"), int)
    assert_type(await Shop.stock(Shop(), "pen"), int)
    assert_type(await Shop().sell("pen", 1), bool)
    assert_type(await users([1]), dict[int, str])
    await price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await price("pen", "USD")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await price.invalidate()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await Shop().stock(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await Shop().sell("pen")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def transactions() -> None:
    async with cache.pending() as transaction:
        assert_type(transaction, Pending)
        cache.on_commit(transaction, keys=["key"])
        price.invalidate_on_commit(transaction, "pen")
        assert_type(await transaction.commit(), None)
        transaction.commit()  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]


dependency: Callable[..., Awaitable[float]] = price


@cache.cached()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def plain(article: str) -> float:
    return 1.0
