"""Values that never show more of themselves than their own ``__repr__`` (P10)."""

from typing import NoReturn

import msgspec

__all__ = ["Discreet"]


class Discreet(msgspec.Struct, frozen=True):
    """A value, some of which is not for everybody's eyes; a subclass says in ``__repr__`` what is to be seen."""

    def __rich_repr__(self) -> NoReturn:
        # Structs give all their fields to rich, and to whatever is built on it; refused, it shows the repr.
        raise TypeError("the repr is all there is to see")
