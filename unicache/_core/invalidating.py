"""Functions that invalidate what they make out of date: what ``@cache.invalidates(…)`` means, for all flavours.

What to remove is computed from the call's arguments, and afterwards from its result. A function that fails invalidates
nothing after it: what it did not do cannot have made anything out of date; ``when="before"`` has happened by then.
"""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature, signature
from typing import Any, Literal

from unicache._core.binding import template_binder
from unicache._core.detached import finish
from unicache._core.engine import Engine
from unicache._core.functions import CachedFunction
from unicache.errors import ConfigurationError
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
        functions: Iterable[CachedFunction],
        when: When,
    ) -> None:
        if when not in ("after", "before", "both"):
            raise ConfigurationError(f"when must be 'after', 'before' or 'both', not {when!r}")
        self.function = function
        self._engine = engine
        self._signature = signature(function)
        self._before = when != "after"
        self._after = when != "before"
        self._keys = [_maker(function, target) for target in _several(keys, "keys")]
        self._keys += [_handle_maker(self._signature, handle, function) for handle in functions]
        self._tags = [_maker(function, target) for target in _several(tags, "tags")]
        if not self._keys and not self._tags:
            raise ConfigurationError("invalidates() needs keys=, tags= or functions=")

    async def call(self, args: _Args, kwargs: _Kwargs) -> Any:
        """Run the function, and invalidate when it is due."""
        io = self._engine.core.io
        if self._before:
            await self._invalidate(args, kwargs, None)
        result = await io.call(self.function, *args, **kwargs)
        if self._after:
            await finish(io, lambda: self._invalidate(args, kwargs, result))
        return result

    async def _invalidate(self, args: _Args, kwargs: _Kwargs, result: Any) -> None:
        call = Call(_arguments(self._signature, args, kwargs), result)
        keys = [key for make in self._keys for key in make(args, kwargs, call)]
        tags = [tag for make in self._tags for tag in make(args, kwargs, call)]
        if keys:
            await self._engine.invalidation.keys(keys)
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


def _handle_maker(sign: Signature, handle: CachedFunction, function: Callable[..., Any]) -> _Make:
    """The key of the cached function's call with the arguments of the same names."""
    wanted = signature(handle.function).parameters
    shared = [name for name in wanted if name in sign.parameters]
    for name, parameter in wanted.items():
        if name not in shared and parameter.default is Parameter.empty and parameter.kind not in _VARIADIC:
            raise ConfigurationError(
                f"{function.__qualname__} has no parameter {name!r}, which {handle.function.__qualname__} needs; "
                "invalidate it by keys=lambda call: …"
            )
    return lambda _, __, call: (handle.key((), {name: call.arguments[name] for name in shared}),)


_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
