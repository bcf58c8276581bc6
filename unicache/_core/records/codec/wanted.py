"""What a ``type=`` says: its description, by msgspec, and the classes in it. No value is looked at here."""

import functools
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect

from unicache._core.records.codec.fields import field_names, is_model
from unicache._core.records.codec.fingerprint import hints_of
from unicache._core.records.codec.objects import shape_of
from unicache.errors import InvalidArgument

__all__ = ["declare", "describe", "learn", "name_of", "origin"]

_CLASSES = (inspect.DataclassType, inspect.StructType, inspect.NamedTupleType, inspect.EnumType)
_NEVER_STORED = (
    inspect.CustomType,
    inspect.ExtType,
    inspect.RawType,
    inspect.ByteArrayType,
    inspect.MemoryViewType,
)

# What type_info raises, and what annotations given as text can. Not Exception: a signal's handler may have raised it.
_INDESCRIBABLE = (AttributeError, LookupError, NameError, RuntimeError, SyntaxError, TypeError, ValueError)

# What msgspec says of unions whose members JSON cannot tell apart, such as ``bytes | str`` or two dataclasses, and of
# Enums whose values are neither all text nor all int.
_AMBIGUOUS = ("Type unions may not contain", "If a type union contains", "Enums must contain")


class _Wanted(msgspec.Struct, frozen=True):
    description: inspect.Type
    classes: tuple[type, ...]


def describe(wanted: Any) -> inspect.Type:
    """The description of ``wanted``. Raises InvalidArgument when it is no type that can be checked."""
    return _look(wanted).description


def declare(wanted: Any) -> None:
    """Make the classes named in ``wanted``, at any depth, known, so that stored instances of them can be read.

    Raises InvalidArgument when ``wanted`` is no type that can be checked.
    """
    for kind in _look(wanted).classes:  # each time: a class of the same path may have taken its place
        shape_of(kind)


def learn(wanted: Any) -> None:
    """The same for a type that values cannot be checked against, as far as it can be read."""
    for kind in _named(wanted, set()):
        shape_of(kind)


def _named(wanted: Any, seen: set[type]) -> Iterator[type]:
    """The classes with fields, and the Enums, that a type names at any depth."""
    for argument in get_args(wanted):
        yield from _named(argument, seen)
    kind = get_origin(wanted) or wanted
    if not isinstance(kind, type) or kind in seen:
        return
    seen.add(kind)
    if issubclass(kind, Enum) or field_names(kind) is not None:
        yield kind
        for hint in hints_of(kind).values():
            yield from _named(hint, seen)


def name_of(wanted: Any) -> str:
    """How an error calls a type."""
    return wanted.__qualname__ if isinstance(wanted, type) and not hasattr(wanted, "__args__") else repr(wanted)


def origin(kind: Any) -> type:
    """The class itself, without the arguments of ``Box[int]``."""
    bare: type = getattr(kind, "__origin__", kind)
    return bare


def _look(wanted: Any) -> _Wanted:
    try:
        return _look_once(wanted)
    except TypeError:  # not hashable, such as Annotated[int, []]
        return _look_now(wanted)


def _look_now(wanted: Any) -> _Wanted:
    try:
        description = _described(wanted)
    except _INDESCRIBABLE as error:
        raise _unsupported(wanted, str(error)) from error
    parts = list(_parts(description, set()))
    for part in parts:
        if isinstance(part, _NEVER_STORED) and not _is_read(part):
            raise _unsupported(wanted, f"{name_of(getattr(part, 'cls', type(part)))} is never stored")
    return _Wanted(description, tuple(_classes(parts, set())))


def _described(wanted: Any) -> inspect.Type:
    """The description, also of what msgspec could not decode: our bytes say of which type a value is."""
    try:
        return inspect.type_info(wanted)
    except TypeError as error:
        if not str(error).startswith(_AMBIGUOUS):
            raise
    translator: Any = inspect._Translator  # what type_info asks when it has no objections
    description: inspect.Type = translator([wanted]).translate(wanted)
    return description


_look_once = functools.lru_cache(maxsize=512)(_look_now)


def _unsupported(wanted: Any, reason: str) -> InvalidArgument:
    return InvalidArgument(f"values cannot be checked against {name_of(wanted)}: {reason}", argument="type")


def _is_read(part: inspect.Type) -> bool:
    return isinstance(part, inspect.CustomType) and (part.cls is object or is_model(part.cls))


def _classes(parts: Iterable[inspect.Type], models: set[type]) -> Iterator[type]:
    """The classes in a description; those in pydantic's models too, of which msgspec says nothing."""
    for part in parts:
        if isinstance(part, _CLASSES):
            yield origin(part.cls)
        elif isinstance(part, inspect.CustomType) and is_model(part.cls) and part.cls not in models:
            models.add(part.cls)
            yield part.cls
            for field in vars(part.cls)["__pydantic_fields__"].values():
                yield from _classes(_parts_of_field(field.annotation), models)


def _parts_of_field(annotation: Any) -> list[inspect.Type]:
    """Pydantic has more types than msgspec; what cannot be described has no classes to declare."""
    try:
        return list(_parts(_described(annotation), set()))
    except _INDESCRIBABLE:
        return []


def _parts(description: inspect.Type, seen: set[int]) -> Iterator[inspect.Type]:
    """The description and all that is in it, each once: a class may contain itself."""
    if id(description) not in seen:
        seen.add(id(description))
        yield description
        for inner in _inner(description):
            yield from _parts(inner, seen)


def _inner(description: inspect.Type) -> Iterator[inspect.Type]:
    for name in ("type", "item_type", "key_type", "value_type"):
        if hasattr(description, name):
            yield getattr(description, name)
    for name in ("types", "item_types"):
        yield from getattr(description, name, ())
    yield from (field.type for field in getattr(description, "fields", ()))
