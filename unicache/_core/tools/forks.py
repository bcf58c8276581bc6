"""What must be let go of in a forked child: links of the parent, locks its threads hold, loads its threads run."""

import os
import weakref
from typing import Protocol

__all__ = ["forget_after_fork"]


class Forgetful(Protocol):
    """Something with state that belongs to the parent's threads."""

    def forget(self) -> None:
        """Called in the child, where only the forking thread lives."""
        ...


_all: "weakref.WeakSet[Forgetful]" = weakref.WeakSet()


def forget_after_fork(thing: Forgetful) -> None:
    """Have ``thing.forget()`` called in every forked child, for as long as the thing lives."""
    _all.add(thing)


def _in_child() -> None:
    for thing in list(_all):
        thing.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
