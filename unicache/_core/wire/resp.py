"""RESP3 by hiredis: packing commands, and telling replies from pushes.

hiredis gives pushes a type of their own, so that no stored value can ever be taken for one. Nothing here knows links.
"""

from collections.abc import Callable, Iterable
from typing import cast

from hiredis import ProtocolError, PushNotification, Reader, ReplyError
from hiredis import pack_command as _pack_untyped

__all__ = [
    "NOTHING",
    "ProtocolError",
    "PushNotification",
    "Reader",
    "ReplyError",
    "get",
    "get_and_life",
    "pack",
    "pack_all",
    "reader",
]

Argument = bytes | str | int
_pack_command = cast("Callable[[tuple[bytes | str, ...]], bytes]", _pack_untyped)  # its stubs know 1-tuples only
NOTHING = object()
"""What ``Reader.gets`` gives when no whole reply is there."""


def reader() -> Reader:
    """A new parser that keeps bytes as they are."""
    return Reader(notEnoughData=NOTHING)


LARGE = 32768
"""Bytes of an argument from which on joining is faster than hiredis, which grows its buffer as it goes."""


def pack(*command: Argument) -> bytes:
    """One command as bytes."""
    parts = _without_numbers(command)
    return _pack_command(parts) if max(map(len, parts)) < LARGE else _joined(parts)


def pack_all(commands: Iterable[tuple[Argument, ...]]) -> bytes:
    """Several commands as the bytes of one write."""
    return b"".join([pack(*command) for command in commands])


def _without_numbers(command: tuple[Argument, ...]) -> tuple[bytes | str, ...]:
    # hiredis 3.5 crashes the interpreter when a signal's handler raises while it converts a number.
    return tuple([b"%d" % part if isinstance(part, int) else part for part in command])


def _joined(command: tuple[bytes | str, ...]) -> bytes:
    parts = [b"*%d\r\n" % len(command)]
    for part in command:
        data = part.encode() if isinstance(part, str) else part
        parts += (b"$%d\r\n" % len(data), data, b"\r\n")
    return b"".join(parts)


def get(name: bytes) -> bytes:
    """``GET name``; half the time of ``pack``, for the hottest path there is."""
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(name), name)


def get_and_life(name: bytes) -> bytes:
    """``GET name`` and ``PTTL name``."""
    return b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n*2\r\n$4\r\nPTTL\r\n$%d\r\n%b\r\n" % (len(name), name, len(name), name)
