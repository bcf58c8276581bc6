"""Which calls share an entry: those that are the same call, however it is written, in every process; and no others."""

from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import pytest
from valkey import Valkey

from caches import Cache, Stage
from unicache.errors import InvalidArgument


def echo(cache: Cache, **options: Any) -> Any:
    @cache.cached(**options)
    async def echoed(a: Any, b: Any = 2, *rest: Any, c: Any = None, **more: Any) -> str:
        return repr((a, b, rest, c, more))

    return echoed


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((True,), {}),
    ((1.0,), {}),
    (("1",), {}),
    ((b"1",), {}),
    ((Decimal(1),), {}),
    ((None,), {}),
    (([1],), {}),
    (((1,),), {}),
    (({1},), {}),
    (({1: 1},), {}),
    (({"1": 1},), {}),
    (([1, [True]],), {}),
    (([1, [1]],), {}),
    (("a b", "c"), {}),
    (("a", "b c"), {}),
    (("a", "b", "c"), {}),
    ((1, 3), {}),
    ((1, 2, 3), {}),
    ((1,), {"c": 3}),
    ((1,), {"d": 3}),
    ((1,), {"d": None}),
]


async def keys_of_calls(cache: Cache) -> list[str]:
    function = echo(cache)
    return [function.key(*args, **kwargs) for args, kwargs in CALLS]


async def test_different_calls_have_different_keys(cache: Cache) -> None:
    function = echo(cache)
    for args, kwargs in CALLS:
        await function(*args, **kwargs)
    assert function.cache_info().loads == len(CALLS)
    assert len(set(await keys_of_calls(cache))) == len(CALLS)


async def test_the_same_call_written_differently_has_one_key(cache: Cache) -> None:
    function = echo(cache)
    await function(1)
    for call in (lambda: function(1, 2), lambda: function(1, b=2), lambda: function(b=2, a=1), lambda: function(a=1)):
        await call()
    await function(1, c=None)
    assert function.cache_info().loads == 1
    assert function.key(1, d=1, e=2) == function.key(1, e=2, d=1)
    assert function.key({"x": 1, "y": 2}) == function.key({"y": 2, "x": 1})
    assert function.key({"b", "a", "c"}) == function.key({"c", "a", "b"})


async def test_processes_with_different_hash_seeds_agree_on_every_key(cache: Cache, elsewhere: Any) -> None:
    assert elsewhere(keys_of_calls) == await keys_of_calls(cache)


async def test_a_template_is_the_readable_key_on_the_server(cache: Cache, stage: Stage, observer: Valkey) -> None:
    @cache.cached(key="num_orders:{customerid}", ttl=60)
    async def num_orders(customerid: str) -> int:
        return len(customerid)

    assert await num_orders("ALFKI") == 5
    assert num_orders.key("ALFKI") == "num_orders:ALFKI"
    assert observer.exists(f"{stage.namespace}:num_orders:ALFKI") == 1
    assert 59_000 < observer.pttl(f"{stage.namespace}:num_orders:ALFKI") <= 60_000
    assert await cache.get("num_orders:ALFKI") == 5


async def test_a_templates_keys_never_collide(cache: Cache) -> None:
    @cache.cached(key="k:{a}:{b}")
    async def function(a: Any, b: Any) -> str:
        return repr((a, b))

    pairs = [("x:y", "z"), ("x", "y:z"), (1, "1"), ("1", 1), (True, "True"), ("True", True), (None, "None"), ("", 1)]
    for a, b in pairs:
        assert await function(a, b) == repr((a, b))
    assert len({function.key(a, b) for a, b in pairs}) == len(pairs)


async def test_a_key_function_gets_the_arguments_and_gives_the_key(cache: Cache) -> None:
    @cache.cached(key=lambda user, page=1: f"user:{user}:{page}")
    async def function(user: int, page: int = 1) -> int:
        return user

    await function(7)
    assert function.key(7, page=2) == "user:7:2"
    assert await cache.get("user:7:1") == 7


async def test_a_key_function_that_gives_no_key_is_refused(cache: Cache) -> None:
    for given in ("", None, 5, b"key"):

        @cache.cached(key=lambda given=given: given)
        async def function() -> int:
            raise AssertionError("it ran")

        with pytest.raises(InvalidArgument):
            await function()


async def test_another_version_does_not_find_the_old_entries(cache: Cache) -> None:
    def versioned(version: Any, **options: Any) -> Any:
        @cache.cached(version=version, **options)
        async def function(a: int) -> Any:
            return version

        return function

    for options in ({}, {"key": "f:{a}"}, {"key": lambda a: f"g:{a}"}):
        functions = [versioned(version, **options) for version in (None, 1, 2, "1")]
        assert [await function(1) for function in functions] == [None, 1, 2, "1"]
        assert len({function.key(1) for function in functions}) == 4


async def test_an_ignored_argument_takes_no_part_however_it_is_passed(cache: Cache) -> None:
    @cache.cached(ignore=["session"])
    async def function(user: int, session: Any = None, page: int = 1) -> int:
        return user

    await function(1)
    await function(1, object())
    await function(1, session=object())
    await function(session=object(), user=1)
    await function(1, object(), 1)
    assert function.cache_info().loads == 1
    await function(1, page=2)
    assert function.cache_info().loads == 2


async def test_two_functions_never_share_a_key(cache: Cache) -> None:
    def one() -> Any:
        @cache.cached()
        async def function(a: int) -> str:
            return "one"

        return function

    def other() -> Any:
        @cache.cached()
        async def function(a: int) -> str:
            return "other"

        return function

    assert [await one()(1), await other()(1)] == ["one", "other"]


async def test_what_stands_around_a_call_takes_part_where_it_is_named(cache: Cache) -> None:
    around = {"tenant": "one", "user": 1}

    @cache.cached(vary={"tenant": lambda: around["tenant"]}, tags=["of:{tenant}"])
    async def function(number: int) -> str:
        return f"{around['tenant']} {around['user']} {number}"

    assert await function(1) == "one 1 1"
    around.update(tenant="two", user=2)
    assert await function(1) == "two 2 1"
    around["user"] = 3
    assert await function(number=1) == await function.get(1) == "two 2 1"
    await function.invalidate(1)
    assert await function.get(1) is None
    around["tenant"] = "one"
    assert await function(1) == "one 1 1"
    assert (await cache.entry(function.key(1))).tags == ("of:one",)
    await cache.invalidate_tags("of:one")
    assert await function(1) == "one 3 1"


async def test_a_context_variable_is_the_callers_in_loads_and_invalidations_alike(cache: Cache) -> None:
    tenant = ContextVar("tenant", default="nobody")
    loaded: list[str] = []

    @cache.cached(key="{tenant}:f", vary={"tenant": tenant.get})
    async def function() -> str:
        loaded.append(tenant.get())
        return tenant.get()

    @cache.invalidates(functions=[function], when="both")
    async def write() -> None: ...

    await cache.set("nobody:f", "kept")
    token = tenant.set("acme")
    assert [await function(), await function()] == ["acme", "acme"]
    await write()
    assert await function.get() is None
    tenant.reset(token)
    assert [await function(), *loaded] == ["kept", "acme"]


async def test_a_template_shows_what_stands_around_a_call(cache: Cache) -> None:
    tenant = ["a:b"]

    @cache.cached(key="{tenant}:f:{number}", vary={"tenant": lambda: tenant[0]})
    async def function(number: int) -> int:
        return number

    assert function.key(1) == "a%3Ab:f:1"
    tenant[0] = "a"
    assert await function(2) == 2
    assert await cache.get("a:f:2") == 2


async def test_what_cannot_stand_around_a_call_is_refused_by_its_name(cache: Cache) -> None:
    @cache.cached(vary={"thing": object})
    async def function() -> int:
        raise AssertionError("it ran")

    with pytest.raises(InvalidArgument) as caught:
        await function()
    assert caught.value.argument == "thing"


def shop_class(cache: Cache) -> Any:
    """The same class in every process that makes it."""

    class Base:
        def __init__(self, city: str) -> None:
            self.city = city

        @cache.cached()
        async def orders(self, customer: str) -> str:
            """The orders of a customer."""
            return f"{type(self).__name__} {self.city} {customer}"

        @cache.cached()
        @classmethod
        async def of_class(cls, number: int) -> str:
            return f"{cls.__name__} {number}"

        @cache.cached()
        @staticmethod
        async def of_nothing(number: int) -> str:
            return f"nothing {number}"

    class Derived(Base):
        pass

    return Base, Derived


async def shop_orders(cache: Cache, city: str) -> tuple[str, int]:
    base, _ = shop_class(cache)
    return await base(city).orders("Ada"), base.orders.cache_info().loads


async def test_methods_tell_instances_apart_by_their_state(cache: Cache) -> None:
    base, _ = shop_class(cache)
    assert await base("Rome").orders("Ada") == "Base Rome Ada"
    assert await base("Rome").orders(customer="Ada") == "Base Rome Ada"
    assert await base("Oslo").orders("Ada") == "Base Oslo Ada"
    assert base.orders.cache_info().loads == 2


async def test_a_method_of_an_equal_instance_is_a_hit_in_another_process(cache: Cache, elsewhere: Any) -> None:
    base, _ = shop_class(cache)
    await base("Rome").orders("Ada")
    assert elsewhere(shop_orders, "Rome") == ("Base Rome Ada", 0)


async def test_inherited_methods_do_not_share_entries_with_the_base(cache: Cache) -> None:
    base, derived = shop_class(cache)
    assert await base("Rome").orders("Ada") == "Base Rome Ada"
    assert await derived("Rome").orders("Ada") == "Derived Rome Ada"
    assert [await base.of_class(1), await derived.of_class(1)] == ["Base 1", "Derived 1"]
    assert [await base.of_class(1), await derived("Rome").of_class(1)] == ["Base 1", "Derived 1"]
    assert base.of_class.cache_info().loads == 2


async def test_static_methods_belong_to_nobody(cache: Cache) -> None:
    base, derived = shop_class(cache)
    for call in (base.of_nothing, derived.of_nothing, base("Rome").of_nothing):
        assert await call(1) == "nothing 1"
    assert base.of_nothing.cache_info().loads == 1


async def test_a_methods_handle_binds_as_its_call_does(cache: Cache) -> None:
    base, _ = shop_class(cache)
    shop = base("Rome")
    assert shop.orders.key("Ada") == base.orders.key(shop, "Ada") == base("Rome").orders.key(customer="Ada")
    await shop.orders.set("stored", "Ada")
    assert await base("Rome").orders("Ada") == "stored"
    assert await shop.orders.get("Ada") == "stored"
    await base("Rome").orders.invalidate("Ada")
    assert await shop.orders.get("Ada") is None
    assert await shop.orders.refresh("Ada") == "Base Rome Ada"
    await base.of_class.set("for the class", 1)
    assert await base.of_class(1) == "for the class"


async def test_an_instance_whose_state_has_no_canonical_form_is_refused(cache: Cache) -> None:
    base, _ = shop_class(cache)
    shop = base("Rome")
    shop.connection = object()
    with pytest.raises(InvalidArgument) as caught:
        await shop.orders("Ada")
    assert caught.value.argument == "self"
    assert " at 0x" not in str(caught.value)
