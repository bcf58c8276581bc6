"""The public face of a class as text, so that two flavours can be compared: what a caller sees, without how it waits.

``Awaitable[T]``, ``Coroutine[…, T]`` and ``Deferred[T]`` are T, and so is a union of T with them; the asynchronous
context manager's names stand for the synchronous one's. Nothing is left out: every public name of the class or of a
base of ours.
"""

import inspect
import types
from collections.abc import Awaitable, Callable, Coroutine
from typing import (
    Any,
    ParamSpec,
    ParamSpecArgs,
    ParamSpecKwargs,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_overloads,
    get_type_hints,
)

from twisted.internet.defer import Deferred

__all__ = ["face", "kind", "members", "plain", "shown", "waits"]

SYNCHRONOUS = {"__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__", "__anext__": "__next__"}
SPECIAL = frozenset({"__call__", "__get__", "__init__", *SYNCHRONOUS.keys(), *SYNCHRONOUS.values()})


class Bare:
    """Stands for an annotation that is not there."""


WAITING = (Awaitable, Coroutine, Deferred)


def members(model: type) -> dict[str, Any]:
    """The public members, by the names that the synchronous flavour gives them, as they stand in the class."""
    ours = [base for base in model.__mro__ if base.__module__.startswith("unicache")]
    found = {name: member for base in reversed(ours) for name, member in vars(base).items() if _public(name)}
    return {SYNCHRONOUS.get(name, name): member for name, member in found.items()}


def _public(name: str) -> bool:
    return not name.startswith("_") or name in SPECIAL


def plain(member: Any) -> Callable[..., Any]:
    """The function in a member."""
    if isinstance(member, property):
        assert member.fget is not None
        return member.fget
    return member.__func__ if isinstance(member, classmethod | staticmethod) else member


def kind(member: Any) -> str:
    """Method, class method, static method or property."""
    return type(member).__name__


def face(member: Any) -> list[str]:
    """The signature of a member, with all its overloads: names, kinds, defaults and annotations.

    Overloads that differ in what is waited for are one.
    """
    function = plain(member)
    return list(dict.fromkeys(_signature(each) for each in [*get_overloads(function), function]))


def _signature(function: Callable[..., Any]) -> str:
    hints = get_type_hints(function)
    signature = inspect.signature(function)
    parameters = [
        f"{each.kind.name} {each.name}: {shown(hints.get(each.name, Bare))} = {each.default!r}"
        for each in signature.parameters.values()
    ]
    return f"({', '.join(parameters)}) -> {shown(hints.get('return', Bare))}"


def waits(member: Any) -> bool:
    """Whether a call gives something to wait for."""
    function = plain(member)
    returned = get_type_hints(function).get("return")
    return inspect.iscoroutinefunction(function) or (get_origin(returned) or returned) in WAITING


def shown(hint: Any) -> str:
    """An annotation as text, without what is waited for."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in WAITING:
        return shown(arguments[-1])
    if origin in (Union, types.UnionType):
        return " | ".join(sorted({shown(each) for each in arguments}))
    if origin is not None:
        return f"{_name(origin)}[{', '.join(map(shown, arguments))}]"
    return _protocol(hint) if Protocol in getattr(hint, "__bases__", ()) and "__call__" in vars(hint) else _single(hint)


def _protocol(hint: Any) -> str:
    """A protocol of ours, which says how it is called, as the ``Callable`` that it would be in another flavour."""
    shapes = set()
    for overload in get_overloads(hint.__call__):
        *given, returned = get_type_hints(overload).values()
        shapes.add(shown(Callable[given, returned]))
    return " & ".join(sorted(shapes))


def _single(hint: Any) -> str:
    if isinstance(hint, list):
        return f"[{', '.join(map(shown, hint))}]"
    if isinstance(hint, ParamSpecArgs | ParamSpecKwargs):
        return f"{hint.__origin__.__name__}.{type(hint).__name__}"
    if hint is None or hint is types.NoneType:
        return "None"  # it is the one in some containers, the other elsewhere
    return hint.__name__ if isinstance(hint, TypeVar | ParamSpec) else _name(hint)


def _name(thing: Any) -> str:
    module = getattr(thing, "__module__", "")
    package, dot, rest = module.partition(".")
    if package.startswith("unicache_"):
        module = f"unicache{dot}{rest}"
    return f"{module}.{getattr(thing, '__qualname__', thing)}"
