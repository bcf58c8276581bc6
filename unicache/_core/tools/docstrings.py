"""One docstring for one call: the facades of all flavours carry those of the synchronous one."""

from collections.abc import Callable
from typing import TypeVar

__all__ = ["documented_like"]

C = TypeVar("C", bound=type)


def documented_like(model: type) -> Callable[[C], C]:
    """Give a class and its methods the docstrings that ``model`` has under the same names, where they have none."""

    def document(facade: C) -> C:
        for name, member in vars(facade).items():
            source = vars(model).get(name)
            target = member.__func__ if isinstance(member, classmethod) else member
            if source is not None and callable(target) and not target.__doc__:
                target.__doc__ = (source.__func__ if isinstance(source, classmethod) else source).__doc__
        return facade

    return document
