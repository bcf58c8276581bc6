"""Fingerprints of classes and types: whether what was stored then is what the code means now.

A class's fingerprint covers the names of its fields and how their types are annotated; an Enum's its members. A class
that is named in an annotation counts by its name: its own instances carry its own fingerprint. Two processes with the
same code have the same fingerprints, on every version of Python. No value is looked at here.
"""

import functools
import inspect
from collections.abc import Iterable
from enum import Enum
from hashlib import blake2b
from types import NoneType, UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from unicache._core.records.codec.fields import field_names

__all__ = ["fingerprint", "fingerprint_of_type", "hints_of"]

# What annotations given as text can raise when they are read.
_UNREADABLE = (AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError)


@functools.lru_cache(maxsize=1024)
def fingerprint(kind: type) -> int:
    """32 bits that change with the fields of ``kind``; 0 for what has none."""
    if issubclass(kind, Enum):
        return _digest(f"{name}={_literal(member.value)}" for name, member in kind.__members__.items())
    names = field_names(kind)
    return 0 if names is None else _digest(_fields(kind, names))


def fingerprint_of_type(wanted: Any) -> int:
    """32 bits that change with the type that an annotation names; 0 for one that says nothing."""
    return 0 if wanted in (Any, NoneType, object) else _digest([_text(wanted, ())])


def _digest(parts: Iterable[str]) -> int:
    """Never 0, which stands for none."""
    data = blake2b("\n".join(parts).encode(), digest_size=4).digest()
    return int.from_bytes(data, "little") or 1


def _fields(kind: type, names: Iterable[str]) -> list[str]:
    hints = hints_of(kind)
    return [f"{name}:{_text(hints.get(name, Any), ())}" for name in names]


def hints_of(kind: type) -> dict[str, Any]:
    """How the fields of a class are annotated; as text where that names what is not there."""
    try:
        return get_type_hints(kind)
    except _UNREADABLE:  # a name that only type checkers see; the text is as good
        return {name: hint for base in reversed(kind.__mro__) for name, hint in inspect.get_annotations(base).items()}


def _text(hint: Any, inside: tuple[Any, ...]) -> str:
    """A type as text, the same on every version of Python."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _text(arguments[0], inside)
    if origin is Literal:
        return f"Literal[{','.join(sorted(map(_literal, arguments)))}]"
    if origin in (Union, UnionType):
        return "|".join(sorted(_text(argument, inside) for argument in arguments))
    if origin is not None:
        return f"{_name(origin)}[{','.join(_text(argument, inside) for argument in arguments)}]"
    if is_typeddict(hint) and hint not in inside:  # its instances are plain dicts, and carry no fingerprint
        return f"{_name(hint)}({';'.join(_members(hint, (*inside, hint)))})"
    return _name(hint)


def _members(hint: Any, inside: tuple[Any, ...]) -> list[str]:
    required = hint.__required_keys__
    return [f"{name}{'' if name in required else '?'}:{_text(each, inside)}" for name, each in hints_of(hint).items()]


def _name(hint: Any) -> str:
    if hint is NoneType or hint is None:
        return "None"
    if isinstance(hint, str | ForwardRef):
        return hint if isinstance(hint, str) else hint.__forward_arg__
    name = getattr(hint, "__qualname__", None) or getattr(hint, "__name__", None)
    if name is None:  # its repr may hold an address
        return _name(type(hint))
    return f"{hint.__module__}:{name}".removeprefix("builtins:")


def _literal(value: Any) -> str:
    """A constant as text; for one that has none that is the same everywhere, its type."""
    if isinstance(value, Enum):
        return f"{_name(type(value))}.{value.name}"
    if type(value) in (tuple, frozenset):
        return f"{type(value).__name__}({','.join(sorted(map(_literal, value)))})"
    return repr(value) if type(value) in (str, bytes, int, float, bool, NoneType) else _name(type(value))
