"""What type checkers make of the Twisted package: each result is a Deferred, however the function gives its own."""

from collections.abc import Generator
from typing import Any, assert_type

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.web.resource import Resource
from twisted.web.server import Request

from unicache import subdocument as sd
from unicache.http import Options
from unicache.subdocument import MutateResult
from unicache_twisted import Cache, Entry, Pending
from unicache_twisted.web import CachedRender, CacheResource, cached_render

cache = Cache("valkey://localhost")

assert_type(cache.connect(within="5s"), Deferred[None])
assert_type(cache.get("key"), Deferred[Any])
assert_type(cache.get("key", type=int), Deferred[int | None])
assert_type(cache.entry("key", type=int), Deferred[Entry[int]])
assert_type(cache.mutate_in("key", [sd.increment("n")]), Deferred[MutateResult])
assert_type(cache.as_queue("key").size(), Deferred[int])
assert_type(cache.scan_entries(type=int).all(), Deferred[list[Entry[int]]])
assert_type(cache.set("key", 1), Deferred[int])


@cache.cached(ttl=60)
def price(article: str, *, currency: str = "EUR") -> Deferred[float]:
    return succeed(1.0)


@cache.cached(ttl=60)
async def stock(article: str) -> int:
    return 1


@cache.cached()
def at_once(article: str) -> int:
    return 1


@cache.cached()
def sometimes(article: str) -> Deferred[int] | int:
    return 1


@cache.cached()
@inlineCallbacks
def in_steps(article: str) -> Generator[Deferred[Any], Any, int]:
    yield cache.get(article)
    return 1


@cache.invalidates(functions=[at_once])
def sold(article: str) -> None: ...


@cache.cached_many()
def many(articles: list[str]) -> dict[str, int]:
    return {}


@cache.cached_many()
async def many_later(articles: list[str]) -> dict[str, int]:
    return {}


class Shop:
    @cache.cached()
    def stock(self, article: str) -> Deferred[int]:
        return succeed(1)

    @cache.cached()
    def shelf(self, article: str) -> str:
        return "A"

    @cache.invalidates(functions=[price])
    async def sell(self, article: str, number: int) -> bool:
        return True


assert_type(price("pen", currency="USD"), Deferred[float])
assert_type(price.get("pen"), Deferred[float | None])
assert_type(price.key("pen"), str)
assert_type(stock("pen"), Deferred[int])
assert_type(stock.refresh("pen"), Deferred[int])
assert_type(at_once("pen"), Deferred[int])
assert_type(sometimes("pen"), Deferred[int])
assert_type(in_steps("pen"), Deferred[int])
assert_type(sold("pen"), Deferred[None])
assert_type(many(["pen"]), Deferred[dict[str, int]])
assert_type(many_later(["pen"]), Deferred[dict[str, int]])
assert_type(Shop().stock("pen"), Deferred[int])
assert_type(Shop().shelf("pen"), Deferred[str])
assert_type(Shop().sell("pen", 1), Deferred[bool])
price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
price("pen", "USD")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
stock()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
at_once(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Shop().stock(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


assert_type(cache.pending().commit(), Deferred[None])
price.invalidate_on_commit(cache.pending(), "pen")
price.invalidate_on_commit(cache.pending(), 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def orders() -> Deferred[list[int]]:
    return succeed([1])


async def coroutine() -> None:
    assert_type(await cache.get("key", type=int), int | None)
    assert_type([key async for key in cache.scan()], list[str])
    assert_type(await price("pen"), float)
    assert_type(await cache.get_or_set("key", orders), list[int])
    assert_type(await cache.get_or_set("key", lambda: 1), int)
    async with cache as opened:
        assert_type(opened, Cache)
    async with cache.pending() as transaction:
        assert_type(transaction, Pending)


class Page(Resource):
    @cached_render(cache, Options(ttl="1m"))
    async def render_GET(self, request: Request) -> bytes:  # noqa: N802  Twisted's name
        return b"page"


assert_type(Page.render_GET, CachedRender)
assert_type(Page.render_GET.purge("http://example.com/"), Deferred[None])
pages = CacheResource(Page, cache, routes={"/admin/": None})
assert_type(pages.purge_tags("tag", soft=True), Deferred[None])
