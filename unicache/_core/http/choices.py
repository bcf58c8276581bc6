"""What the code that makes a response says about it, from within the application (engine).

A context variable has the note of the response being made, wherever in the application that is: neither a framework nor
the client's request has any part in it. What must not live here: what follows from an option (``policy``).
"""

from collections.abc import Callable, Collection, Iterable
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast

from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.rules import Rules
from unicache.typing import Duration

__all__ = ["CURRENT", "Note", "ResponseOptions", "response_options", "set_response_options"]

P = ParamSpec("P")
R = TypeVar("R")


class ResponseOptions(TypedDict, total=False):
    """Those of ``Options`` that can be chosen while the response is made. All others decide before."""

    ttl: Duration | None
    stale_while_revalidate: Duration | None
    stale_if_error: Duration | None
    shared: bool | None
    statuses: Collection[int] | None
    set_cookie: Literal["refuse", "strip", "store"]
    max_body: int
    etag: bool
    vary: Collection[str]
    tags: Collection[str] | Callable[[Request, Head], Iterable[str]]
    invalidates: Collection[str] | Callable[[Request, Head], Iterable[str]]


_ADDED = ("vary", "tags", "invalidates")
"""Options that add to what others chose; the last word counts for the rest."""


class Note:
    """What was said of one response so far."""

    def __init__(self) -> None:
        self._chosen: list[dict[str, Any]] = []

    def add(self, chosen: dict[str, Any]) -> None:
        """Fields of ``Rules``, as ``_chosen`` makes them."""
        self._chosen.append(chosen)

    def applied(self, rules: Rules) -> Rules:
        """The rules for this response."""
        for chosen in self._chosen:
            more = {name: getattr(rules, name) + chosen[name] for name in _ADDED if name in chosen}
            rules = replace(rules, **(chosen | more))
        return rules


CURRENT: ContextVar[Note | None] = ContextVar("unicache_response", default=None)
"""Of the response that is being made; None outside of a cached application."""


def response_options(**options: Unpack[ResponseOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator for what makes responses: a view, an endpoint, a route, as a function or coroutine function.

    It says of its responses what ``unicache.http.Options`` says of all: ``ttl``, ``stale_while_revalidate``,
    ``stale_if_error``, ``shared``, ``statuses``, ``set_cookie``, ``max_body``, ``etag``; and ``vary``, ``tags`` and
    ``invalidates``, which add to those of the middleware. Without the middleware it says nothing. Place it below the
    framework's own decorator.

    Raises ConfigurationError, InvalidArgument, at decoration.
    """
    chosen = _chosen(options)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if iscoroutinefunction(function):

            @wraps(function)
            async def asynchronous(*args: P.args, **kwargs: P.kwargs) -> Any:
                _say(chosen)
                return await function(*args, **kwargs)

            return cast("Callable[P, R]", asynchronous)

        @wraps(function)
        def synchronous(*args: P.args, **kwargs: P.kwargs) -> R:
            _say(chosen)
            return function(*args, **kwargs)

        return synchronous

    return decorate


def set_response_options(**options: Unpack[ResponseOptions]) -> None:
    """Say the same of the response that is being made, for what is known only then, such as ``tags=[f"user-{id}"]``.

    It must be said before the response begins. What is said later counts more, but ``vary``, ``tags`` and
    ``invalidates`` add up. Outside of the middleware it does nothing.

    Raises ConfigurationError, InvalidArgument.
    """
    _say(_chosen(options))


def _chosen(options: ResponseOptions) -> dict[str, Any]:
    unknown = options.keys() - ResponseOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"these are options of the middleware alone: {', '.join(sorted(unknown))}")
    rules = rules_of(Options(**options))
    return {name: getattr(rules, name) for name in options}


def _say(chosen: dict[str, Any]) -> None:
    note = CURRENT.get()
    if note is not None:
        note.add(chosen)
