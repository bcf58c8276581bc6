"""What a document is, said with a dict: the model that every flavour and every store has to agree with.

A key holds a ``Doc`` or nothing. Each call answers with a value or the class of an error, and says what is there after
it. A CAS is known by the number of the write that made it. What must not live here: caches, and how they are driven.
"""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from unicache.errors import (
    CacheError,
    CasMismatch,
    CounterOverflow,
    KeyExists,
    KeyLocked,
    KeyNotFound,
    KeyNotLocked,
    NotANumber,
    PathMismatch,
    ValueFormatError,
)

__all__ = ["Model", "Step"]

INT64 = range(-(2**63), 2**63)


class Step(NamedTuple):
    """One call. ``cas`` is how many writes of the key ago it was given; ``lock`` asks for the lock's instead.

    ``many`` asks for the call of many keys, with this one alone: what it does is the same.
    """

    call: str
    key: str
    value: Any
    data: str
    delta: int
    initial: int | None
    ttl: int | None
    tags: tuple[str, ...]
    keep: bool
    cas: int | None
    lock: bool
    many: bool


@dataclass(frozen=True)
class Doc:
    """``write`` is the number of the write, ``lock`` that of the lock around it."""

    value: Any
    write: int
    tags: tuple[str, ...] = ()
    ttl: int | None = None
    alive: bool = True
    lock: int | None = None


class Refused(Exception):
    """The call raises an error of this class."""

    def __init__(self, kind: type[CacheError]) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass
class Model:
    """The documents, and the numbers of all writes and locks of each key, the last one last."""

    docs: dict[str, Doc] = field(default_factory=dict)
    writes: dict[str, list[int]] = field(default_factory=dict)
    locks: dict[str, int] = field(default_factory=dict)
    number: int = 0

    def play(self, step: Step) -> Any:
        """What comes of the call: a value, or the class of the error."""
        try:
            return getattr(self, step.call)(step)
        except Refused as refused:
            return refused.kind

    # -- what all have in common

    def cas(self, step: Step) -> int | None:
        """The number of the write or lock that the step's CAS was given by; None when it gives none."""
        if step.lock:
            return self.locks.get(step.key, 0)
        if step.cas is None:
            return None
        return ([0] * 10 + self.writes.get(step.key, []))[-1 - step.cas]

    def found(self, key: str) -> Doc | None:
        doc = self.docs.get(key)
        return doc if doc and doc.alive else None

    def there(self, key: str) -> Doc:
        doc = self.found(key)
        if doc is None:
            raise Refused(KeyNotFound)
        return doc

    def unlocked(self, key: str, cas: int | None) -> None:
        doc = self.docs.get(key)
        if doc and doc.lock is not None and cas != doc.lock:
            raise Refused(KeyLocked)

    def same(self, key: str, cas: int | None) -> None:
        doc = self.docs.get(key)
        if cas is not None and doc and cas not in (doc.write, doc.lock):
            raise Refused(CasMismatch)

    def put(self, key: str, value: Any, tags: tuple[str, ...], ttl: int | None) -> str:
        self.number += 1
        self.docs[key] = Doc(value, self.number, tags, ttl)
        self.writes.setdefault(key, []).append(self.number)
        return "cas"

    # -- the calls

    def get(self, step: Step) -> Any:
        doc = self.found(step.key)
        return doc.value if doc else "absent"

    def get_many(self, step: Step) -> Any:
        return {key: doc.value for key in ("a", step.key) if (doc := self.found(key))}

    def part(self, step: Step) -> Any:
        return self.there(step.key).value

    def add_part(self, step: Step) -> Any:
        old = self.there(step.key)
        if not isinstance(old.value, list):
            raise Refused(PathMismatch)
        self.unlocked(step.key, None)
        return self.put(step.key, [*old.value, step.value], old.tags, old.ttl)

    def scan(self, _: Step) -> Any:
        return sorted(key for key in self.docs if self.found(key))

    def exists(self, step: Step) -> Any:
        return self.found(step.key) is not None

    def ttl(self, step: Step) -> Any:
        return self.there(step.key).ttl

    def entry(self, step: Step) -> Any:
        doc = self.there(step.key)
        return doc.value, doc.tags, doc.ttl, doc.lock is not None

    def set(self, step: Step) -> Any:
        cas, old = self.cas(step), self.docs.get(step.key)
        self.unlocked(step.key, cas)
        self.same(step.key, cas)
        if cas is not None and not self.found(step.key):
            raise Refused(CasMismatch)
        kept = old.ttl if old and old.alive else None
        return self.put(step.key, step.value, step.tags, kept if step.keep else step.ttl)

    def insert(self, step: Step) -> Any:
        self.unlocked(step.key, None)
        if self.found(step.key):
            raise Refused(KeyExists)
        return self.put(step.key, step.value, step.tags, step.ttl)

    def replace(self, step: Step) -> Any:
        cas = self.cas(step)
        self.unlocked(step.key, cas)
        self.same(step.key, cas)
        old = self.there(step.key)
        return self.put(step.key, step.value, step.tags, old.ttl if step.keep else step.ttl)

    def delete(self, step: Step) -> Any:
        cas, old = self.cas(step), self.docs.get(step.key)
        self.unlocked(step.key, cas)
        self.same(step.key, cas)
        self.docs.pop(step.key, None)
        return old is not None and old.alive

    def touch(self, step: Step) -> Any:
        self.unlocked(step.key, None)
        self.docs[step.key] = replace(self.there(step.key), ttl=step.ttl)

    def get_and_touch(self, step: Step) -> Any:
        self.touch(step)
        return self.docs[step.key].value

    def mutate(self, step: Step) -> Any:
        old = self.there(step.key)
        self.unlocked(step.key, None)
        self.put(step.key, [step.value], old.tags, old.ttl)
        return [step.value]

    def append(self, step: Step) -> Any:
        return self.extend(step, lambda value: value + step.data)

    def prepend(self, step: Step) -> Any:
        return self.extend(step, lambda value: step.data + value)

    def extend(self, step: Step, change: Any) -> Any:
        old = self.there(step.key)
        if not isinstance(old.value, str):
            raise Refused(ValueFormatError)
        self.unlocked(step.key, None)
        return self.put(step.key, change(old.value), old.tags, old.ttl)

    def increment(self, step: Step) -> Any:
        self.unlocked(step.key, None)
        old = self.found(step.key)
        if old is None and step.initial is not None:
            self.put(step.key, step.initial, (), step.ttl)
            return step.initial
        old = self.there(step.key)
        if type(old.value) is not int:
            raise Refused(NotANumber)
        if old.value + step.delta not in INT64:
            raise Refused(CounterOverflow)
        self.put(step.key, old.value + step.delta, old.tags, old.ttl)
        return old.value + step.delta

    def lock(self, step: Step) -> Any:
        self.unlocked(step.key, None)
        doc = self.there(step.key)
        self.number += 1
        self.docs[step.key] = replace(doc, lock=self.number)
        self.locks[step.key] = self.number
        return doc.value, doc.tags, doc.ttl, True

    def unlock(self, step: Step) -> Any:
        doc = self.docs.get(step.key)
        if doc is None:
            raise Refused(KeyNotFound)
        if doc.lock is None or self.cas(replace_lock(step)) != doc.lock:
            raise Refused(KeyNotLocked)
        self.docs[step.key] = replace(doc, lock=None)

    def invalidate(self, step: Step) -> Any:
        self.docs.pop(step.key, None)

    def invalidate_tags(self, step: Step) -> Any:
        for key, doc in self.docs.items():
            if not set(step.tags).isdisjoint(doc.tags):
                self.docs[key] = replace(doc, alive=False)

    def clear(self, _: Step) -> Any:
        self.docs.clear()

    def time_is_up(self, step: Step) -> Any:
        """The document's time, if nobody has a lock on it."""
        doc = self.docs.get(step.key)
        if doc and doc.alive and doc.lock is None:
            del self.docs[step.key]


def replace_lock(step: Step) -> Step:
    """The step with the lock's CAS."""
    return step._replace(lock=True)
