"""Random bits from the operating system, which differ after a fork without anybody's help."""

from os import urandom

__all__ = ["new_cas", "new_token"]


def new_token() -> bytes:
    """128 bits: the mark of a lease, or the version of a tag."""
    return urandom(16)


def new_cas() -> int:
    """64 bits, never 0: a new one for every write, so that an old one is never accepted again."""
    return int.from_bytes(urandom(8), "little") or 1
