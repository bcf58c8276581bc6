"""A context variable that holds a value for a while."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["holding"]

T = TypeVar("T")


@contextmanager
def holding(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Set it for the ``with`` block."""
    mark = variable.set(value)
    try:
        yield
    finally:
        with suppress(ValueError):  # the program is over, and a coroutine is collected in another context than its own
            variable.reset(mark)
