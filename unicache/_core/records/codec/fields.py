"""Which kinds of classes have fields, and what they are called. No instance is looked at here."""

from typing import Any, TypeGuard

import msgspec

__all__ = ["dataclass_fields", "field_names", "is_model", "is_named_tuple"]


def field_names(kind: type) -> tuple[str, ...] | None:
    """The names of the fields, in their order; None for a class that is no kind of record."""
    if is_named_tuple(kind):
        names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]  # what is_named_tuple looked for
        return names
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if hasattr(kind, "__dataclass_fields__"):
        return dataclass_fields(kind)
    if hasattr(kind, "__attrs_attrs__"):
        return tuple(attribute.name for attribute in kind.__attrs_attrs__)
    return tuple(kind.__pydantic_fields__) if is_model(kind) else None  # type: ignore[attr-defined]


def dataclass_fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields."""
    from dataclasses import fields  # dear to import, and who has such a class has done it

    return tuple(field.name for field in fields(kind))


def is_named_tuple(kind: type) -> TypeGuard[type[tuple[Any, ...]]]:
    """Whether it is a NamedTuple, or a namedtuple."""
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


def is_model(kind: type) -> bool:
    """Whether it is a model of pydantic's, which need not be installed."""
    return hasattr(kind, "__pydantic_validator__") and hasattr(kind, "__pydantic_fields__")
