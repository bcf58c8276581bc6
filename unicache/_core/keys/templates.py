"""Readable key templates as text: parsing them, and how a value reads in a field. Pure strings.

What must not live here: which parameter a field stands for, and the digests of what has no readable form (``binding``).
"""

import re

from unicache.errors import ConfigurationError

__all__ = ["check_literals", "parsed", "prefix", "text", "unsafe_in", "version_mark"]

_LIKE_ANOTHER = re.compile(r"|-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|-?inf|nan|None|True|False")
_NO_BOUNDARY = r"[A-Za-z0-9_%~']|\Z"
_UNSAFE_IN_VERSION = r"[^A-Za-z0-9_.\-]"


def text(value: str | float | None, unsafe: re.Pattern[str]) -> str:
    """A str or a number as a field shows it."""
    if isinstance(value, str):
        mark = "'" if _LIKE_ANOTHER.fullmatch(value) else ""
        return mark + unsafe.sub(_percent, value)
    return unsafe.sub(_percent, str(value))


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def unsafe_in(literals: str) -> re.Pattern[str]:
    """What must be escaped in a field. ASCII only: which other characters are letters differs between Pythons.

    An ``@`` must not come before ``v``, nor at the end, where a literal may bring the ``v``.
    """
    safe = "".join(character for character in ".@-" if character not in literals)
    return re.compile(rf"[^A-Za-z0-9_{re.escape(safe)}]|@(?=v|\Z)")


def version_mark(version: str | int | None) -> str:
    return "" if version is None else "@v" + text(version, re.compile(_UNSAFE_IN_VERSION))


def parsed(template: str) -> tuple[list[str], list[str]]:
    """The literals of a template and the names between them; there is one literal more than names."""
    from string import Formatter  # only decorating needs it

    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigurationError(f"key={template!r} is not a template: {error}") from None
    literals, names = [""], []
    for literal, name, spec, conversion in pieces:
        literals[-1] += literal
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ConfigurationError(f"key={template!r}: only names of parameters may stand in braces")
        names.append(name)
        literals.append("")
    return literals, names


def check_literals(literals: list[str], template: str) -> None:
    if literals == [""]:
        raise ConfigurationError("key='' is not a template: it is empty")
    if any("~" in literal for literal in literals):
        raise ConfigurationError(f"key={template!r}: '~' marks a digest and cannot be part of a template")
    if any(re.match(_NO_BOUNDARY, literal) for literal in literals[1:-1]):
        message = "between two fields must stand text that begins with a separator such as ':'"
        raise ConfigurationError(f"key={template!r}: {message}")


def prefix(template: str) -> str:
    """What all keys made from the template begin with."""
    return parsed(template)[0][0]
