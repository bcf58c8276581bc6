"""What ``append`` and ``prepend`` make of a value: text and text, bytes and bytes, and nothing else. Pure."""

from unicache.errors import InvalidArgument, ValueFormatError

__all__ = ["check_data", "extended"]


def check_data(data: object) -> None:
    """Raises InvalidArgument for what cannot be put to a value."""
    if type(data) not in (str, bytes):
        raise InvalidArgument(f"data must be str or bytes, not {type(data).__name__}", argument="data")


def extended(value: object, data: str | bytes, key: str, *, before: bool) -> str | bytes:
    """The value with the data before or behind it. Raises ValueFormatError when it is not of the data's type."""
    if isinstance(value, str) and isinstance(data, str):
        return data + value if before else value + data
    if isinstance(value, bytes) and isinstance(data, bytes):
        return data + value if before else value + data
    kinds = type(value).__name__, type(data).__name__
    raise ValueFormatError(f"{key!r} holds a {kinds[0]}, to which a {kinds[1]} cannot be put", key=key)
