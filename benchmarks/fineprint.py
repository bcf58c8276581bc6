"""What is not the same work, in words: general notes, and what each contender leaves out. Nothing is computed here."""

from collections.abc import Iterable

from benchmarks.field import MEMORY, OURS, Contest
from benchmarks.sample import Result

__all__ = ["NOTES", "differs", "footnotes"]

NOTES = (
    "Ratios are medians over the rounds, each round compared with itself. Figures rank, they are not constants.",
    "One caller: the server has a core of its own. Many callers: the scheduler decides. Peers run with their defaults.",
    "From the server: unicache is measured at its public API, with namespace, expiry, tags, checksum and decoding; the",
    "others return the bytes that are stored. Under gevent valkey-py runs monkey-patched, unicache and bare do not.",
    "bare is a limit, nothing to use: some lines on hiredis and one connection (with threads one for each) without",
    "errors, time-outs or reconnect; in the process lru_cache, and a dict.",
    "In the process, targets are CPU time, since there is nothing to wait for. What the others are like there:",
)

_LOCAL = {
    OURS: "each caller has an object of its own; coherent where cached functions are called, which is near=True",
    MEMORY: "each caller has an object of its own; memory://, not coherent",
    "aiocache": "the same object for all; no bound; not coherent",
    "bare": "the same object for all; no expiry; not coherent",
    "cachebox": "the same object for all; not coherent",
    "cachetools": "the same object for all; behind a lock; not coherent",
    "cashews": "the same object for all; not coherent",
    "cashews-client-side": "the same object for all; keeps an old one if an invalidation overtakes its load",
    "dogpile": "the same object for all; no bound; not coherent",
    "dogpile-pickle": "each caller has an object of its own; no bound; not coherent",
    "theine": "the same object for all; not coherent",
}


def differs(contest: Contest, contender: str) -> str:
    """What a contender leaves out, or does besides, in this contest."""
    return "" if contest.work.remote else _LOCAL.get(contender, "")


def footnotes(results: Iterable[Result]) -> Iterable[str]:
    """A line for each contender that has something to be said about."""
    said = {one.contender: differs(one.contest, one.contender) for one in results}
    return [f"  {contender}: {words}" for contender, words in sorted(said.items()) if words]
