"""The handle of a cached function: key, get, set, invalidate, refresh, invalidate_all, from any process."""

from typing import Any

import pytest

from caches import Cache, Stage
from unicache.errors import ConfigurationError, ValueFormatError


def pricing(cache: Cache, source: dict[str, int], **options: Any) -> Any:
    """A cached getter, the same in every process that makes it."""

    @cache.cached(**{"ttl": 60, **options})
    async def price(article: str, *, currency: str = "EUR") -> int:
        return source[article]

    return price


async def set_price(cache: Cache, article: str, value: int) -> None:
    await pricing(cache, {}).set(value, article)


async def drop_price(cache: Cache, article: str) -> None:
    await pricing(cache, {}).invalidate(article)


async def drop_all_prices(cache: Cache) -> None:
    await pricing(cache, {}).invalidate_all()


async def drop_key(cache: Cache, key: str) -> None:
    await cache.invalidate(key)


async def test_the_key_is_what_the_document_calls_take(cache: Cache) -> None:
    price = pricing(cache, {"pen": 3})
    await price("pen")
    key = price.key("pen")
    assert isinstance(key, str)
    assert await cache.get(key) == 3
    assert (await cache.entry(price.key("pen", currency="EUR"))).value == 3
    await cache.invalidate(key)
    assert await price.get("pen") is None


async def test_get_peeks_and_does_not_run_the_function(cache: Cache) -> None:
    price = pricing(cache, {})
    assert await price.get("pen") is None
    await price.set(3, "pen")
    assert await price.get("pen") == 3
    assert price.cache_info().loads == 0


async def test_set_stores_what_the_call_would_have_returned(cache: Cache) -> None:
    price = pricing(cache, {}, ttl="1h", tags=["article:{article}"])
    await price.set(3, "pen", currency="USD")
    assert await price("pen", currency="USD") == 3
    assert await price.get("pen") is None
    entry = await cache.entry(price.key("pen", currency="USD"))
    assert entry.tags == ("article:pen",)
    assert 3590 < (entry.ttl or 0) <= 3600


async def test_set_refuses_what_cannot_be_stored(cache: Cache) -> None:
    with pytest.raises(ValueFormatError):
        await pricing(cache, {}).set(object(), "pen")


async def test_invalidate_removes_the_one_call(cache: Cache) -> None:
    source = {"pen": 3, "ink": 5}
    price = pricing(cache, source)
    assert [await price("pen"), await price("ink")] == [3, 5]
    source.update(pen=4, ink=6)
    await price.invalidate("pen", currency="EUR")
    assert [await price("pen"), await price("ink")] == [4, 5]


async def test_invalidating_what_is_not_there_is_fine(cache: Cache) -> None:
    price = pricing(cache, {})
    await price.invalidate("pen")
    await price.invalidate_all()
    await cache.invalidate("absent", "absent")


async def test_refresh_runs_the_function_and_stores_what_it_gives(cache: Cache) -> None:
    source = {"pen": 3}
    price = pricing(cache, source)
    assert await price.refresh("pen") == 3
    source["pen"] = 4
    assert await price("pen") == 3
    assert await price.refresh("pen") == 4
    assert await price("pen") == 4


async def test_a_failing_refresh_leaves_what_was_there(cache: Cache) -> None:
    source = {"pen": 3}
    price = pricing(cache, source)
    await price("pen")
    source.clear()
    with pytest.raises(KeyError):
        await price.refresh("pen")
    assert await price("pen") == 3


async def test_a_refresh_loses_to_an_invalidation(cache: Cache, stage: Stage) -> None:
    started, go = stage.event(), stage.event()
    source = {"k": "old"}

    @cache.cached(ttl=60)
    async def function() -> str:
        value = source["k"]
        if cache.stats()["loads"] == 2:
            started.set()
            await stage.passed(go)
        return value

    await function()
    refreshing = stage.begin(function.refresh)
    await stage.passed(started)
    source["k"] = "new"
    await function.invalidate()
    go.set()
    assert await refreshing.result() == "old"
    assert await function() == "new"
    assert await function() == "new"


async def test_invalidate_all_takes_every_call_and_no_other_function(cache: Cache) -> None:
    source = {"pen": 3, "ink": 5}
    price = pricing(cache, source)

    @cache.cached()
    async def price_list() -> list[int]:
        return list(source.values())

    before = [await price("pen"), await price("ink"), *await price_list()]
    source.update(pen=4, ink=6)
    await price.invalidate_all()
    assert [await price("pen"), await price("ink"), *await price_list()] == [4, 6, 3, 5]
    assert before == [3, 5, 3, 5]


async def test_invalidate_all_of_a_readable_key_takes_its_calls(cache: Cache) -> None:
    source = {"pen": 3}
    price = pricing(cache, source, key="price:{article}:{currency}")
    await price("pen")
    await cache.set("prices", "no price")
    await cache.set("priced:pen:EUR", "no price")
    source["pen"] = 4
    await price.invalidate_all()
    assert await price("pen") == 4
    assert await cache.get_many(["prices", "priced:pen:EUR"]) == dict.fromkeys(["prices", "priced:pen:EUR"], "no price")


async def test_invalidate_all_of_keys_with_nothing_in_common_says_what_to_do(cache: Cache) -> None:
    for options in ({"key": "{article}:{currency}"}, {"key": lambda article, currency="EUR": article}):
        with pytest.raises(ConfigurationError, match="tag"):
            await pricing(cache, {}, **options).invalidate_all()


async def test_a_setter_in_another_process_updates_what_the_getter_cached(cache: Cache, elsewhere: Any) -> None:
    price = pricing(cache, {"pen": 3})
    assert await price("pen") == 3
    elsewhere(set_price, "pen", 4)
    assert await price("pen") == 4


@pytest.mark.far
async def test_a_setter_in_another_process_deletes_what_the_getter_cached(cache: Cache, elsewhere: Any) -> None:
    source = {"pen": 3}
    price = pricing(cache, source)
    for drop, arguments in ((drop_price, ["pen"]), (drop_all_prices, []), (drop_key, [price.key("pen")])):
        assert await price("pen") == source["pen"]
        source["pen"] += 1
        elsewhere(drop, *arguments)
        assert await price("pen") == source["pen"]


async def test_tags_of_a_function_are_templates_and_functions_of_its_arguments(cache: Cache) -> None:
    source = {"pen": 3, "ink": 5}
    price = pricing(
        cache,
        source,
        tags=["prices", "article:{article}", lambda article, currency="EUR": [f"currency:{currency}", "all"]],
    )
    await price("pen")
    assert (await cache.entry(price.key("pen"))).tags == ("prices", "article:pen", "currency:EUR", "all")
    for tag in ("prices", "article:pen", "currency:EUR", "all"):
        source["pen"] += 1
        await cache.invalidate_tags("article:ink", "currency:USD")
        assert await price("pen") == source["pen"] - 1
        await cache.invalidate_tags(tag)
        assert await price("pen") == source["pen"]
