"""What type checkers make of the synchronous package. Nothing here runs: checking it is the test.

A line that must be refused says by which error; an ignore that ignores nothing is an error of its own.
"""

from datetime import timedelta
from typing import Any, assert_type

from unicache import Cache, CacheInfo, Call, Entry, ListDocument, Pending, Scan
from unicache import subdocument as sd
from unicache.http import response_options, set_response_options
from unicache.subdocument import LookupResult, MutateResult

cache = Cache("valkey://localhost", namespace="shop", ttl="1h", timeout=timedelta(seconds=1))
Cache("memory://", tll=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Cache(ttl=b"1h")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Reversed:
    """A codec, by what it has."""

    id = 32

    def encode(self, value: str) -> bytes:
        return value[::-1].encode()

    def decode(self, data: bytes) -> str:
        return data.decode()[::-1]


Cache(codec="json", compression="zstd", signing={"2026": bytes(32)}, max_value_bytes=1000)
Cache(codec=Reversed())
Cache(codec=["msgpack", Reversed()])
Cache(codec=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Cache(signing={"2026": "text"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]

with cache as opened:
    assert_type(opened, Cache)
assert_type(Cache.from_env(), Cache)
assert_type(cache.namespace("carts"), Cache)

# Documents

assert_type(cache.get("key"), Any)
assert_type(cache.get("key", type=int), int | None)
assert_type(cache.get("key", "none", type=int), int | str)
assert_type(cache.get("key", 0), Any)
number: int | None = cache.get("key", type=int | None)
either: Entry[int | str] = cache.entry("key", type=int | str)
several: list[int] | None = cache.get_and_touch("key", 5, type=list[int] | None)
assert_type(cache.entry("key"), Entry[Any])
assert_type(cache.entry("key", type=int), Entry[int])
assert_type(cache.entry("key", type=int).value, int)
assert_type(cache.get_and_touch("key", 5, type=str), str)
assert_type(cache.set("key", [1], ttl=None, tags=["tag"]), int)
assert_type(cache.delete("key", cas=1), bool)
assert_type(cache.ttl("key"), float | None)
assert_type(cache.set_many({"key": 1}, ttl={"key": "5m"}), dict[str, int])
cache.get(1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
cache.set("key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
cache.set("key", 1, ttl=[1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
cache.touch("key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# Parts, structures, scans

assert_type(cache.lookup_in("key", [sd.get("a[0]", type=int), sd.exists("b")]), LookupResult)
assert_type(cache.mutate_in("key", [sd.increment("n")], store="set"), MutateResult)
assert_type(cache.mutate_in("key", [sd.increment("n")])[0], int | None)
cache.lookup_in("key", [sd.set("a", 1)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
cache.mutate_in("key", [sd.get("a")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
cache.mutate_in("key", [], store="upsert")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
assert_type(cache.as_list("key", ttl=None), ListDocument)
assert_type(cache.as_set("key").add(1), bool)
assert_type(cache.as_map("key").items(), list[tuple[str, Any]])
cache.as_map("key").set(1, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
assert_type(cache.scan("a", tag="t"), Scan[str])
assert_type(next(cache.scan()), str)
assert_type(cache.scan_entries(type=int), Scan[Entry[int]])
assert_type([entry.value for entry in cache.scan_entries(type=int)], list[int])
assert_type(cache.scan_entries().batch(), list[Entry[Any]])

# Load-through


def orders() -> list[int]:
    return [1]


assert_type(cache.get_or_set("key", orders, ttl="5m", stale_if_error=60), list[int])
cache.get_or_set("key", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
cache.get_or_set("key", orders, stale=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# Decorated functions


@cache.cached(ttl=60, key="price:{article}", tags=["prices"])
def price(article: str, *, currency: str = "EUR") -> float:
    return 1.0


assert_type(price("pen"), float)
assert_type(price("pen", currency="USD"), float)
assert_type(price.key("pen"), str)
assert_type(price.get("pen"), float | None)
assert_type(price.refresh("pen", currency="USD"), float)
assert_type(price.cache_info(), CacheInfo)
price.set(2.0, "pen")
price.invalidate("pen")
price()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
price("pen", "USD")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
price("pen", colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
price.key(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
price.get("pen", size=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
price.set("two", "pen")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
price.invalidate()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
cache.cached(ttl=60)(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Shop:
    @cache.cached()
    def stock(self, article: str) -> int:
        return 1

    @cache.invalidates(functions=[price], keys=lambda call: str(call.arguments["article"]))
    def sell(self, article: str, number: int) -> bool:
        return True


assert_type(Shop().stock("pen"), int)
assert_type(Shop().stock.get("pen"), int | None)
assert_type(Shop.stock(Shop(), "pen"), int)
assert_type(Shop().sell("pen", 1), bool)
Shop().stock(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Shop().stock()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Shop().sell("pen", "one")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@cache.cached_many(key="user:{number}")
def users(numbers: list[int]) -> dict[int, str]:
    return {}


assert_type(users([1, 2]), dict[int, str])
users(["one"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


with cache.pending() as transaction:
    assert_type(transaction, Pending)
    cache.on_commit(transaction, keys=["key"], tags=("tag",))
    price.invalidate_on_commit(transaction, "pen", currency="USD")
    users.invalidate_on_commit(transaction, 1, 2)
    with transaction.savepoint():
        Shop().stock.invalidate_on_commit(transaction, "pen")
price.invalidate_on_commit(transaction)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
price.invalidate_on_commit(transaction, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
users.invalidate_on_commit(transaction, "one")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def keys_of(call: Call) -> list[str]:
    return [str(call.result)]


cache.invalidates(keys=keys_of, tags="prices", when="both")
cache.invalidates(keys=keys_of, when="later")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@response_options(ttl="1m", tags=["orders"])
def view(number: int) -> bytes:
    set_response_options(tags=lambda request, head: [request.path], vary=["accept"])
    return str(number).encode()


assert_type(view(number=1), bytes)
view("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
response_options(ttl=b"1m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
response_options(hosts=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
