"""Functions that invalidate what they make out of date: what ``@cache.invalidates(…)`` means, for all flavours.

What to remove is computed from the call's arguments, and afterwards from its result. A function that fails invalidates
nothing after it: what it did not do cannot have made anything out of date. ``when="before"`` has happened by then, and
``"both"`` does both even so, for functions that may fail after their commit.
"""

from collections.abc import Callable, Iterable
from inspect import BoundArguments, Parameter, Signature, signature
from typing import Any, Literal

from unicache._core.engine import Engine
from unicache._core.functions.handles import Handle
from unicache._core.functions.single import CachedFunction
from unicache._core.invalidation.calls import Invalidation
from unicache._core.keys.binding import template_binder
from unicache._core.tools.detached import finish
from unicache.errors import CacheError, ConfigurationError
from unicache.typing import Call

__all__ = ["InvalidatingFunction", "Target", "When"]

When = Literal["after", "before", "both"]
Target = str | Callable[[Call], str | Iterable[str]]
"""A template of the function's parameters, or a callable from the ``Call`` to one or several keys or tags."""

_Args = tuple[Any, ...]
_Kwargs = dict[str, Any]
_Make = Callable[[_Args, _Kwargs, Call], Iterable[str]]


class InvalidatingFunction:
    """A function together with what its calls make out of date."""

    def __init__(
        self,
        engine: Engine,
        function: Callable[..., Any],
        *,
        keys: Target | Iterable[Target],
        tags: Target | Iterable[Target],
        functions: Iterable[Handle],
        when: When,
    ) -> None:
        if when not in ("after", "before", "both"):
            raise ConfigurationError(f"when must be 'after', 'before' or 'both', not {when!r}")
        self.function = function
        self._engine = engine
        self._signature = signature(function)
        self._before = when != "after"
        self._after = when != "before"
        here = engine.invalidation
        self._keys = [(here, _maker(function, target)) for target in _several(keys, "keys")]
        for cached in _cached_functions(functions, engine):
            self._keys.append((cached.engine.invalidation, _call_maker(self._signature, cached, function)))
        self._tags = [_maker(function, target) for target in _several(tags, "tags")]
        if not self._keys and not self._tags:
            raise ConfigurationError("invalidates() needs keys=, tags= or functions=")

    async def call(self, args: _Args, kwargs: _Kwargs) -> Any:
        """Run the function, and invalidate when it is due."""
        io = self._engine.core.io
        if self._before:
            await self._invalidate(args, kwargs, None)
        try:
            result = await io.call(self.function, *args, **kwargs)
        except GeneratorExit:  # the program is over, and nothing can be waited for
            raise
        except BaseException as error:
            if self._before and self._after:
                await self._after_failure(args, kwargs, error)
            raise
        if self._after:
            await finish(io, lambda: self._invalidate(args, kwargs, result))
        return result

    async def _after_failure(self, args: _Args, kwargs: _Kwargs, failure: BaseException) -> None:
        """It may have failed after its commit, and somebody may have loaded what was there before."""
        try:
            await finish(self._engine.core.io, lambda: self._invalidate(args, kwargs, None))
        except CacheError as error:
            failure.add_note(str(error))

    async def _invalidate(self, args: _Args, kwargs: _Kwargs, result: Any) -> None:
        call = Call(_arguments(self._signature, args, kwargs), result)
        keys: dict[Invalidation, list[str]] = {}
        for where, make in self._keys:
            keys.setdefault(where, []).extend(make(args, kwargs, call))
        tags = [tag for make in self._tags for tag in make(args, kwargs, call)]
        for where, named in keys.items():
            if named:
                await where.keys(named)
        if tags:
            await self._engine.invalidation.tags(tags)


def _arguments(sign: Signature, args: _Args, kwargs: _Kwargs) -> dict[str, Any]:
    bound = sign.bind(*args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)


def _several(targets: Target | Iterable[Target], argument: str) -> list[Target]:
    if isinstance(targets, str) or callable(targets):
        return [targets]
    if not isinstance(targets, Iterable):
        raise ConfigurationError(f"{argument} must be a template, a callable or a list of them")
    return list(targets)


def _maker(function: Callable[..., Any], target: Target) -> _Make:
    if isinstance(target, str):
        binder = template_binder(function, target)
        return lambda args, kwargs, _: (binder.key(args, kwargs),)
    if callable(target):
        return lambda _, __, call: _as_many(target(call))
    raise ConfigurationError(f"what to invalidate must be a template or a callable, not {type(target).__name__}")


def _as_many(given: str | Iterable[str]) -> Iterable[str]:
    return (given,) if isinstance(given, str) else given


def _cached_functions(handles: Iterable[Handle], engine: Engine) -> list[CachedFunction]:
    """What the handles stand for; each is invalidated where it is cached, which may be another namespace or store."""
    if not isinstance(handles, Iterable):
        raise ConfigurationError("functions must be a list or other iterable; put a single one into a list")
    given = list(handles)
    for each in given:
        if not isinstance(each, Handle) or not isinstance(each._core, CachedFunction):
            raise ConfigurationError(f"functions must be decorated with cached(); {type(each).__name__} is not")
        if type(each._core.engine.core.io) is not type(engine.core.io):
            raise ConfigurationError(f"{each!r} is of a cache for another event model; invalidate it by keys= or tags=")
    return [each._core for each in given]


def _call_maker(sign: Signature, cached: CachedFunction, function: Callable[..., Any]) -> _Make:
    """The key of the cached function's call with the arguments of the same names."""
    wanted = signature(cached.function)
    shared = [name for name in wanted.parameters if name in sign.parameters]
    for name, parameter in wanted.parameters.items():
        if name not in shared and parameter.default is Parameter.empty and parameter.kind not in _VARIADIC:
            raise ConfigurationError(
                f"{function.__qualname__} has no parameter {name!r}, which {cached.function.__qualname__} needs; "
                "invalidate it by keys=lambda call: …"
            )

    def make(_: _Args, __: _Kwargs, call: Call) -> Iterable[str]:
        bound = BoundArguments(wanted, {name: call.arguments[name] for name in shared})
        bound.apply_defaults()
        return (cached.key(bound.args, bound.kwargs),)

    return make


_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
