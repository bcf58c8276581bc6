"""Handles of coroutine functions, which frameworks take for what they are. Nothing here decides anything."""

from types import CodeType

from unicache._core.functions.handles import Handle

__all__ = ["CoroutineHandle"]


async def _coroutine_function() -> None: ...


class CoroutineHandle(Handle):
    """A handle whose call is a coroutine, and which says so to those who ask before they call.

    ``inspect.iscoroutinefunction`` looks at the code of whatever has these attributes of a function, on every Python;
    the mark that it also looks for is there from 3.12 on, and costs each binding of a method.
    """

    __code__: CodeType = _coroutine_function.__code__
    __defaults__: None = None
    __kwdefaults__: None = None
