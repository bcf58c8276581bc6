"""Invalidating functions: by key, tag and function; after, before and both; and when the writer fails."""

from typing import Any

import pytest

from caches import Cache, Stage, bare
from unicache.errors import ConfigurationError
from unicache.typing import Call


class Shop:
    """A source of truth, with cached readers over it."""

    def __init__(self, cache: Cache) -> None:
        self.orders = {"ALFKI": 1, "BONAP": 2}
        self.num_orders = cache.cached(key="num_orders:{customerid}", ttl=60)(self._count)
        self.all_orders = cache.cached(key="num_orders_all", tags=["orders"])(self._count_all)

    async def _count(self, customerid: str) -> int:
        return self.orders[customerid]

    async def _count_all(self) -> int:
        return sum(self.orders.values())

    async def read(self) -> list[int]:
        return [await self.num_orders("ALFKI"), await self.num_orders("BONAP"), await self.all_orders()]


def adding(cache: Cache, shop: Shop, **options: Any) -> Any:
    @cache.invalidates(**options)
    async def add(customerid: str, *, number: int = 1) -> dict[str, Any]:
        shop.orders[customerid] += number
        return {"customer": customerid, "tags": ["orders"]}

    return add


async def add_elsewhere(cache: Cache, customerid: str) -> None:
    shop = Shop(cache)
    await adding(cache, shop, keys="num_orders:{customerid}", tags="orders")(customerid)


async def test_it_gives_what_the_function_gives(cache: Cache) -> None:
    add = adding(cache, Shop(cache), keys="num_orders:{customerid}")
    assert await add("ALFKI", number=2) == {"customer": "ALFKI", "tags": ["orders"]}


async def test_a_template_names_the_key_of_the_same_arguments(cache: Cache) -> None:
    shop = Shop(cache)
    assert await shop.read() == [1, 2, 3]
    await adding(cache, shop, keys="num_orders:{customerid}")("ALFKI")
    assert await shop.read() == [2, 2, 3]


async def test_several_keys_and_tags_go_at_once(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()
    await adding(cache, shop, keys=["num_orders:{customerid}", "num_orders_all"])(customerid="BONAP")
    assert await shop.read() == [1, 3, 4]
    await adding(cache, shop, keys=["num_orders:{customerid}"], tags=["orders", "other:{customerid}"])("BONAP")
    assert await shop.read() == [1, 4, 5]


async def test_a_cached_function_is_named_by_its_handle(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()
    await adding(cache, shop, functions=[shop.num_orders, shop.all_orders])("ALFKI", number=5)
    assert await shop.read() == [6, 2, 8]


async def test_a_cached_function_is_invalidated_where_it_is_cached(cache: Cache, stage: Stage) -> None:
    shops = [Shop(cache.namespace("view")), Shop(stage.open(namespace=f"{stage.namespace}/other"))]
    write = adding(cache, shops[0], functions=[shop.num_orders for shop in shops])
    await cache.set("num_orders:ALFKI", "of this namespace")
    before = [await shop.read() for shop in shops]
    await write("ALFKI")
    assert [await shop.num_orders.get("ALFKI") for shop in shops] == [None, None]
    assert [await shop.num_orders.get("BONAP") for shop in shops] == [2, 2]
    assert before == [[1, 2, 3]] * 2
    assert await cache.get("num_orders:ALFKI") == "of this namespace"


async def test_a_cached_function_gets_the_arguments_as_it_takes_them(cache: Cache) -> None:
    @cache.cached()
    async def read(a: int, /, b: int = 2, *rest: int, c: int = 3, **more: int) -> list[Any]:
        return [a, b, *rest, c, more]

    @cache.invalidates(functions=[read])
    async def write(a: int, *rest: int, c: int = 3, **more: int) -> None: ...

    calls: list[tuple[tuple[int, ...], dict[str, int]]] = [((1,), {}), ((1, 2, 5, 6), {"c": 4, "d": 7})]
    for args, kwargs in calls:
        await read(*args, **kwargs)
    await write(1)
    assert await read.get(1) is None
    assert await read.get(1, 2, 5, 6, c=4, d=7) == [1, 2, 5, 6, 4, {"d": 7}]
    await write(1, 5, 6, c=4, d=7)
    assert await read.get(1, 2, 5, 6, c=4, d=7) is None


async def test_targets_may_be_computed_from_arguments_and_result(cache: Cache) -> None:
    shop = Shop(cache)
    seen: list[Call] = []

    def from_arguments(call: Call) -> str:
        seen.append(call)
        return f"num_orders:{call.arguments['customerid']}"

    await shop.read()
    await adding(cache, shop, keys=from_arguments, tags=lambda call: call.result["tags"])("ALFKI")
    assert await shop.read() == [2, 2, 4]
    assert dict(seen[0].arguments) == {"customerid": "ALFKI", "number": 1}
    assert seen[0].result["customer"] == "ALFKI"


async def test_it_is_done_when_the_call_returns_and_not_before(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()

    @cache.invalidates(functions=[shop.all_orders])
    async def add() -> int:
        shop.orders["ALFKI"] += 1
        return int(await shop.all_orders())

    assert await add() == 3
    assert await shop.all_orders() == 4


async def test_before_is_done_when_the_function_runs(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()

    @cache.invalidates(functions=[shop.all_orders], when="before")
    async def look() -> Any:
        return await shop.all_orders.get()

    assert await look() is None


async def test_after_leaves_nothing_that_was_read_meanwhile(cache: Cache) -> None:
    shop = Shop(cache)

    async def write() -> None:
        await shop.read()  # somebody reads the old rows before they are changed
        shop.orders["ALFKI"] += 1

    for when in ("after", "both"):
        old = await shop.read()
        await cache.invalidates(keys=["num_orders:ALFKI", "num_orders_all"], when=when)(write)()  # type: ignore[arg-type]
        assert await shop.read() == [old[0] + 1, old[1], old[2] + 1]


async def test_before_sees_the_arguments_and_no_result(cache: Cache) -> None:
    shop = Shop(cache)
    results: list[Any] = []

    def key(call: Call) -> str:
        results.append(call.result)
        return "num_orders:" + call.arguments["customerid"]

    await adding(cache, shop, keys=key, when="both")("ALFKI")
    assert results == [None, {"customer": "ALFKI", "tags": ["orders"]}]


async def test_a_failing_writer_raises_its_error_and_removes_nothing(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()

    @cache.invalidates(functions=[shop.all_orders])
    async def failing() -> None:
        raise LookupError("no such customer")

    with pytest.raises(LookupError, match="no such customer"):
        await failing()
    assert await shop.all_orders.get() == 3


async def test_a_writer_that_fails_after_invalidating_before_leaves_a_consistent_state(cache: Cache) -> None:
    shop = Shop(cache)
    await shop.read()

    @cache.invalidates(functions=[shop.all_orders], when="both")
    async def failing() -> None:
        raise LookupError("rolled back")

    with pytest.raises(LookupError):
        await failing()
    assert await shop.all_orders.get() is None
    assert await shop.read() == [1, 2, 3]


async def test_methods_invalidate_too(cache: Cache) -> None:
    class Repository:
        def __init__(self) -> None:
            self.name = "pen"

        @cache.cached(key="article:{self}:{number}")
        async def article(self, number: int) -> str:
            return f"{self.name} {number}"

        @cache.invalidates(functions=[article])
        async def rename(self, number: int) -> None: ...

        @cache.invalidates(keys="fixed")
        @classmethod
        async def of_class(cls) -> str:
            return cls.__name__

    repository = Repository()
    assert await repository.article(1) == "pen 1"
    await repository.article.set("stale", 1)
    await repository.rename(1)
    assert await repository.article(1) == "pen 1"
    assert await Repository.of_class() == "Repository"


async def test_what_another_process_invalidates_is_fresh_here(cache: Cache, elsewhere: Any) -> None:
    shop = Shop(cache)
    await shop.read()
    shop.orders["ALFKI"] = 10
    elsewhere(add_elsewhere, "ALFKI")
    assert await shop.read() == [10, 2, 12]


async def test_the_handle_of_an_invalidating_function_looks_like_it(cache: Cache) -> None:
    async def write(a: int, b: str = "x") -> None:
        """Writes."""

    handle = bare(cache.invalidates(keys="k")(write))
    assert (handle.__name__, handle.__doc__, handle.__qualname__) == (write.__name__, "Writes.", write.__qualname__)


async def test_bad_targets_are_refused_at_decoration(cache: Cache) -> None:
    @cache.cached()
    async def needs(a: int, other: int) -> int:
        return a

    async def write(a: int) -> None: ...

    bad: list[dict[str, Any]] = [
        {},
        {"keys": "k:{b}"},
        {"keys": 5},
        {"keys": [5]},
        {"tags": "t:{b}"},
        {"keys": ""},
        {"keys": "k", "when": "later"},
        {"functions": [needs]},
        {"functions": [write]},
        {"functions": ["needs"]},
        {"functions": [cache.invalidates(keys="k")(write)]},
    ]
    for options in bad:
        with pytest.raises(ConfigurationError):
            cache.invalidates(**options)(write)
