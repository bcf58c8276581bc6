"""Structured Fields (RFC 9651), by the library that its author keeps; the only module that knows of it.

A value that is not valid is None, and nothing here raises.
"""

try:
    import http_sf
except ImportError as error:
    raise ImportError("the HTTP cache needs the extra 'http': pip install 'unicache-kit[http]'") from error

__all__ = ["dictionary", "item_list", "strings", "write_string"]


def dictionary(value: str) -> dict[str, object] | None:
    """A dictionary's members without their parameters; None when it is not valid."""
    found = _parsed(value, "dictionary")
    return {name: _bare(member) for name, member in found.items()} if isinstance(found, dict) else None


def item_list(value: str) -> list[object] | None:
    """A list's members without their parameters; None when it is not valid."""
    found = _parsed(value, "list")
    return [_bare(member) for member in found] if isinstance(found, list) else None


def strings(value: str) -> list[str] | None:
    """A list of strings; None when it is not valid, or when anything else is in it."""
    found = item_list(value)
    if found is None or not all(type(member) is str for member in found):
        return None
    return [str(member) for member in found]


def write_string(text: str) -> str:
    """A string item; what it cannot hold is left out."""
    return http_sf.ser("".join(character for character in text if " " <= character <= "~"))


def _parsed(value: str, kind: str) -> object:
    try:
        return http_sf.parse(value.encode("latin-1"), tltype=kind)
    except (http_sf.StructuredFieldError, ValueError):
        return None


def _bare(member: object) -> object:
    """The value of an item or inner list, which the library gives alone or with its parameters."""
    return member[0] if isinstance(member, tuple) else member
