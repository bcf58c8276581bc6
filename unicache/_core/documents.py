"""Documents: one call, one effect on one key (or on many, each on its own).

Absent means: nothing there, a lease, or a record with an invalidated tag. The store judges the first two; a record with
tags is judged here, and then acted on by its CAS, so that what was judged is what is changed.
"""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeGuard

from unicache._core.core import Core
from unicache._core.durations import optional_seconds
from unicache._core.failures import FAILURE
from unicache._core.names import Keyspace
from unicache._core.record import Held, Record
from unicache._core.store import KEEP_TTL, KeepTtl, Outcome, Rule, Write
from unicache._core.tags import Tags
from unicache._core.values import is_stale
from unicache.errors import CasMismatch, InvalidArgument, KeyExists, KeyNotFound, ManyError
from unicache.typing import Default, Duration, Entry

__all__ = ["MISSING", "Documents"]

MISSING = object()
"""What ``peek`` gives when it cannot tell."""

Ttl = Duration | None | Default


class Documents:
    """The document calls of one namespace."""

    def __init__(self, core: Core, names: Keyspace) -> None:
        self._io = core.io
        self._store = core.store
        self._near = core.store.near
        self._settings = core.settings
        self._values = core.values
        self._names = names
        self._tags = Tags(core.store, names)

    # -- reading

    def peek(self, key: str) -> Any:
        """The value if it can be had without waiting, else MISSING."""
        if not self._near:
            return MISSING
        name = self._names.entry(key)
        record = self._store.peek(name)
        return self._values.value(name, record) if _is_plain(record) else MISSING

    async def get(self, key: str, default: Any = None, wanted: Any = None) -> Any:
        """The value, or the default."""
        name = self._names.entry(key)
        held = await self._store.read(name)
        record = held if _is_plain(held) else await self._judged(held)
        return default if record is None else self._values.value(name, record, wanted)

    async def entry(self, key: str, wanted: Any = None) -> Entry[Any]:
        """The value with what is known of it, or KeyNotFound."""
        name = self._names.entry(key)
        found = await self._store.find(name)
        if found is None or not _is_value(found.record) or not await self._tags.valid(found.record):
            raise _not_found(key)
        return self._values.entry(name, found.record, found.ttl, wanted)

    async def exists(self, key: str) -> bool:
        """Whether there is a value."""
        return await self._alive(self._names.entry(key)) is not None

    async def ttl(self, key: str) -> float | None:
        """Seconds left, None for no expiry, or KeyNotFound."""
        return (await self.entry(key)).ttl

    async def _alive(self, name: bytes) -> Record | None:
        return await self._judged(await self._store.read(name))

    async def _judged(self, held: Held) -> Record | None:
        """The record, if it is to be found."""
        if not _is_value(held):
            return None
        if held.soft and is_stale(held, self._io.wall()):
            return None
        return held if not held.tags or await self._tags.valid(held) else None

    # -- writing

    async def set(self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str], cas: int | None, keep_ttl: bool) -> int:
        """Write, under the CAS if one is given; the new CAS."""
        rule = Rule.ALWAYS if cas is None else Rule.SAME_CAS
        write = await self._prepared(key, value, self._life(ttl, keep_ttl), tags=tags, rule=rule, cas=cas)
        if await self._store.write(write) is not Outcome.DONE:
            raise _mismatch(key)
        return write.record.cas

    async def insert(self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str]) -> int:
        """Write where nothing is, or KeyExists."""
        write = await self._prepared(key, value, self._life(ttl), tags=tags, rule=Rule.ABSENT)
        if await self._settled(write.name, self._writing(write), alive=False) is Outcome.EXISTS:
            raise KeyExists(f"{key!r} exists", key=key)
        return write.record.cas

    async def replace(
        self, key: str, value: Any, *, ttl: Ttl, tags: Iterable[str], cas: int | None, keep_ttl: bool
    ) -> int:
        """Write where something is, or KeyNotFound; CasMismatch."""
        rule = Rule.PRESENT if cas is None else Rule.SAME_CAS
        write = await self._prepared(key, value, self._life(ttl, keep_ttl), tags=tags, rule=rule, cas=cas)
        match await self._settled(write.name, self._writing(write), alive=True):
            case Outcome.MISSING:
                raise _not_found(key)
            case Outcome.MISMATCH:
                raise _mismatch(key)
        return write.record.cas

    async def delete(self, key: str, cas: int | None) -> bool:
        """Remove; whether it was there. CasMismatch."""
        name = self._names.entry(key)
        _check_cas(cas)
        if cas is not None:
            return _removed(await self._store.remove(name, cas), key)
        return await self._settled(name, lambda seen: self._store.remove(name, seen)) is Outcome.DONE

    async def touch(self, key: str, ttl: Duration | None) -> None:
        """A new time to live, or KeyNotFound."""
        name, seconds = self._names.entry(key), optional_seconds(ttl, "ttl")
        if await self._settled(name, lambda cas: self._store.expire(name, seconds, cas), alive=True) is Outcome.MISSING:
            raise _not_found(key)

    async def get_and_touch(self, key: str, ttl: Duration | None, wanted: Any = None) -> Any:
        """The value, which gets a new time to live, or KeyNotFound."""
        name, seconds = self._names.entry(key), optional_seconds(ttl, "ttl")
        record = await self._store.find_and_expire(name, seconds)
        if not _is_value(record) or not await self._tags.valid(record):
            raise _not_found(key)
        return self._values.value(name, record, wanted)

    async def mutate(self, key: str, change: Callable[[Any], Any], ttl: Ttl, retries: int) -> Any:
        """Read, change, write if nobody wrote meanwhile; again on conflict. The new value."""
        if not callable(change):
            raise InvalidArgument("fn must be a callable that takes the value", argument="fn")
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise InvalidArgument("retries must be 0 or a positive int", argument="retries")
        name = self._names.entry(key)
        life = KEEP_TTL if isinstance(ttl, Default) else optional_seconds(ttl, "ttl")
        for attempt in range(retries + 1):
            record = await self._alive(name)
            if record is None:
                raise _not_found(key)
            value = await self._io.call(change, self._values.value(name, record))
            fresh = self._values.record(name, value, record.tags)
            if await self._store.write(Write(name, fresh, life, Rule.SAME_CAS, record.cas)) is Outcome.DONE:
                return value
            await self._io.sleep(_pause(attempt))
        raise CasMismatch(f"{key!r} was changed by others {retries + 1} times in a row", key=key)

    # -- many

    async def get_many(self, keys: Iterable[str], wanted: Any, return_exceptions: bool) -> dict[str, Any]:
        """The values of the keys that are there."""
        names = self._names.entries(keys)
        held = dict(zip(names, await self._store.read_many(list(names.values())), strict=True))
        records = {key: record for key, record in held.items() if _is_value(record)}
        valid = await self._tags.valid_many(list(records.values()))
        results: dict[str, Any] = {key: error for key, error in held.items() if isinstance(error, Exception)}
        now = self._io.wall()
        for (key, record), alive in zip(records.items(), valid, strict=True):
            if alive and not is_stale(record, now):
                results[key] = _caught(partial(self._values.value, names[key], record, wanted))
        return _many({key: results[key] for key in names if key in results}, return_exceptions)

    async def set_many(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Ttl | Mapping[str, Ttl],
        tags: Iterable[str],
        cas: Mapping[str, int] | None,
        return_exceptions: bool,
    ) -> dict[str, int]:
        """Write each; the new CAS of each."""
        if not isinstance(values, Mapping):
            raise InvalidArgument(f"values must be a mapping, not {type(values).__name__}", argument="values")
        names = self._names.entries(values.keys())
        lives = self._lives(ttl, names)
        expected = _per_key(cas, names)
        records = {key: self._values.record(name, values[key]) for key, name in names.items()}
        versions = await self._tags.snapshot(self._names.carried(tags), _longest(lives.values()))
        writes = [
            _write(name, _tagged(records[key], versions), lives[key], expected.get(key)) for key, name in names.items()
        ]
        outcomes = await self._store.write_many(writes)
        results: dict[str, Any] = {
            key: write.record.cas if outcome is Outcome.DONE else _failure(outcome, key)
            for key, write, outcome in zip(names, writes, outcomes, strict=True)
        }
        return _many(results, return_exceptions)

    async def delete_many(self, keys: Iterable[str], return_exceptions: bool) -> dict[str, bool]:
        """Remove each; whether it was there."""
        names = self._names.entries(keys)
        outcomes = await self._store.remove_many(list(names.values()))
        results: dict[str, Any] = {}
        for (key, _), outcome in zip(names.items(), outcomes, strict=True):
            if outcome is Outcome.TAGGED:
                results[key] = await self.delete(key, None)
            else:
                results[key] = outcome if isinstance(outcome, Exception) else outcome is Outcome.DONE
        return _many(results, return_exceptions)

    # -- how

    def _life(self, ttl: Ttl, keep_ttl: bool = False) -> float | KeepTtl | None:
        if keep_ttl:
            if not isinstance(ttl, Default):
                raise InvalidArgument("ttl and keep_ttl contradict each other; give one of them", argument="ttl")
            return KEEP_TTL
        return self._settings.ttl if isinstance(ttl, Default) else optional_seconds(ttl, "ttl")

    def _lives(self, ttl: Ttl | Mapping[str, Ttl], names: Mapping[str, bytes]) -> dict[str, float | KeepTtl | None]:
        """The life of each key, by its own ttl or that of all."""
        if not isinstance(ttl, Mapping):
            return dict.fromkeys(names, self._life(ttl))
        if not ttl.keys() <= names.keys():
            raise InvalidArgument("ttl must be one for all, or a mapping with keys of values only", argument="ttl")
        return {key: self._life(ttl.get(key, Default.DEFAULT)) for key in names}

    async def _prepared(
        self,
        key: str,
        value: Any,
        life: float | KeepTtl | None,
        *,
        tags: Iterable[str],
        rule: Rule,
        cas: int | None = None,
    ) -> Write:
        """The write with its record, everything checked before anything is sent."""
        name = self._names.entry(key)
        _check_cas(cas)
        record = self._values.record(name, value)
        carried = self._names.carried(tags)
        versions = await self._tags.snapshot(carried, None if isinstance(life, KeepTtl) else life)
        return Write(name, _tagged(record, versions), life, rule, cas or 0)

    def _writing(self, write: Write) -> Callable[[int | None], Awaitable[Outcome]]:
        """The write as ``_settled`` wants it: as it is, or on the record with that CAS."""

        def act(seen: int | None) -> Awaitable[Outcome]:
            return self._store.write(write if seen is None else write._replace(rule=Rule.SAME_CAS, cas=seen))

        return act

    async def _settled(
        self, name: bytes, act: Callable[[int | None], Awaitable[Outcome]], *, alive: bool | None = None
    ) -> Outcome:
        """Act by the store's judgement, or on exactly the tagged record that was judged here.

        ``alive`` says on which records to act: those that are, those that are not, or (None) both.
        """
        while (outcome := await act(None)) is Outcome.TAGGED:
            held = await self._store.read(name)
            if not isinstance(held, Record):
                continue
            valid = await self._tags.valid(held)
            if alive is not None and valid is not alive:
                return Outcome.EXISTS if valid else Outcome.MISSING
            if await act(held.cas) is Outcome.DONE:
                return Outcome.DONE if valid or alive is False else Outcome.MISSING
        return outcome


def _is_plain(held: Held) -> TypeGuard[Record]:
    """Whether it is a record about which nothing else has to be asked."""
    return isinstance(held, Record) and not held.tags and not held.soft and held.codec != FAILURE


def _is_value(held: object) -> TypeGuard[Record]:
    """Whether it is a record that documents speak of: no lease, and no remembered failure."""
    return isinstance(held, Record) and held.codec != FAILURE


def _write(name: bytes, record: Record, life: float | KeepTtl | None, cas: int | None) -> Write:
    return Write(name, record, life, Rule.ALWAYS if cas is None else Rule.SAME_CAS, cas or 0)


def _tagged(record: Record, versions: tuple[Any, ...]) -> Record:
    if not versions:
        return record
    return Record(record.payload, record.codec, record.cas, record.created, tags=versions)


def _pause(attempt: int) -> float:
    """Seconds before the next try of a compare-and-set: full jitter, so that rivals spread out."""
    return random.uniform(0.0, min(0.05, 0.0005 * 2.0 ** min(attempt, 10)))  # noqa: S311  guards nothing


def _check_cas(cas: int | None) -> None:
    if cas is not None and (isinstance(cas, bool) or not isinstance(cas, int) or not 0 <= cas < 1 << 64):
        raise InvalidArgument("cas must be an int that a write or an entry gave", argument="cas")


def _per_key(cas: Mapping[str, int] | None, names: Mapping[str, bytes]) -> Mapping[str, int]:
    if cas is None:
        return {}
    if not isinstance(cas, Mapping) or not cas.keys() <= names.keys():
        raise InvalidArgument("cas must be a mapping whose keys are among those of values", argument="cas")
    for value in cas.values():
        _check_cas(value)
    return cas


def _longest(lives: Iterable[float | KeepTtl | None]) -> float | None:
    numbers = list(lives)
    return max((life for life in numbers if isinstance(life, float)), default=None) if None not in numbers else None


def _removed(outcome: Outcome, key: str) -> bool:
    if outcome is Outcome.MISMATCH:
        raise _mismatch(key)
    return outcome is Outcome.DONE


def _failure(outcome: Outcome | Exception, key: str) -> Exception:
    return outcome if isinstance(outcome, Exception) else _mismatch(key)


def _mismatch(key: str) -> CasMismatch:
    return CasMismatch(f"{key!r} is not what it was when that cas was read", key=key)


def _not_found(key: str) -> KeyNotFound:
    return KeyNotFound(f"{key!r} is not in the cache", key=key)


def _caught(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:  # noqa: BLE001  it becomes that key's result
        return error


def _many(results: dict[str, Any], return_exceptions: bool) -> dict[str, Any]:
    failed = [key for key, result in results.items() if isinstance(result, Exception)]
    if failed and not return_exceptions:
        raise ManyError(f"{len(failed)} of {len(results)} keys failed", results=results)
    return results
