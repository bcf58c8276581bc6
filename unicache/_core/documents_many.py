"""Documents, many at a time: each key on its own, sent together. What counts as absent is decided in ``verdicts``."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from unicache._core.core import Core
from unicache._core.documents import Documents
from unicache._core.names import Keyspace
from unicache._core.options import Ttl, caught, lives_of, longest, many, per_key, refused, ruled, tagged
from unicache._core.store import Outcome, Rule
from unicache._core.tags import Tags
from unicache._core.values import is_stale
from unicache._core.verdicts import is_value
from unicache.errors import InvalidArgument

__all__ = ["ManyDocuments"]


class ManyDocuments:
    """The calls on many documents of a namespace."""

    def __init__(self, core: Core, names: Keyspace, documents: Documents) -> None:
        self._io = core.io
        self._store = core.store
        self._ttl = core.settings.ttl
        self._values = core.values
        self._names = names
        self._tags = Tags(core.store, names)
        self._documents = documents

    async def get(self, keys: Iterable[str], wanted: Any, return_exceptions: bool) -> dict[str, Any]:
        """The values of the keys that are there."""
        names = self._names.entries(keys)
        held = dict(zip(names, await self._store.read_many(list(names.values())), strict=True))
        records = {key: record for key, record in held.items() if is_value(record)}
        valid = await self._tags.valid_many(list(records.values()))
        results: dict[str, Any] = {key: error for key, error in held.items() if isinstance(error, Exception)}
        now = self._io.wall()
        for (key, record), alive in zip(records.items(), valid, strict=True):
            if alive and not is_stale(record, now):
                results[key] = caught(partial(self._values.value, names[key], record, wanted))
        return many({key: results[key] for key in names if key in results}, return_exceptions)

    async def set(
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
        lives = lives_of(ttl, self._ttl, names)
        expected = per_key(cas, names)
        records = {key: self._values.record(name, values[key]) for key, name in names.items()}
        versions = await self._tags.snapshot(self._names.carried(tags), longest(lives.values()))
        writes = [
            ruled(name, tagged(records[key], versions), lives[key], expected.get(key), Rule.ALWAYS)
            for key, name in names.items()
        ]
        outcomes = await self._store.write_many(writes)
        results: dict[str, Any] = {
            key: write.record.cas
            if outcome is Outcome.DONE
            else _failure(Outcome.MISMATCH if outcome is Outcome.MISSING else outcome, key)
            for key, write, outcome in zip(names, writes, outcomes, strict=True)
        }
        return many(results, return_exceptions)

    async def delete(self, keys: Iterable[str], return_exceptions: bool) -> dict[str, bool]:
        """Remove each; whether it was there."""
        names = self._names.entries(keys)
        outcomes = await self._store.remove_many(list(names.values()))
        results: dict[str, Any] = {}
        for (key, _), outcome in zip(names.items(), outcomes, strict=True):
            if outcome is Outcome.JUDGE:
                results[key] = await self._documents.delete(key, None)
            elif outcome in (Outcome.DONE, Outcome.MISSING):
                results[key] = outcome is Outcome.DONE
            else:
                results[key] = _failure(outcome, key)
        return many(results, return_exceptions)


def _failure(outcome: Outcome | Exception, key: str) -> Exception:
    return outcome if isinstance(outcome, Exception) else refused(outcome, key)
