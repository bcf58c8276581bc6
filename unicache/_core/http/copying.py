"""The copy of a body that is passed on: how much of it there is, and when it is whole. Pure."""

from enum import Enum

from unicache._core.http.fields import delta, members
from unicache._core.http.verdicts import Keep

__all__ = ["Copied", "Copy"]


class Copied(Enum):
    """What a piece made of the copy."""

    PART = "there may be more"
    WHOLE = "it is as long as Content-Length says"
    TOO_LONG = "it is longer than anything that is stored, or than it says"


class Copy:
    """Of the body of a response that is to be stored, up to ``most`` bytes."""

    def __init__(self, keep: Keep, most: int) -> None:
        self.keep = keep
        said = members(keep.stored.headers, "content-length")  # which are the same, if there are several
        self._expected = delta(said[0]) if said else None
        self._most = most if self._expected is None else min(most, self._expected)
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, piece: bytes) -> Copied:
        """The next piece of the body."""
        self._length += len(piece)
        if self._length > self._most:
            return Copied.TOO_LONG
        self._pieces.append(piece)
        return Copied.WHOLE if self._length == self._expected else Copied.PART

    @property
    def body(self) -> bytes | None:
        """All of it; None when it is not as long as Content-Length says."""
        return b"".join(self._pieces) if self._expected in (None, self._length) else None
