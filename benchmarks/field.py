"""Who runs where: the flavours, their numbers of callers, and the names of their contenders.

Only names: no client is imported here, since each runs in a process of its own.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

__all__ = ["BARE", "FLAVOURS", "OURS", "Flavour", "peers", "version_of"]

OURS = "unicache"
BARE = "bare"

_DISTRIBUTIONS = {
    OURS: "unicache-kit",
    "coredis": "coredis",
    "glide": "valkey-glide",
    "glide-sync": "valkey-glide-sync",
    "redis-py": "redis",
    "txredisapi": "txredisapi",
    "valkey-py": "valkey",
}


@dataclass(frozen=True, slots=True)
class Flavour:
    """One event model: ``callers`` has the numbers of concurrent callers, ``contenders`` the names in running order."""

    name: str
    callers: tuple[int, ...]
    contenders: tuple[str, ...]


FLAVOURS = (
    Flavour("threads", (1, 8), (OURS, "valkey-py", "redis-py", "glide-sync", BARE)),
    Flavour("asyncio", (1, 64), (OURS, "valkey-py", "redis-py", "coredis", "glide", BARE)),
    Flavour("trio", (1, 64), (OURS, "coredis", "glide", BARE)),
    Flavour("gevent", (1, 64), (OURS, "valkey-py", BARE)),
    Flavour("twisted", (1, 64), (OURS, "txredisapi", BARE)),
)


def peers(flavour: Flavour) -> tuple[str, ...]:
    """The contenders that are other people's clients."""
    return tuple(name for name in flavour.contenders if name not in {OURS, BARE})


def version_of(contender: str) -> str | None:
    """The installed version of a contender; None for the bare connection and for what is not installed."""
    if contender not in _DISTRIBUTIONS:
        return None
    try:
        return version(_DISTRIBUTIONS[contender])
    except PackageNotFoundError:
        return None
