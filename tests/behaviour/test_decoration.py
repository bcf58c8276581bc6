"""Decorating: what a handle looks like, and what is refused when a function is decorated or called wrongly."""

import inspect
from typing import Any

import pytest

from caches import Cache, bare
from unicache.errors import ConfigurationError, InvalidArgument


async def test_the_handle_looks_like_the_function(cache: Cache) -> None:
    async def documented(a: int, /, b: str = "x", *rest: float, c: bool = False, **more: Any) -> list[int]:
        """What it does."""
        return [a]

    handle = bare(cache.cached(ttl=5)(documented))
    assert inspect.signature(handle) == inspect.signature(documented)
    assert (handle.__name__, handle.__qualname__) == (documented.__name__, documented.__qualname__)
    assert (handle.__doc__, handle.__module__) == (documented.__doc__, documented.__module__)
    assert handle.__annotations__ == documented.__annotations__
    assert inspect.unwrap(handle) is documented


async def test_a_generator_is_refused_at_decoration(cache: Cache) -> None:
    async def rows() -> Any:
        yield 1

    def plain_rows() -> Any:
        yield 1

    for function in (rows, plain_rows):
        for decorator in (cache.cached(), cache.invalidates(keys="k")):
            with pytest.raises(ConfigurationError, match="generator"):
                decorator(function)  # type: ignore[arg-type]


async def test_what_is_no_function_is_refused_at_decoration(cache: Cache) -> None:
    for thing in (None, 1, "text", [len]):
        with pytest.raises(ConfigurationError):
            cache.cached()(thing)  # type: ignore[arg-type]


async def test_bad_options_are_refused_at_decoration(cache: Cache) -> None:
    async def function(a: int, b: int = 0) -> int:
        return a

    bad: list[dict[str, Any]] = [
        {"ttl": 0},
        {"ttl": "60"},
        {"ttl": True},
        {"key": ""},
        {"key": 5},
        {"key": "k:{c}"},
        {"key": "k:{a}"},
        {"key": "k:{a!r}:{b}"},
        {"key": "k:{a}{b}"},
        {"key": "k:{a"},
        {"tags": "red"},
        {"tags": 5},
        {"tags": [5]},
        {"tags": ["{c}"]},
        {"ignore": "a"},
        {"ignore": ["c"]},
        {"version": 1.5},
        {"version": True},
        {"vary": ["tenant"]},
        {"vary": {"tenant": "acme"}},
        {"vary": {"a": str}},
        {"vary": {"tenant": str}, "key": "k:{a}:{b}"},
        {"vary": {"tenant": str}, "key": lambda a, b=0: f"{a}:{b}"},
    ]
    for options in bad:
        with pytest.raises(ConfigurationError):
            cache.cached(**options)(function)


async def test_a_wrong_call_raises_pythons_own_error_and_runs_nothing(cache: Cache) -> None:
    runs: list[int] = []

    @cache.cached()
    async def square(number: int) -> int:
        runs.append(number)
        return number * number

    with pytest.raises(TypeError, match="number"):
        await square()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        await square(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        await square(nombre=1)  # type: ignore[call-arg]
    assert runs == []


async def test_an_argument_without_a_canonical_form_is_refused_by_its_name(cache: Cache) -> None:
    @cache.cached()
    async def function(a: Any, thing: Any) -> int:
        raise AssertionError("it ran")

    with pytest.raises(InvalidArgument) as caught:
        await function(1, thing=object())
    assert caught.value.argument == "thing"
