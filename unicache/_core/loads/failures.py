"""Remembered failures: a loader's exception as a record, and back. Only classes that the caller named are ever made."""

from collections.abc import Iterable
from typing import Any

from unicache._core.records.codec import RICH, decode, encode
from unicache._core.records.record import FAILURE, Record, TagVersion
from unicache._core.values import Values
from unicache.errors import ValueFormatError

__all__ = ["recalled", "remembered"]


def remembered(values: Values, name: bytes, error: Exception, tags: tuple[TagVersion, ...]) -> Record | None:
    """A record of the failure; None when its arguments are no values that can be stored."""
    try:
        _, payload = encode([_path(type(error)), list(error.args)])
        return values.wrapped(name, FAILURE, payload, tags)
    except ValueFormatError:
        return None


def recalled(values: Values, name: bytes, record: Record, kinds: Iterable[type[Exception]]) -> Exception | None:
    """The failure that a record tells of, if it is of one of these classes; a note says that it was remembered."""
    try:
        path, arguments = decode(RICH, values.payload(name, record))
    except (ValueFormatError, TypeError, ValueError):
        return None
    for kind in kinds:
        for known in (kind, *_below(kind)):
            if _path(known) == path:
                return _made(known, arguments)
    return None


def _below(kind: type[Exception]) -> list[type[Exception]]:
    """All classes derived from it that this process knows."""
    direct = kind.__subclasses__()
    return direct + [deeper for each in direct for deeper in _below(each)]


def _made(kind: type[Exception], arguments: Any) -> Exception | None:
    try:
        error = kind(*arguments)
    except Exception:  # noqa: BLE001  a constructor that wants other arguments than it keeps; then the load runs
        return None
    error.add_note("this failure was remembered by the cache; its loader did not run for this call")
    return error


def _path(kind: type[Exception]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
