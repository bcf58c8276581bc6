"""What the specs of ``unicache.subdocument`` do to a document. Pure: nothing that was given is changed.

Specs are applied in order, each to what the ones before it left; the first that cannot be applied raises, and then
nothing counts. A change copies the containers on its path and shares the rest, so that neither the document nor a value
of a spec is altered, however often the same specs are applied.

The semantics are those of Couchbase's sub-document operations, except that an index may be set, and that a negative one
counts from the end as in Python. What must not live here: how a path is written (``paths``), and where documents are.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from unicache._core.documents.paths import Step
from unicache.errors import (
    CacheError,
    CounterOverflow,
    IndexOutOfRange,
    InvalidArgument,
    NotANumber,
    PathExists,
    PathMismatch,
    PathNotFound,
)
from unicache.subdocument import LookupSpec, MutateSpec

__all__ = ["ABSENT", "applied", "checked_specs", "found", "same"]

ABSENT: Any = object()
"""Stands for a part, or a whole document, that is not there."""

Spec = LookupSpec | MutateSpec

_COUNTABLE = (list, tuple, dict, set, frozenset)


def checked_specs(specs: Iterable[Any], kind: type[Any]) -> list[Any]:
    """The specs. Raises InvalidArgument unless they are one or more, and each is a ``kind``."""
    if isinstance(specs, str | Spec) or not isinstance(specs, Iterable):
        raise InvalidArgument(f"specs must be a list or other iterable of {kind.__name__}", argument="specs")
    listed = list(specs)
    wrong = next((type(spec).__name__ for spec in listed if not isinstance(spec, kind)), None if listed else "nothing")
    if wrong is not None:
        raise InvalidArgument(f"specs must be {kind.__name__}s of unicache.subdocument, not {wrong}", argument="specs")
    return listed


# -- reading


def found(document: Any, specs: Sequence[LookupSpec], key: str) -> list[Any]:
    """What each spec reads, or the error that kept it from being read."""
    return [_found(document, spec, key) for spec in specs]


def _found(document: Any, spec: LookupSpec, key: str) -> Any:
    try:
        return _READS[spec.verb](_at(document, spec), spec)
    except CacheError as error:
        error.key = key
        return False if spec.verb == "exists" else error


def _at(node: Any, spec: Spec) -> Any:
    """The part that is there. Raises PathNotFound, PathMismatch."""
    for step in spec.steps:
        node = _present(_part(node, step, spec), spec)
    return node


def _part(node: Any, step: Step, spec: Spec) -> Any:
    """One step on: what is there, or ABSENT for a name. Raises IndexOutOfRange, PathMismatch."""
    if isinstance(step, str):
        if not isinstance(node, dict):
            raise _mismatch(spec, "a name, but not in a dict")
        return node.get(step, ABSENT)
    if not isinstance(node, list | tuple):
        raise _mismatch(spec, "an index, but not in a list")
    if not -len(node) <= step < len(node):
        raise _out_of_range(spec, step, len(node))
    return node[step]


def _present(part: Any, spec: Spec) -> Any:
    if part is ABSENT:
        raise PathNotFound(f"the document has no part {spec.path!r}", path=spec.path)
    return part


def _count(part: Any, spec: Spec) -> int:
    if not isinstance(part, _COUNTABLE):
        raise _mismatch(spec, f"a {type(part).__name__}, which has no items to count")
    return len(part)


_READS: dict[str, Callable[[Any, LookupSpec], Any]] = {
    "count": _count,
    "exists": lambda _part, _spec: True,
    "get": lambda part, _spec: part,
}


# -- changing


def applied(document: Any, specs: Iterable[MutateSpec]) -> tuple[Any, list[int | None]]:
    """The changed document, made if it was ABSENT, and what each spec gives: the new number, or None.

    Raises PathNotFound, PathExists, PathMismatch, NotANumber, CounterOverflow.
    """
    results: list[int | None] = []
    for spec in specs:
        document = _changed(document, 0, spec)
        results.append(_at(document, spec) if spec.verb == "increment" else None)
    return document, results


def _changed(node: Any, at: int, spec: MutateSpec) -> Any:
    """The node with what the spec makes of the part below it, ``at`` steps from the whole document."""
    if at == _target(spec):
        return _CHANGES[spec.verb](node, spec)
    step = spec.steps[at]
    if node is ABSENT:
        node = _made(step, at, spec)
    return _with(node, step, _changed(_part(node, step, spec), at + 1, spec), spec)


def _target(spec: MutateSpec) -> int:
    """How many steps lead to what the spec changes; the last one of ``insert_at`` says where in the list."""
    return len(spec.steps) - (spec.verb == "insert_at")


def _made(step: Step, at: int, spec: MutateSpec) -> Any:
    """What a missing container begins as; a missing document needs nobody's leave."""
    if at and not spec.create_parents:
        raise PathNotFound(f"the document has nothing on the way to {spec.path!r}", path=spec.path)
    return {} if isinstance(step, str) else []


def _with(node: Any, step: Step, part: Any, spec: MutateSpec) -> Any:
    """A copy of the container with that part; without it if the part is ABSENT."""
    if type(node) not in (dict, list):
        raise _mismatch(spec, f"in a {type(node).__name__}, which cannot be changed")
    copy = node.copy()
    if part is ABSENT:
        del copy[step]
    else:
        copy[step] = part
    return copy


def _set(_: Any, spec: MutateSpec) -> Any:
    return spec.values[0]


def _insert(old: Any, spec: MutateSpec) -> Any:
    if old is not ABSENT:
        raise PathExists(f"the document has a part {spec.path!r} already", path=spec.path)
    return spec.values[0]


def _replace(old: Any, spec: MutateSpec) -> Any:
    _present(old, spec)
    return spec.values[0]


def _remove(old: Any, spec: MutateSpec) -> Any:
    _present(old, spec)
    return ABSENT


def _append(old: Any, spec: MutateSpec) -> Any:
    return [*_list(old, spec), *spec.values]


def _prepend(old: Any, spec: MutateSpec) -> Any:
    return [*spec.values, *_list(old, spec)]


def _insert_at(old: Any, spec: MutateSpec) -> Any:
    items, index = _list(old, spec), spec.steps[-1]
    if not isinstance(index, int) or index > len(items):
        raise _out_of_range(spec, index, len(items))
    return [*items[:index], *spec.values, *items[index:]]


def _add_unique(old: Any, spec: MutateSpec) -> Any:
    items = _list(old, spec)
    if any(same(item, spec.values[0]) for item in items):
        raise PathExists(f"the list {spec.path!r} has the value already", path=spec.path)
    return [*items, *spec.values]


def _increment(old: Any, spec: MutateSpec) -> Any:
    number = 0 if old is ABSENT else old
    if type(number) is not int:
        raise NotANumber(f"the part {spec.path!r} is a {type(old).__name__}, not an int")
    number += spec.values[0]
    if not -(2**63) <= number < 2**63:
        raise CounterOverflow(f"the part {spec.path!r} would leave the signed 64-bit range")
    return number


def _list(old: Any, spec: MutateSpec) -> list[Any]:
    """The list that is there, or an empty one that may be made."""
    if old is ABSENT:
        return [] if spec.create_parents or not _target(spec) else _present(old, spec)
    if type(old) is not list:
        raise _mismatch(spec, f"a {type(old).__name__}, not a list")
    return old


_CHANGES: dict[str, Callable[[Any, MutateSpec], Any]] = {
    "add_unique": _add_unique,
    "append": _append,
    "increment": _increment,
    "insert": _insert,
    "insert_at": _insert_at,
    "prepend": _prepend,
    "remove": _remove,
    "replace": _replace,
    "set": _set,
}


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types, in lists, tuples and dicts too. NaN is the same as NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(item, other[name]) for name, item in one.items())
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124  which only NaN is not


# -- errors


def _mismatch(spec: Spec, what: str) -> PathMismatch:
    return PathMismatch(f"the path {spec.path!r} leads to {what}", path=spec.path)


def _out_of_range(spec: Spec, index: Any, length: int) -> IndexOutOfRange:
    return IndexOutOfRange(f"the path {spec.path!r} asks for index {index} of a list of {length}", path=spec.path)
