"""What the caller of a document call may say beside key and value, checked, and the errors that say what was there.

Pure: nothing is read, and nothing is sent.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from unicache._core.records.codec import declare
from unicache._core.records.record import Record, TagVersion
from unicache._core.stores.store import KEEP_TTL, KeepTtl, Outcome, Removal, Rule, Write
from unicache._core.tools.durations import optional_seconds
from unicache.errors import (
    CacheError,
    CasMismatch,
    CounterOverflow,
    InvalidArgument,
    KeyExists,
    KeyLocked,
    KeyNotFound,
    KeyNotLocked,
    ManyError,
)
from unicache.typing import Default, Duration

__all__ = [
    "Life",
    "Ttl",
    "caught",
    "caught_in",
    "check_cas",
    "check_retries",
    "check_type",
    "done",
    "each_of",
    "kept_unless",
    "life_of",
    "lives_of",
    "longest",
    "many",
    "mismatch",
    "not_found",
    "per_key",
    "refused",
    "removal_of",
    "ruled",
    "tagged",
]

Ttl = Duration | None | Default
Life = float | KeepTtl | None


def life_of(ttl: Ttl, own: float | None, *, keep: bool = False) -> Life:
    """How long to live: as said, or ``own`` when nothing is. Raises InvalidArgument."""
    if not keep:
        return own if isinstance(ttl, Default) else optional_seconds(ttl, "ttl")
    if not isinstance(ttl, Default):
        raise _contradiction()
    return KEEP_TTL


def _contradiction() -> InvalidArgument:
    return InvalidArgument("ttl and keep_ttl contradict each other; give one of them", argument="ttl")


def kept_unless(ttl: Ttl) -> Life:
    """How long to live from a change on: as before when nothing is said. Raises InvalidArgument."""
    return KEEP_TTL if isinstance(ttl, Default) else optional_seconds(ttl, "ttl")


def lives_of(
    ttl: Ttl | Mapping[str, Ttl], own: float | None, names: Mapping[str, bytes], *, keep: bool = False
) -> dict[str, Life]:
    """The life of each key, by its own ttl or that of all. Raises InvalidArgument."""
    if not isinstance(ttl, Mapping):
        return dict.fromkeys(names, life_of(ttl, own, keep=keep))
    if keep:
        raise _contradiction()
    if not ttl.keys() <= names.keys():
        raise InvalidArgument("ttl must be one for all, or a mapping with keys of values only", argument="ttl")
    return {key: life_of(ttl.get(key, Default.DEFAULT), own) for key in names}


def longest(lives: Iterable[Life]) -> float | None:
    """The longest of them that is known; None for no expiry."""
    known = list(lives)
    return max((life for life in known if isinstance(life, float)), default=None) if None not in known else None


def check_cas(cas: int | None) -> None:
    """Raises InvalidArgument for what cannot be a CAS."""
    if cas is not None and (isinstance(cas, bool) or not isinstance(cas, int) or not 0 <= cas < 1 << 64):
        raise InvalidArgument("cas must be an int that a write or an entry gave", argument="cas")


def check_retries(retries: int) -> None:
    """Raises InvalidArgument for what is no number of retries."""
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise InvalidArgument("retries must be 0 or a positive int", argument="retries")


def check_type(wanted: Any) -> None:
    """Raises InvalidArgument for what values cannot be checked against: before anything is asked, or even changed."""
    if wanted is not None:
        declare(wanted)


def per_key(cas: Mapping[str, int] | None, names: Mapping[str, bytes]) -> Mapping[str, int]:
    """The CAS of each key that has one. Raises InvalidArgument."""
    if cas is None:
        return {}
    if not isinstance(cas, Mapping) or not cas.keys() <= names.keys():
        raise InvalidArgument("cas must be a mapping whose keys are among those of the call", argument="cas")
    for value in cas.values():
        check_cas(value)
    return cas


def ruled(name: bytes, record: Record, life: Life, cas: int | None, otherwise: Rule) -> Write:
    """The write under its user's CAS, or under the rule that holds without one."""
    return Write(name, record, life, otherwise if cas is None else Rule.ALIVE_CAS, cas or 0)


def removal_of(name: bytes, cas: int | None) -> Removal:
    """The removal under its user's CAS, or of whatever is there. Raises InvalidArgument."""
    check_cas(cas)
    return Removal(name) if cas is None else Removal(name, Rule.ALIVE_CAS, cas)


def tagged(record: Record, versions: tuple[TagVersion, ...]) -> Record:
    """The new record with these tags."""
    return replace(record, tags=versions) if versions else record


def done(outcome: Outcome, key: str) -> bool:
    """True, or the error that says why not."""
    if outcome is not Outcome.DONE:
        raise refused(outcome, key)
    return True


def refused(outcome: Outcome, key: str) -> CacheError:
    """The error that says why a change did not happen."""
    match outcome:
        case Outcome.MISSING:
            return not_found(key)
        case Outcome.EXISTS:
            return KeyExists(f"{key!r} exists", key=key)
        case Outcome.LOCKED:
            return KeyLocked(f"somebody has a lock on {key!r}", key=key)
        case Outcome.OVERFLOW:
            return CounterOverflow(f"{key!r} would leave the range of 64 bits", key=key)
        case Outcome.UNLOCKED:
            return KeyNotLocked(f"{key!r} has no lock with that cas", key=key)
    return mismatch(key)


def mismatch(key: str) -> CasMismatch:
    """The error of a CAS that is not there."""
    return CasMismatch(f"{key!r} is not what it was when that cas was read", key=key)


def not_found(key: str) -> KeyNotFound:
    """The error of a key that is not there."""
    return KeyNotFound(f"{key!r} is not in the cache", key=key)


def caught(function: Callable[[], Any]) -> Any:
    """What a function gives, or the error that it raises."""
    try:
        return function()
    except Exception as error:  # noqa: BLE001  it becomes that key's result
        return error


async def caught_in(call: Callable[[], Awaitable[Any]]) -> Any:
    """What a call gives, or the error that it raises: one key's result."""
    try:
        return await call()
    except CacheError as error:
        return error


def each_of(given: Any, names: Mapping[str, bytes], argument: str, otherwise: Any) -> dict[str, Any]:
    """What each key is given: its own of a mapping, or what is for all. Raises InvalidArgument."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, given)
    if not given.keys() <= names.keys():
        raise InvalidArgument(f"{argument} must be one for all, or a mapping with keys of the call", argument=argument)
    return {key: given.get(key, otherwise) for key in names}


def many(results: dict[str, Any], return_exceptions: bool) -> dict[str, Any]:
    """The results of many keys. Raises ManyError when some failed, unless errors may be among them."""
    failed = [key for key, result in results.items() if isinstance(result, Exception)]
    if failed and not return_exceptions:
        raise ManyError(f"{len(failed)} of {len(results)} keys failed", results=results)
    return results
