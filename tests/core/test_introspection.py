"""A handle looks like the function it stands for, to all who look before they call: frameworks, partials, help()."""

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed

import unicache
import unicache_asyncio
import unicache_gevent
import unicache_twisted
from unicache.errors import ConfigurationError

synchronous = unicache.Cache()
asynchronous = unicache_asyncio.Cache()
greenlets = unicache_gevent.Cache()
deferred = unicache_twisted.Cache()


@synchronous.cached()
def threads_price(article: str, *, currency: str = "EUR") -> float:
    """What an article costs."""
    return len(article)


@greenlets.cached()
def gevent_price(article: str, *, currency: str = "EUR") -> float:
    """What an article costs."""
    return len(article)


@asynchronous.cached()
async def asyncio_price(article: str, *, currency: str = "EUR") -> float:
    """What an article costs."""
    return len(article)


@deferred.cached()
def twisted_price(article: str, *, currency: str = "EUR") -> "Deferred[float]":
    """What an article costs."""
    return succeed(float(len(article)))


@asynchronous.invalidates(functions=[asyncio_price])
async def asyncio_change(article: str, currency: str) -> None:
    """Change it."""


@asynchronous.cached_many(key="article:{article}")
async def asyncio_prices(articles: list[str]) -> dict[str, float]:
    """What articles cost."""
    return dict.fromkeys(articles, 1.0)


class Shop:
    name = "shop"

    def __init__(self, city: str) -> None:
        self.city = city

    def __repr__(self) -> str:
        return f"Shop({self.city!r})"

    @synchronous.cached(key=lambda self, article, **_: f"stock:{self.city}:{article}")
    def stock(self, article: str, *, exact: bool = False) -> str:
        return f"{self.city} {article}"

    @asynchronous.cached(key=lambda self, article: f"later:{self.city}:{article}")
    async def later(self, article: str) -> str:
        return f"{self.city} {article}"

    @synchronous.cached(key="kind:{article}", ignore=["cls"])
    @classmethod
    def kind(cls, article: str) -> str:
        return f"{cls.name} {article}"

    @synchronous.cached()
    @staticmethod
    def size(article: str) -> int:
        return len(article)


Unchecked: Any = Shop
"""Type checkers do not know what a decorator around a classmethod or a staticmethod makes."""

PRICES: list[Any] = [threads_price, gevent_price, asyncio_price, twisted_price]
COROUTINES: list[Any] = [asyncio_price, asyncio_change, asyncio_prices, Shop("Rome").later]


def finished(call: Any) -> Any:
    return asyncio.run(call)


@pytest.mark.parametrize("handle", PRICES)
def test_a_handle_has_the_function_s_name_docstring_and_module(handle: Any) -> None:
    assert handle.__name__ == handle.__wrapped__.__name__
    assert handle.__qualname__ == handle.__wrapped__.__qualname__
    assert handle.__doc__ == "What an article costs."
    assert handle.__module__ == __name__
    assert inspect.getdoc(handle) == "What an article costs."


@pytest.mark.parametrize("handle", PRICES)
def test_a_handle_has_the_function_s_signature_and_annotations(handle: Any) -> None:
    assert inspect.signature(handle) == inspect.signature(handle.__wrapped__)
    assert list(inspect.signature(handle).parameters) == ["article", "currency"]
    assert inspect.get_annotations(handle, eval_str=False) == inspect.get_annotations(handle.__wrapped__)
    assert inspect.unwrap(handle) is handle.__wrapped__


def test_a_bound_handle_has_the_signature_without_what_is_bound() -> None:
    assert list(inspect.signature(Shop("Rome").stock).parameters) == ["article", "exact"]
    assert list(inspect.signature(Shop("Rome").later).parameters) == ["article"]
    assert list(inspect.signature(Shop.kind).parameters) == ["article"]
    assert list(inspect.signature(Shop.size).parameters) == ["article"]


def test_a_handle_in_a_class_is_the_function_with_self() -> None:
    assert list(inspect.signature(Shop.stock).parameters) == ["self", "article", "exact"]
    assert Shop.stock(Shop("Rome"), "pen") == "Rome pen"


def test_a_handle_binds_as_the_function_would() -> None:
    assert Shop("Rome").stock("pen") == "Rome pen"
    assert Shop("Oslo").stock("pen") == "Oslo pen"
    assert Shop("Oslo").stock.get("pen") == "Oslo pen"
    assert Unchecked.kind("pen") == Unchecked("Rome").kind("pen") == "shop pen"
    assert Unchecked.size("pen") == Unchecked("Rome").size("pen") == 3
    assert finished(Shop("Rome").later("ink")) == "Rome ink"


@pytest.mark.parametrize("kind", [unicache.CachedFunction, unicache_asyncio.CachedFunction])
def test_the_class_of_handles_keeps_its_own_signature(kind: type) -> None:
    assert list(inspect.signature(kind).parameters) == ["core", "decorated", "bound"]


@pytest.mark.parametrize("handle", COROUTINES)
def test_a_handle_of_asyncio_is_taken_for_a_coroutine_function(handle: Any) -> None:
    assert asyncio.iscoroutinefunction(handle)
    assert inspect.iscoroutinefunction(handle)
    assert inspect.iscoroutinefunction(handle.__call__)
    assert inspect.iscoroutinefunction(functools.partial(handle))


@pytest.mark.parametrize("handle", [threads_price, gevent_price, twisted_price, Shop("Rome").stock])
def test_any_other_handle_is_not(handle: Any) -> None:
    assert not asyncio.iscoroutinefunction(handle)
    assert not inspect.iscoroutinefunction(handle)
    assert not inspect.iscoroutinefunction(handle.__call__)


def test_a_partial_of_a_handle_calls_it() -> None:
    assert functools.partial(threads_price, "pencil", currency="USD")() == 6
    assert finished(functools.partial(asyncio_price, "pencil")()) == 6
    assert list(inspect.signature(functools.partial(threads_price, "pencil")).parameters) == ["currency"]


def test_a_handle_of_a_partial_of_a_coroutine_function_is_one_too() -> None:
    async def add(first: int, second: int) -> int:
        return first + second

    cached = asynchronous.cached(key="later sum:{second}")(functools.partial(add, 1))
    assert inspect.iscoroutinefunction(cached)
    assert list(inspect.signature(cached).parameters) == ["second"]
    assert finished(cached(2)) == 3


def test_a_handle_can_be_decorated_again() -> None:
    again = asynchronous.invalidates(keys="article:{article}")(asyncio_price)
    assert finished(again("eraser")) == 6
    assert inspect.iscoroutinefunction(again)


def test_a_handle_of_a_partial_is_cached_by_the_arguments_left() -> None:
    def add(first: int, second: int) -> int:
        return first + second

    cached = synchronous.cached(key="sum:{second}")(functools.partial(add, 1))
    assert cached(2) == 3
    assert cached.key(2) == "sum:2"


def resolve(dependency: Callable[..., Any], given: dict[str, Any]) -> Any:
    """What FastAPI does with a dependency: look at its parameters, see whether to await it, call it by names."""
    named = {name: given[name] for name in inspect.signature(dependency).parameters if name in given}
    called = dependency if inspect.isroutine(dependency) else vars(type(dependency))["__call__"]
    result = dependency(**named)
    return finished(result) if inspect.iscoroutinefunction(called) else result


class Doubler:
    """An object that is called."""

    def __call__(self, number: int) -> int:
        return 2 * number


def test_a_handle_of_an_object_that_is_called_has_a_name_of_its_own() -> None:
    cached = synchronous.cached(key="double:{number}")(Doubler())
    assert repr(cached) == f"<CachedFunction {__name__}.Doubler>"
    assert cached(2) == 4


def test_a_framework_that_calls_by_parameter_names_can_use_a_handle() -> None:
    request = {"article": "notebook", "currency": "USD", "path": "/"}
    assert resolve(threads_price, request) == resolve(asyncio_price, request) == 8
    assert resolve(Shop("Rome").later, request) == "Rome notebook"


def test_the_repr_of_a_handle_names_the_function_and_no_argument() -> None:
    assert repr(threads_price) == f"<CachedFunction {__name__}.threads_price>"
    assert repr(Shop("Rome").stock) == f"<CachedFunction {__name__}.Shop.stock>"


def test_what_cannot_be_a_handle_is_refused_when_it_is_decorated() -> None:
    async def coroutine() -> None: ...

    def generator() -> Any:
        yield 1

    with pytest.raises(ConfigurationError, match="async def"):
        synchronous.cached()(coroutine)
    with pytest.raises(ConfigurationError, match="plain def"):
        asynchronous.cached()(lambda: 1)  # type: ignore[arg-type,return-value]
    with pytest.raises(ConfigurationError, match="generator"):
        synchronous.cached()(generator)
    with pytest.raises(ConfigurationError, match="only functions"):
        synchronous.cached()(5)  # type: ignore[arg-type]
