"""The classes this process knows, and how their instances are taken apart and put together.

Only a class that was written here, or named in a ``type=``, is known; nothing is ever imported by a stored name.
Putting together restores the fields as they were, so that no ``__init__`` or ``__post_init__`` can change them.
"""

import re
from collections.abc import Callable
from enum import Enum, Flag
from functools import cached_property
from inspect import getattr_static
from typing import Any

import msgspec

from unicache._core.records.codec.fields import field_names, is_model, is_named_tuple
from unicache._core.records.codec.fingerprint import fingerprint
from unicache._core.records.codec.forms import Refused
from unicache.errors import ValueFormatError

__all__ = ["Shape", "known", "shape_of"]

Fields = dict[str, Any]

# What may be shown of a stored path: damaged or forged bytes can hold anything in its place.
_PATH = r"[\w.]{1,100}:[\w.<>]{1,100}"


class Shape(msgspec.Struct, frozen=True):
    """One class: ``take`` gives an instance's fields, ``build`` makes an instance of exactly these fields.

    ``fingerprint``  changes with the class's fields and their types
    """

    kind: type
    path: str
    fingerprint: int
    take: Callable[[Any], Fields]
    build: Callable[[Fields], Any]


_shapes: dict[str, Shape] = {}


def shape_of(kind: type) -> Shape | None:
    """The shape of ``kind``, which is known from now on; None for a class that is no kind of record or enum.

    A class that was defined again under the same path takes the place of the former one.
    """
    path = f"{kind.__module__}:{kind.__qualname__}"
    shape = _shapes.get(path)
    if shape is None or shape.kind is not kind:
        shape = _make(kind, path)
        if shape is not None:
            _shapes[path] = shape
    return shape


def known(path: str, mark: int) -> Shape:
    """The shape stored under ``path`` with the fingerprint ``mark``.

    Raises ValueFormatError when this process does not know it, or knows another version of it.
    """
    shape = _shapes.get(path)
    if shape is None:
        name = path.replace(":", ".") if re.fullmatch(_PATH, path) else "class"
        raise ValueFormatError(f"stored value is a {name}, which this process has not declared: read it with type=…")
    if mark != shape.fingerprint:
        raise ValueFormatError(f"the stored {path.replace(':', '.')} has other fields than the class has here")
    return shape


def _make(kind: type, path: str) -> Shape | None:
    mark = fingerprint(kind)
    if issubclass(kind, Enum):
        return _enum_shape(kind, path, mark)
    names = field_names(kind)
    if names is None:
        return None
    if is_named_tuple(kind):
        return _tuple_shape(kind, path, mark, names)
    if issubclass(kind, msgspec.Struct):
        return _struct_shape(kind, path, mark, names)
    return (_model_shape if is_model(kind) else _record_shape)(kind, path, mark, names)


def _enum_shape(kind: type[Enum], path: str, mark: int) -> Shape:
    if issubclass(kind, Flag):  # a combination of flags may have no name
        return Shape(kind, path, mark, lambda flag: {"value": flag.value}, lambda fields: kind(fields["value"]))
    members = kind.__members__
    return Shape(kind, path, mark, lambda member: {"name": member.name}, lambda fields: members[fields["name"]])


def _tuple_shape(kind: type[tuple[Any, ...]], path: str, mark: int, names: tuple[str, ...]) -> Shape:
    def take(value: tuple[Any, ...]) -> Fields:
        _refuse_extra(kind, getattr(value, "__dict__", {}).keys())
        return dict(zip(names, value, strict=True))

    def build(fields: Fields) -> Any:
        return tuple.__new__(kind, [fields[name] for name in _exactly(fields, names, path)])

    return Shape(kind, path, mark, take, build)


def _struct_shape(kind: type[msgspec.Struct], path: str, mark: int, names: tuple[str, ...]) -> Shape:
    def take(value: msgspec.Struct) -> Fields:
        _refuse_extra(kind, getattr(value, "__dict__", {}).keys())
        return {name: getattr(value, name) for name in names}

    def build(fields: Fields) -> Any:
        _exactly(fields, names, path)
        if not hasattr(kind, "__post_init__"):
            return kind(**fields)
        value = _initialized(kind, fields, path)  # there is no way around it, but its changes can be undone
        for name in names:
            msgspec.structs.force_setattr(value, name, fields[name])
        return value

    return Shape(kind, path, mark, take, build)


def _initialized(kind: type[msgspec.Struct], fields: Fields, path: str) -> msgspec.Struct:
    try:
        return kind(**fields)
    except Exception as error:  # noqa: BLE001  code of the application, which may raise anything
        problem = type(error).__name__
    # Raised outside the handler: what was caught may hold stored values.
    raise ValueFormatError(f"the stored {path.replace(':', '.')} is refused by its __post_init__ ({problem})")


def _record_shape(kind: type, path: str, mark: int, names: tuple[str, ...]) -> Shape | None:
    """For dataclasses and attrs classes: instances whose whole state is attributes, in ``__dict__`` or slots."""
    try:
        object.__new__(kind)
    except TypeError:  # a subclass of a built-in type, which holds more than its fields, or an abstract class
        return None

    def take(value: Any) -> Fields:
        state = _state(value)
        _refuse_extra(kind, state.keys() - set(names))
        return {name: state[name] for name in _all_set(state, names)}

    def build(fields: Fields) -> Any:
        value: object = object.__new__(kind)
        for name in _exactly(fields, names, path):
            object.__setattr__(value, name, fields[name])
        return value

    return Shape(kind, path, mark, take, build)


def _model_shape(kind: Any, path: str, mark: int, names: tuple[str, ...]) -> Shape:
    """For pydantic's models: their fields, which of them were set, what else they allow, and private attributes."""

    def take(value: Any) -> Fields:
        state = value.__dict__
        _refuse_extra(kind, state.keys() - set(names))
        return {
            "__dict__": {name: state[name] for name in _all_set(state, names)},
            **{part: getattr(value, part) for part in _MODEL_PARTS[:-1]},
            _MODEL_PARTS[-1]: _without_unset(value.__pydantic_private__),
        }

    def build(fields: Fields) -> Any:
        _exactly(fields, ("__dict__", *_MODEL_PARTS), path)
        _exactly(fields["__dict__"], names, path)
        value = object.__new__(kind)
        for part, content in fields.items():
            object.__setattr__(value, part, content)
        return value

    return Shape(kind, path, mark, take, build)


_MODEL_PARTS = ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")


def _state(value: object) -> Fields:
    """All attributes of the instance, of ``__dict__`` and slots alike, whatever the class says about pickling."""
    state = object.__getstate__(value)
    if isinstance(state, tuple):
        attributes, slots = state
        return {**(attributes or {}), **slots}
    return dict(state or {})  # type: ignore[call-overload,no-any-return]  # typed as object in typeshed


def _without_unset(private: Fields | None) -> Fields | None:
    """Private attributes that have a value."""
    if private is None:
        return None
    return {name: item for name, item in private.items() if type(item).__name__ != "PydanticUndefinedType"}


def _all_set(state: Fields, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in state:
            raise Refused(f"an object whose field {name} is not set")
    return names


def _refuse_extra(kind: type, names: Any) -> None:
    for name in names:
        # A cached property is computed again, and what Generic[...] leaves on an instance says nothing of its value.
        if name != "__orig_class__" and not isinstance(getattr_static(kind, name, None), cached_property):
            raise Refused(f"a {kind.__qualname__} with the attribute {name}, which is not a field; make it one")


def _exactly(fields: Fields, names: Any, path: str) -> Any:
    if len(fields) != len(names) or not fields.keys() >= set(names):
        raise ValueFormatError(f"the stored {path.replace(':', '.')} has other fields than the class has here")
    return names
