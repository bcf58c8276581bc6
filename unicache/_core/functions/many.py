"""Cached functions of many items: each has an entry of its own, and the function sees only those that are missing."""

from collections.abc import Callable, Iterable
from functools import partial
from inspect import Parameter, Signature, signature
from typing import Any, get_args

from unicache._core.counts import Counts
from unicache._core.engine import Engine
from unicache._core.functions.single import (
    Tag,
    declared,
    is_method,
    result_type,
    several,
    tag_maker,
    tags_of,
    terms_at_decoration,
)
from unicache._core.keys.binding import Binder
from unicache._core.keys.templates import parsed
from unicache._core.loads.gathering import Gathering
from unicache._core.loads.plan import Plan
from unicache._core.loads.terms import Ttl
from unicache._core.tools.durations import optional_seconds
from unicache.errors import ConfigurationError, InvalidArgument, KeyNotFound
from unicache.typing import CacheInfo, Duration

__all__ = ["CachedMany"]


class CachedMany:
    """A function from a list of items to a mapping, together with the key and tags of each item."""

    def __init__(
        self,
        engine: Engine,
        function: Callable[..., Any],
        *,
        ttl: Ttl,
        key: str | Callable[..., str] | None,
        tags: Iterable[Tag],
        version: str | int | None,
        gather: Duration | None,
    ) -> None:
        self.function = function
        self.engine = engine
        method = is_method(function)
        one = _of_one_item(function, key, method=method)
        self._binder = Binder(one, key=key, ignore=(), version=version, bound=method)
        self._tags = tuple(tag_maker(one, tag) for tag in several(tags))
        self._terms = terms_at_decoration(engine, ttl, {})
        self.counts = Counts()
        self._gathering = Gathering(engine.core.io, self.call, _window(gather))
        self._schema = declared(_value_type(result_type(function)))

    def key(self, args: tuple[Any, ...]) -> str:
        """The key of one item; before it stands what the function is bound to."""
        return self._binder.key(args, {})

    async def call(self, bound: tuple[Any, ...], items: Iterable[Any]) -> dict[Any, Any]:
        """The values by item, without those the function does not know."""
        load = partial(self.function, *bound)
        return await self.engine.bulk.through({item: self._plan((*bound, item)) for item in _listed(items)}, load)

    async def one(self, bound: tuple[Any, ...], item: Any) -> Any:
        """The value of one item, or KeyNotFound."""
        key = self.key((*bound, *_listed([item])))  # what is wrong with this item is this caller's business alone
        values = await self._gathering.one(bound, item)
        if item not in values:
            raise KeyNotFound(f"{self.function.__qualname__} knows nothing of {key!r}", key=key)
        return values[item]

    async def invalidate(self, bound: tuple[Any, ...], items: Iterable[Any]) -> None:
        """Remove the items' values."""
        await self.engine.invalidation.keys([self.key((*bound, item)) for item in _listed(items)])

    def info(self) -> CacheInfo:
        """The counters of this function, in this process."""
        counts = self.counts
        return CacheInfo(counts.hits, counts.misses, counts.loads, counts.errors, counts.near)

    def _plan(self, args: tuple[Any, ...]) -> Plan:
        key = self.key(args)
        tags = tags_of(self._tags, args, {})
        name = self.engine.names.entry(key)
        return Plan(key, name, self.function, self._terms, tags, counts=self.counts, schema=self._schema)


def _of_one_item(function: Callable[..., Any], key: object, *, method: bool) -> Callable[..., Any]:
    """Something with the function's name and the signature of a call for one item, for keys and tags to bind."""
    names = list(signature(function).parameters)
    if len(names) != 1 + method:
        raise ConfigurationError(f"{function.__qualname__} must have one parameter, the list of items")
    fields = [name for name in parsed(key)[1] if name not in names[:-1]] if isinstance(key, str) else []
    names[-1:] = fields[:1] or names[-1:]  # a template names the item as it likes

    def one() -> None: ...

    one.__module__, one.__qualname__ = function.__module__, function.__qualname__
    one.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])  # type: ignore[attr-defined]
    return one


def _value_type(wanted: Any) -> Any:
    """What a mapping from items to values has as values."""
    return get_args(wanted)[-1] if len(get_args(wanted)) == 2 else Any


def _window(gather: Duration | None) -> float | None:
    try:
        return optional_seconds(gather, "gather")
    except InvalidArgument as error:
        raise ConfigurationError(str(error)) from None


def _listed(items: Iterable[Any]) -> list[Any]:
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise InvalidArgument("items must be a list or other iterable; wrap a single one", argument="items")
    try:
        return list(dict.fromkeys(items))
    except TypeError:
        raise InvalidArgument(
            "items must be hashable, to be found in what the function returns", argument="items"
        ) from None
