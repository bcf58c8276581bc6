"""What the handles of decorated functions have in common in all flavours: they look like the function, and they bind.

A flavour's handle differs only in what its calls give back.
"""

from collections.abc import Callable, Iterable
from functools import partial, update_wrapper
from inspect import Signature, isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, signature
from types import MethodType
from typing import Any, Protocol, cast

from unicache._core.invalidation.pending import Outstanding
from unicache._core.invalidation.transactions import outstanding
from unicache.errors import ConfigurationError

__all__ = ["Handle", "plain_function", "refuse_asynchronous", "refuse_generators", "refuse_synchronous"]


class Decorated(Protocol):
    """The engine's side of a handle."""

    function: Callable[..., Any]


class _CallSignature:
    """What ``inspect.signature`` finds on a handle: the function's, without what is bound. Made when asked for."""

    def __get__(self, handle: "Handle | None", owner: type) -> Signature | None:
        if handle is None:
            return None  # the class has its own
        function = handle._core.function
        return signature(MethodType(function, *handle._bound) if handle._bound else function)


class Handle:
    """A decorated function, or the same bound to an object or class.

    ``core`` is the engine's side of it; ``bound`` stands before the call's own arguments.
    """

    __signature__: _CallSignature = _CallSignature()
    __name__: str
    __qualname__: str
    _core: Any

    def __init__(self, core: Decorated, decorated: Any, bound: tuple[Any, ...] = ()) -> None:
        self._core = core
        self._decorated = decorated
        self._bound = bound
        update_wrapper(cast("Any", self), core.function)
        if not hasattr(core.function, "__qualname__"):
            named = _named(core.function)
            self.__module__, self.__name__, self.__qualname__ = named.__module__, named.__name__, named.__qualname__

    def _bind(self, instance: object, owner: type | None) -> Any:
        """The handle as an attribute of an object or a class: what Python does for the function itself."""
        if isinstance(self._decorated, staticmethod):
            return self
        receiver = owner if isinstance(self._decorated, classmethod) else instance
        return self if receiver is None else type(self)(self._core, self._decorated, (receiver,))

    def _on_commit(self, transaction: object, kind: type[Outstanding], keys: Iterable[str]) -> None:
        """Have keys of the function invalidated, where it is cached, when the transaction has committed."""
        outstanding(transaction, kind)._add(self._core.engine, keys, ())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__module__}.{self.__qualname__}>"


def plain_function(decorated: Any) -> Callable[..., Any]:
    """The function in a classmethod or staticmethod object, or what was given."""
    function = decorated.__func__ if isinstance(decorated, classmethod | staticmethod) else decorated
    if not callable(function):
        raise ConfigurationError(f"only functions can be decorated, not {type(decorated).__name__}")
    refuse_generators(function)
    return function


def refuse_generators(function: Callable[..., Any]) -> None:
    """A generator's value would be an iterator that is spent after one use."""
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise ConfigurationError(f"{_name(function)} is a generator; return a list, which can be cached")


def refuse_asynchronous(function: Callable[..., Any]) -> None:
    """For the synchronous packages."""
    if iscoroutinefunction(_innermost(function)):
        raise ConfigurationError(
            f"{_name(function)} is an async def, and this cache is synchronous; "
            "take Cache from unicache_asyncio (asyncio, trio) or unicache_twisted"
        )


def refuse_synchronous(function: Callable[..., Any]) -> None:
    """For the package whose functions are coroutines."""
    if not iscoroutinefunction(_innermost(function)):
        raise ConfigurationError(
            f"{_name(function)} is a plain def, and would block the event loop of this asynchronous cache; "
            "make it an async def, or take Cache from unicache"
        )


def _innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, partial):
        function = function.func
    called: Any = function if hasattr(function, "__code__") else getattr(type(function), "__call__", function)  # noqa: B004
    return cast("Callable[..., Any]", called)


def _named(function: Any) -> Any:
    """What gives a callable its name: the function in a partial, the class of an object that is called."""
    while isinstance(function, partial):
        function = function.func
    return function if hasattr(function, "__qualname__") else type(function)


def _name(function: Callable[..., Any]) -> str:
    return str(_named(function).__qualname__)
