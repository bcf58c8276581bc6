"""Documents, many at a time: each key on its own, sent together. What counts as absent is decided in ``verdicts``.

What the store can settle by itself takes one write and its replies; a record that has to be judged takes a call of its
own. One key's error is that key's result.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from unicache._core.core import Core
from unicache._core.documents.extending import check_data, extended
from unicache._core.documents.options import (
    Life,
    Ttl,
    caught,
    caught_in,
    check_type,
    each_of,
    lives_of,
    longest,
    many,
    not_found,
    per_key,
    refused,
    removal_of,
    ruled,
    tagged,
)
from unicache._core.documents.single import Documents
from unicache._core.documents.verdicts import Verdicts
from unicache._core.invalidation.tags import Tags
from unicache._core.keys.names import Keyspace
from unicache._core.records.record import Held, Record, TagVersion
from unicache._core.stores.looking import look
from unicache._core.stores.store import KEEP_TTL, Outcome, Rule, Write
from unicache._core.tools.durations import optional_seconds
from unicache.errors import InvalidArgument
from unicache.typing import Duration

__all__ = ["ManyDocuments"]

EachTags = Iterable[str] | Mapping[str, Iterable[str]]
"""Tags for all, or for each."""


class ManyDocuments:
    """The calls on many documents of a namespace."""

    def __init__(self, core: Core, names: Keyspace, documents: Documents) -> None:
        self._store = core.replicated
        self._reader = core.reader
        self._ttl = core.settings.ttl
        self._values = core.values
        self._names = names
        self._tags = Tags(core.store, names)
        self._verdicts = Verdicts(core, names)
        self._documents = documents

    # -- reading

    async def get(self, keys: Iterable[str], wanted: Any, return_exceptions: bool) -> dict[str, Any]:
        """The values of the keys that are there."""
        names = self._names.entries(keys)
        check_type(wanted)
        results: dict[str, Any] = {}
        for (key, name), found in zip(names.items(), await self._found(names), strict=True):
            if isinstance(found, Record):
                results[key] = caught(partial(self._values.value, name, found, wanted))
            elif found is not None:
                results[key] = found
        return many(results, return_exceptions)

    async def exists(self, keys: Iterable[str], return_exceptions: bool) -> dict[str, bool]:
        """For each, whether there is a value."""
        names = self._names.entries(keys)
        found = zip(names, await self._found(names), strict=True)
        return many(
            {key: each if isinstance(each, Exception) else each is not None for key, each in found}, return_exceptions
        )

    async def _found(self, names: Mapping[str, bytes]) -> list[Record | Exception | None]:
        return await self._alive(await look(self._reader, list(names.values())))

    async def _alive(self, held: list[Held | Exception]) -> list[Record | Exception | None]:
        found = await self._verdicts.found_many(held)
        return [one if isinstance(one, Exception) else other for one, other in zip(held, found, strict=True)]

    # -- writing

    async def set(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Ttl | Mapping[str, Ttl],
        tags: EachTags,
        cas: Mapping[str, int] | None,
        return_exceptions: bool,
        keep_ttl: bool = False,
    ) -> dict[str, int]:
        """Write each; the new CAS of each."""
        writes = await self._prepared(values, ttl, tags, Rule.ALWAYS, cas, keep=keep_ttl)
        first = [replace(each, rule=Rule.PRESENT) if _keeps(each) else each for each in writes.values()]
        outcomes = dict(zip(writes, await self._store.write_many(first), strict=True))
        for key, write in writes.items():
            if outcomes[key] is Outcome.JUDGE or (outcomes[key] is Outcome.MISSING and _keeps(write)):
                outcomes[key] = await caught_in(partial(self._documents.put, write))
            elif outcomes[key] is Outcome.MISSING:
                outcomes[key] = Outcome.MISMATCH
        return many({key: _cas_of(key, write, outcomes[key]) for key, write in writes.items()}, return_exceptions)

    async def insert(
        self, values: Mapping[str, Any], *, ttl: Ttl | Mapping[str, Ttl], tags: EachTags, return_exceptions: bool
    ) -> dict[str, int]:
        """Write each where nothing is; the CAS of each."""
        return await self._judged(await self._prepared(values, ttl, tags, Rule.ABSENT), return_exceptions, alive=False)

    async def replace(
        self,
        values: Mapping[str, Any],
        *,
        ttl: Ttl | Mapping[str, Ttl],
        tags: EachTags,
        cas: Mapping[str, int] | None,
        keep_ttl: bool,
        return_exceptions: bool,
    ) -> dict[str, int]:
        """Write each where something is; the new CAS of each."""
        writes = await self._prepared(values, ttl, tags, Rule.PRESENT, cas, keep=keep_ttl)
        return await self._judged(writes, return_exceptions, alive=True)

    async def _judged(self, writes: Mapping[str, Write], return_exceptions: bool, *, alive: bool) -> dict[str, Any]:
        """Write them all; those that the store cannot judge, one by one."""
        outcomes = await self._store.write_many(list(writes.values()))
        results: dict[str, Any] = {}
        for (key, write), outcome in zip(writes.items(), outcomes, strict=True):
            settled = outcome
            if outcome is Outcome.JUDGE:
                settled = await caught_in(partial(self._verdicts.written, write, alive=alive))
            results[key] = _cas_of(key, write, settled)
        return many(results, return_exceptions)

    async def _prepared(
        self,
        values: Mapping[str, Any],
        ttl: Ttl | Mapping[str, Ttl],
        tags: EachTags,
        rule: Rule,
        cas: Mapping[str, int] | None = None,
        *,
        keep: bool = False,
    ) -> dict[str, Write]:
        """The writes with their records, everything checked before anything is sent."""
        names = self._keyed(values, "values")
        lives, expected = lives_of(ttl, self._ttl, names, keep=keep), per_key(cas, names)
        carried = {key: self._names.carried(each) for key, each in each_of(tags, names, "tags", ()).items()}
        records = {key: self._values.record(name, values[key]) for key, name in names.items()}
        versions = await self._versions(carried.values(), lives.values())
        return {
            key: ruled(
                name,
                tagged(records[key], tuple(versions[tag] for tag in carried[key])),
                lives[key],
                expected.get(key),
                rule,
            )
            for key, name in names.items()
        }

    async def _versions(self, carried: Iterable[tuple[str, ...]], lives: Iterable[Life]) -> dict[str, TagVersion]:
        tags = dict.fromkeys(tag for each in carried for tag in each)
        return {version.tag: version for version in await self._tags.snapshot(list(tags), longest(lives))}

    def _keyed(self, given: Mapping[str, Any], argument: str) -> dict[str, bytes]:
        if not isinstance(given, Mapping):
            raise InvalidArgument(f"{argument} must be a mapping, not {type(given).__name__}", argument=argument)
        return self._names.entries(given.keys())

    async def extend(
        self, values: Mapping[str, str | bytes], *, before: bool, return_exceptions: bool
    ) -> dict[str, int]:
        """Put text or bytes before or behind each value; the new CAS of each. Who was not quick enough tries alone."""
        names = self._keyed(values, "values")
        for data in values.values():
            check_data(data)
        writes: dict[str, Write | Exception] = {}
        held = await self._alive(await self._store.read_many(list(names.values())))
        for (key, name), found in zip(names.items(), held, strict=True):
            writes[key] = caught(partial(self._extended, key, name, found, values[key], before))
        outcomes = iter(await self._store.write_many([each for each in writes.values() if isinstance(each, Write)]))
        results: dict[str, Any] = {}
        for key, write in writes.items():
            if isinstance(write, Exception):
                results[key] = write
            elif (outcome := next(outcomes)) in (Outcome.MISMATCH, Outcome.MISSING):
                results[key] = await caught_in(partial(self._documents.extend, key, values[key], before=before))
            else:
                results[key] = _cas_of(key, write, outcome)
        return many(results, return_exceptions)

    def _extended(
        self, key: str, name: bytes, found: Record | Exception | None, data: str | bytes, before: bool
    ) -> Write:
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise not_found(key)
        value = extended(self._values.value(name, found), data, key, before=before)
        fresh = self._values.record(name, value, found.tags, soft=found.soft)
        return Write(name, fresh, KEEP_TTL, Rule.SAME_CAS, found.cas)

    async def touch(
        self, keys: Iterable[str], ttl: Duration | Mapping[str, Duration | None] | None, return_exceptions: bool
    ) -> dict[str, None]:
        """A new time to live for each."""
        names = self._names.entries(keys)
        lives = {key: optional_seconds(each, "ttl") for key, each in _every(ttl, names, "ttl").items()}
        outcomes = await self._store.expire_many([(name, lives[key]) for key, name in names.items()])
        results = await self._each(names, outcomes, lambda key: self._verdicts.expired(names[key], lives[key]))
        return many({key: _none_of(key, each) for key, each in results.items()}, return_exceptions)

    async def delete(
        self, keys: Iterable[str], return_exceptions: bool, cas: Mapping[str, int] | None = None
    ) -> dict[str, bool]:
        """Remove each; whether it was there."""
        names = self._names.entries(keys)
        expected = per_key(cas, names)
        removals = {key: removal_of(name, expected.get(key)) for key, name in names.items()}
        outcomes = await self._store.remove_many(list(removals.values()))
        results = await self._each(names, outcomes, lambda key: self._verdicts.removed(removals[key]))
        return many({key: _was_there(key, each) for key, each in results.items()}, return_exceptions)

    async def _each(
        self,
        names: Mapping[str, bytes],
        outcomes: Sequence[Outcome | Exception],
        singly: Callable[[str], Awaitable[Outcome]],
    ) -> dict[str, Outcome | Exception]:
        """What became of each; those that the store could not judge, one by one."""
        results = dict(zip(names, outcomes, strict=True))
        for key, outcome in results.items():
            if outcome is Outcome.JUDGE:
                results[key] = await caught_in(partial(singly, key))
        return results


def _every(given: Any, names: Mapping[str, bytes], argument: str) -> dict[str, Any]:
    """What each key is given; a mapping must have all of them."""
    if isinstance(given, Mapping) and given.keys() != names.keys():
        raise InvalidArgument(
            f"{argument} must be one for all, or a mapping with the keys of the call", argument=argument
        )
    return each_of(given, names, argument, None)


def _keeps(write: Write) -> bool:
    """Whether what is there has to be looked at, to keep its time, if anything is there at all."""
    return write.ttl is KEEP_TTL and not write.rule.by_cas


def _failure(outcome: Outcome | Exception, key: str) -> Exception:
    return outcome if isinstance(outcome, Exception) else refused(outcome, key)


def _cas_of(key: str, write: Write, outcome: Outcome | Exception) -> int | Exception:
    return write.record.cas if outcome is Outcome.DONE else _failure(outcome, key)


def _none_of(key: str, outcome: Outcome | Exception) -> Exception | None:
    return None if outcome is Outcome.DONE else _failure(outcome, key)


def _was_there(key: str, outcome: Outcome | Exception) -> bool | Exception:
    known = outcome in (Outcome.DONE, Outcome.MISSING)
    return outcome is Outcome.DONE if known else _failure(outcome, key)
