"""Parts of documents: what ``lookup_in`` is to read and ``mutate_in`` to change, as small values, and what they give.

    from unicache import subdocument as sd
    cache.mutate_in("user:1", [sd.set("address.city", "Oslo"), sd.append("visits", today)])

A path is text such as ``a.b[0]``: names of dicts, joined by dots, and indexes of lists, negative ones from the end. A
name that has a dot, bracket or backtick in it stands in backticks; the empty path is the whole document.

What must not live here: what the specs do to a document (``_core.parts``).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from unicache._core.documents.paths import Steps, parse
from unicache._core.records.codec import check, declare
from unicache._core.tools.discreet import Discreet
from unicache.errors import CacheError, InvalidArgument, PathNotFound

__all__ = [
    "LookupResult",
    "LookupSpec",
    "MutateResult",
    "MutateSpec",
    "add_unique",
    "append",
    "count",
    "exists",
    "get",
    "increment",
    "insert",
    "insert_at",
    "prepend",
    "remove",
    "replace",
    "set",
]

LARGEST_DELTA = 2**63 - 1


class LookupSpec(msgspec.Struct, frozen=True):
    """One part to read; made by ``get``, ``exists`` and ``count``."""

    verb: str
    path: str
    type: Any = None
    steps: Steps = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "steps", parse(self.path))
        if self.type is not None:
            declare(self.type)

    def __repr__(self) -> str:
        return f"LookupSpec(verb={self.verb!r}, path={self.path!r}, type={self.type!r})"


class MutateSpec(Discreet, frozen=True):
    """One change; made by ``set``, ``insert``, ``replace``, ``remove``, ``append``, ``prepend``, ``insert_at``,
    ``add_unique`` and ``increment``. Its repr does not show the values.
    """

    verb: str
    path: str
    values: tuple[Any, ...] = ()
    create_parents: bool = False
    steps: Steps = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "steps", parse(self.path))

    def __repr__(self) -> str:
        return f"MutateSpec(verb={self.verb!r}, path={self.path!r}, create_parents={self.create_parents})"


# -- reading


def get(path: str, *, type: Any = None) -> LookupSpec:
    """The part at ``path``, which must be a ``type`` if that is given.

    Raises InvalidArgument for what is no path, and for a type that cannot be checked.
    """
    return LookupSpec("get", path, type)


def exists(path: str) -> LookupSpec:
    """Whether there is something at ``path``. Raises InvalidArgument for what is no path."""
    return LookupSpec("exists", path)


def count(path: str) -> LookupSpec:
    """How many items the list, tuple, set or dict at ``path`` has. Raises InvalidArgument for what is no path."""
    return LookupSpec("count", path)


# -- changing


def set(path: str, value: Any, *, create_parents: bool = False) -> MutateSpec:  # noqa: A001  the name that it has
    """Put ``value`` at ``path``, in place of what is there or as a new name of a dict.

    With ``create_parents``, dicts and lists on the way that are not there are made. Raises InvalidArgument for what is
    no path.
    """
    return MutateSpec("set", path, (value,), create_parents)


def insert(path: str, value: Any, *, create_parents: bool = False) -> MutateSpec:
    """Put ``value`` at a name that the dict does not have yet; ``mutate_in`` raises PathExists if it has.

    ``create_parents`` as for ``set``. Raises InvalidArgument for what is no path, and for one that ends in an index.
    """
    spec = MutateSpec("insert", path, (value,), create_parents)
    if spec.steps and isinstance(spec.steps[-1], int):
        raise InvalidArgument("path must end in a name; insert_at puts a value into a list", argument="path")
    return spec


def replace(path: str, value: Any) -> MutateSpec:
    """Put ``value`` in place of what is at ``path``; ``mutate_in`` raises PathNotFound if nothing is.

    Raises InvalidArgument for what is no path.
    """
    return MutateSpec("replace", path, (value,))


def remove(path: str) -> MutateSpec:
    """Take away what is at ``path``; ``mutate_in`` raises PathNotFound if nothing is.

    Raises InvalidArgument for what is no path, and for the empty one: ``delete`` removes whole documents.
    """
    spec = MutateSpec("remove", path)
    if not spec.steps:
        raise InvalidArgument("path must not be empty; delete removes a whole document", argument="path")
    return spec


def append(path: str, *values: Any, create_parents: bool = False) -> MutateSpec:
    """Put ``values`` at the end of the list at ``path``. With ``create_parents``, a list that is not there is made.

    Raises InvalidArgument for what is no path, and for no values.
    """
    return _listed("append", path, values, create_parents)


def prepend(path: str, *values: Any, create_parents: bool = False) -> MutateSpec:
    """Put ``values`` before the first item of the list at ``path``, in their order; otherwise as ``append``."""
    return _listed("prepend", path, values, create_parents)


def insert_at(path: str, *values: Any, create_parents: bool = False) -> MutateSpec:
    """Put ``values`` into a list, the first of them at the index that ``path`` ends in; otherwise as ``append``.

    The index may be 0 to the length of the list. Raises InvalidArgument for a path that ends in anything else: of
    negative indexes nobody could say whether they mean the place before an item or behind it.
    """
    spec = _listed("insert_at", path, values, create_parents)
    if not spec.steps or not isinstance(spec.steps[-1], int) or spec.steps[-1] < 0:
        raise InvalidArgument("path must end in an index, 0 or more, such as 'a[0]'", argument="path")
    return spec


def add_unique(path: str, value: Any, *, create_parents: bool = False) -> MutateSpec:
    """Put ``value`` at the end of the list at ``path``; ``mutate_in`` raises PathExists if the list has it already.

    1, 1.0 and True are three values, in lists, tuples and dicts too. ``create_parents`` as for ``append``. Raises
    InvalidArgument for what is no path.
    """
    return MutateSpec("add_unique", path, (value,), create_parents)


def increment(path: str, delta: int = 1, *, create_parents: bool = False) -> MutateSpec:
    """Add ``delta``, which may be negative, to the int at ``path``; a name that is not there begins at 0.

    ``mutate_in`` gives the new number, and raises NotANumber, CounterOverflow beyond 64 bits. ``create_parents`` as for
    ``set``. Raises InvalidArgument for what is no path, and for a delta that is no int of 64 bits.
    """
    if isinstance(delta, bool) or not isinstance(delta, int) or abs(delta) > LARGEST_DELTA:
        raise InvalidArgument("delta must be an int of 64 bits", argument="delta")
    return MutateSpec("increment", path, (delta,), create_parents)


def _listed(verb: str, path: str, values: tuple[Any, ...], create_parents: bool) -> MutateSpec:
    if not values:
        raise InvalidArgument(f"{verb} needs one value or more", argument="values")
    return MutateSpec(verb, path, values, create_parents)


# -- results


class LookupResult:
    """What ``lookup_in`` found, one entry per spec, in their order.

    ``key``  of the document
    ``cas``  of the document, for a later write

    ``result[i]`` raises what kept that part from being read: PathNotFound, PathMismatch, or ValueFormatError when it is
    not of the type that its spec asks for. The others can be read all the same.
    """

    __slots__ = ("_parts", "_specs", "cas", "key")

    def __init__(self, key: str, cas: int, specs: Sequence[LookupSpec], parts: Sequence[Any]) -> None:
        self.key: str = key
        self.cas: int = cas
        self._specs = specs
        self._parts = parts

    def __getitem__(self, index: int) -> Any:
        part, wanted = self._parts[index], self._specs[index].type
        if isinstance(part, CacheError):
            raise part.with_traceback(None)
        return part if wanted is None else check(part, wanted, self.key)

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Any]:
        # Without this, Python would take an IndexOutOfRange for the end.
        return (self[index] for index in range(len(self)))

    def exists(self, index: int) -> bool:
        """Whether that part is there; for a spec made by ``exists``, its answer."""
        part = self._parts[index]
        return bool(part) if self._specs[index].verb == "exists" else not isinstance(part, CacheError)

    def get(self, index: int, default: Any = None) -> Any:
        """The part, or ``default`` when there is none. Raises PathMismatch, ValueFormatError."""
        return default if isinstance(self._parts[index], PathNotFound) else self[index]

    def __repr__(self) -> str:
        return f"LookupResult(key={self.key!r}, cas={self.cas}, parts={len(self)})"


class MutateResult(Discreet, frozen=True):
    """What ``mutate_in`` did, one entry per spec, in their order: the new number for ``increment``, else None.

    ``key``  of the document
    ``cas``  that it has now
    """

    key: str
    cas: int
    _numbers: tuple[int | None, ...]

    def __getitem__(self, index: int) -> int | None:
        return self._numbers[index]

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return f"MutateResult(key={self.key!r}, cas={self.cas})"
