"""Cached functions: what a decoration means, and what its handle does. Written once for all flavours.

A decoration is checked when it is made. A call is bound to a key by ``binding`` and loaded through by ``load``; the
handle's other methods bind in exactly the same way.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from inspect import signature
from typing import Any, get_args, get_origin, get_type_hints

from unicache._core.counts import Counts
from unicache._core.engine import Engine
from unicache._core.keys.binding import Binder, Vary, default_prefix, template_binder
from unicache._core.keys.call_names import CallNames
from unicache._core.keys.names import bounded
from unicache._core.keys.templates import prefix
from unicache._core.loads.plan import Plan
from unicache._core.loads.serving import MISS
from unicache._core.loads.terms import Terms, Ttl, terms_of
from unicache._core.records.codec import declare, fingerprint_of_type, learn
from unicache.errors import ConfigurationError, InvalidArgument
from unicache.typing import CacheInfo, LoadOptions, Result

__all__ = [
    "CachedFunction",
    "Key",
    "Tag",
    "declared",
    "is_method",
    "result_type",
    "several",
    "tag_maker",
    "tags_of",
    "terms_at_decoration",
]

Key = str | Callable[..., str]
Tag = str | Callable[..., str | Iterable[str]]


class CachedFunction:
    """A function together with the key, the time to live and the tags of each of its calls."""

    def __init__(
        self,
        engine: Engine,
        function: Callable[..., Any],
        *,
        ttl: Ttl,
        key: Key | None,
        tags: Iterable[Tag],
        ignore: Collection[str],
        version: str | int | None,
        vary: Vary | None,
        options: LoadOptions,
    ) -> None:
        self.function = function
        self.engine = engine
        self._names = engine.names
        self._loads = engine.loads
        self._hit = engine.serving.hit
        self._near = engine.core.store.near
        self._peek = engine.core.store.peek
        method = is_method(function)
        self._binder = Binder(function, key=key, ignore=ignore, version=version, bound=method, vary=vary)
        steady = not callable(key) and not vary
        self._call_names = CallNames(self._binder, engine.names, steady=steady)
        self._known_names = self._call_names.known
        self._prefix = _shared_prefix(function, key)
        self._tags = tuple(tag_maker(function, tag, vary) for tag in several(tags))
        self._terms = terms_at_decoration(engine, ttl, options)
        self.counts = Counts()
        self._schema = declared(result_type(function))

    # -- keys

    def key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """The key of a call."""
        return self._binder.key(args, kwargs)

    def name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        """The server's name for the value of a call."""
        try:
            known = None if kwargs else self._known_names.get((*args, *map(type, args)))
        except TypeError:  # an argument that cannot be hashed
            known = None
        return known or self._call_names.name(args, kwargs)

    def plan(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
        """How to come by the value of a call."""
        key = self._binder.key(args, kwargs)
        return Plan(
            key=key,
            name=self._names.entry(key),
            load=partial(self.function, *args, **kwargs),
            terms=self._terms,
            tags=self._tags_of(args, kwargs),
            counts=self.counts,
            schema=self._schema,
        )

    def _tags_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
        return tags_of(self._tags, args, kwargs) if self._tags else ()

    # -- what the handle does

    def peek(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A hit that needs no waiting, else ``MISS``."""
        core = self.engine.core
        if not self._near or (core.doubtful and not core.enabled):
            return MISS
        name, peek, hit = self.name(args, kwargs), self._peek, self._hit
        value = hit(name, peek(name), self._terms, self._schema)
        if value is not MISS:
            self.counts.near += 1
            core.counts.near += 1
        return value

    async def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The cached value, or the function's."""
        core, loads, hit = self.engine.core, self._loads, self._hit
        if core.doubtful and not core.enabled:
            return (await loads.through(self.plan(args, kwargs))).value
        name = self.name(args, kwargs)
        held = await loads.read(name)
        value = hit(name, held, self._terms, self._schema)
        if value is MISS:
            return (await loads.further(self.plan(args, kwargs), held)).value
        self.counts.far += 1
        core.counts.far += 1
        return value

    async def result(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result[Any]:
        """The same, with where it came from."""
        return await self._loads.through(self.plan(args, kwargs))

    async def get(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The cached value, or None; the function does not run."""
        return await self._loads.peeked(self.plan(args, kwargs))

    async def set(self, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Store a value as if the call had returned it."""
        await self._loads.put(self.plan(args, kwargs), value)

    async def invalidate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Remove the call's value."""
        await self.engine.invalidation.keys([self.key(args, kwargs)])

    async def expire(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Keep the call's value as stale."""
        return await self.engine.invalidation.expire(self.key(args, kwargs))

    async def refresh(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function and store what it returns."""
        return await self._loads.renewed(self.plan(args, kwargs))

    async def invalidate_all(self) -> None:
        """Remove the values of all calls."""
        if not self._prefix:
            raise ConfigurationError(
                f"the keys of {self.function.__qualname__} have no beginning in common, so they cannot be found; "
                "give the function a tag and use invalidate_tags"
            )
        await self.engine.invalidation.prefix(self._prefix)

    def info(self) -> CacheInfo:
        """The counters of this function, in this process."""
        counts = self.counts
        return CacheInfo(counts.hits, counts.misses, counts.loads, counts.errors, counts.near)


def terms_at_decoration(engine: Engine, ttl: Ttl, options: LoadOptions) -> Terms:
    try:
        return terms_of(engine.core.settings, ttl, options)
    except InvalidArgument as error:
        raise ConfigurationError(str(error)) from None


def is_method(function: Callable[..., Any]) -> bool:
    """Whether the first parameter is the object or class that a method is bound to.

    At decoration a method is still a plain function; its name says that it stands in a class, and by convention its
    first parameter says that it is bound.
    """
    name = getattr(function, "__qualname__", "")
    parent = name.rpartition(".")[0]
    first = next(iter(signature(function).parameters), None)
    return bool(parent) and not parent.endswith("<locals>") and first in ("self", "cls")


def _shared_prefix(function: Callable[..., Any], key: Key | None) -> str:
    """What all keys of the function begin with."""
    if key is None:
        return default_prefix(function)
    return prefix(key) if isinstance(key, str) else ""


def several(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ConfigurationError("tags must be a list or tuple of tags; put a single one into a list")
    return tuple(tags)


def tag_maker(function: Callable[..., Any], tag: Tag, vary: Vary | None = None) -> Callable[..., Iterable[str]]:
    """From the arguments of a call to the tags that ``tag`` stands for."""
    if isinstance(tag, str):
        binder = template_binder(function, tag, vary)
        return lambda args, kwargs: (binder.key(args, kwargs),)
    if callable(tag):
        return lambda args, kwargs: _as_tags(tag(*args, **kwargs))
    raise ConfigurationError(f"a tag must be a template or a callable, not {type(tag).__name__}")


def tags_of(
    makers: Iterable[Callable[..., Iterable[str]]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[str, ...]:
    """The tags of a call, each once. Raises InvalidArgument when they are too many."""
    return bounded(tuple(dict.fromkeys(tag for make in makers for tag in make(args, kwargs))))


def _as_tags(given: str | Iterable[str]) -> Iterable[str]:
    return (given,) if isinstance(given, str) else given


def result_type(function: Callable[..., Any]) -> Any:
    """What the return annotation says that a call gives; Any when it says nothing."""
    try:
        return _awaited(get_type_hints(function).get("return", Any))
    except Exception:  # noqa: BLE001  an annotation may name what does not exist at run time; then it says nothing
        return Any


def declared(wanted: Any) -> int:
    """Make the classes in a type known, so that instances stored by another process can be read; its fingerprint.

    0 for what is not a type of values, such as Iterator, or has a field of such a type; plain values need no
    declaration.
    """
    try:
        declare(wanted)
    except InvalidArgument:
        learn(wanted)
        return 0
    return fingerprint_of_type(wanted)


def _awaited(wanted: Any) -> Any:
    """What an ``Awaitable[T]``, ``Coroutine[…, …, T]`` or ``Deferred[T]`` brings: ``T``, which is what is stored."""
    return get_args(wanted)[-1] if hasattr(get_origin(wanted), "__await__") else wanted
