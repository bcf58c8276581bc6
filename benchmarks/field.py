"""Who runs where: the kinds of work, the contests in each, and the names of their contenders.

Only names: no client is imported here, since each runs in a process of its own.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

__all__ = ["BARE", "CONTESTS", "FLAVOURS", "MEMORY", "OURS", "WORKS", "Contest", "Work", "peers", "version_of"]

BARE = "bare"
OURS = "unicache"
MEMORY = "unicache-memory"

_DISTRIBUTIONS = {
    OURS: "unicache-kit",
    MEMORY: "unicache-kit",
    "aiocache": "aiocache",
    "cachebox": "cachebox",
    "cachetools": "cachetools",
    "cashews": "cashews",
    "cashews-client-side": "cashews",
    "coredis": "coredis",
    "dogpile": "dogpile.cache",
    "dogpile-pickle": "dogpile.cache",
    "glide": "valkey-glide",
    "glide-sync": "valkey-glide-sync",
    "redis-py": "redis",
    "theine": "theine",
    "txredisapi": "txredisapi",
    "valkey-py": "valkey",
}


@dataclass(frozen=True, slots=True)
class Work:
    """What is done: its package among the contenders, and whether each call is to reach the server, or none."""

    name: str
    title: str
    remote: bool


GET = Work("get", "get of 100 bytes from the server", remote=True)
FUNCTION = Work("function", "cached function, its results on the server", remote=True)
HIT = Work("hit", "cached function, its results in the process", remote=False)
VALUES = Work("memory", "get of 100 bytes from the process", remote=False)

WORKS = {work.name: work for work in (GET, FUNCTION, HIT, VALUES)}


@dataclass(frozen=True, slots=True)
class Contest:
    """One kind of work in one event model, with so many callers at once; ours is the first of the contenders."""

    work: Work
    flavour: str
    callers: int
    contenders: tuple[str, ...]

    @property
    def ours(self) -> str:
        """Whom the others are compared with."""
        return self.contenders[0]


_THREADS = (OURS, "valkey-py", "redis-py", "glide-sync", BARE)
_ASYNCIO = (OURS, "valkey-py", "redis-py", "coredis", "glide", BARE)
_TRIO = (OURS, "coredis", "glide", BARE)
_LOCAL = (OURS, MEMORY, "cachebox", "cachetools", "theine", "dogpile", "dogpile-pickle", BARE)

CONTESTS = (
    Contest(GET, "threads", 1, _THREADS),
    Contest(GET, "threads", 8, _THREADS),
    Contest(GET, "asyncio", 1, _ASYNCIO),
    Contest(GET, "asyncio", 64, _ASYNCIO),
    Contest(GET, "trio", 1, _TRIO),
    Contest(GET, "trio", 64, _TRIO),
    Contest(GET, "gevent", 1, (OURS, "valkey-py", BARE)),
    Contest(GET, "gevent", 64, (OURS, "valkey-py", BARE)),
    Contest(GET, "twisted", 1, (OURS, "txredisapi", BARE)),
    Contest(GET, "twisted", 64, (OURS, "txredisapi", BARE)),
    Contest(FUNCTION, "threads", 1, (OURS, "dogpile")),
    Contest(FUNCTION, "asyncio", 1, (OURS, "aiocache", "cashews")),
    Contest(FUNCTION, "asyncio", 64, (OURS, "aiocache", "cashews")),
    Contest(HIT, "threads", 1, _LOCAL),
    Contest(HIT, "asyncio", 1, (OURS, MEMORY, "aiocache", "cashews", "cashews-client-side")),
    Contest(HIT, "trio", 1, (OURS, MEMORY)),
    Contest(HIT, "gevent", 1, (OURS, MEMORY)),
    Contest(HIT, "twisted", 1, (OURS, MEMORY)),
    Contest(VALUES, "threads", 1, (OURS, "cachebox", "cachetools", "dogpile", "dogpile-pickle", BARE)),
    Contest(VALUES, "asyncio", 1, (OURS, "aiocache", "cashews")),
)

FLAVOURS = tuple(dict.fromkeys(contest.flavour for contest in CONTESTS))


def peers(contest: Contest) -> tuple[str, ...]:
    """The contenders that are other people's."""
    return tuple(name for name in contest.contenders if name not in {OURS, MEMORY, BARE})


def version_of(contender: str) -> str | None:
    """The installed version of a contender; None for the bare connection and for what is not installed."""
    if contender not in _DISTRIBUTIONS:
        return None
    try:
        return version(_DISTRIBUTIONS[contender])
    except PackageNotFoundError:
        return None
