"""What a server's reply means: an outcome, a value, or one of our errors. Pure but for the class of hiredis' errors."""

from collections.abc import Callable, Sequence
from typing import Any

from unicache._core.keys.names import key_part, only_key
from unicache._core.stores.store import Outcome
from unicache._core.wire import resp
from unicache.errors import CacheError, NotReplicated, ServerError, StoreUnavailable, ValueFormatError

__all__ = ["about", "accepted", "acknowledged", "caught", "counted", "is_unknown_script", "outcome", "sound"]

_OUT_OF_ORDER = frozenset({"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH", "BUSY"})
"""Errors that speak of the server's state, not of the command."""


def about(error: CacheError, names: Sequence[bytes]) -> None:
    """Have the error say which key it is about, if it is about one."""
    error.key = error.key or only_key(names)


def accepted(name: bytes, reply: Any) -> bool:
    """Whether something was done."""
    return sound(reply, name) is not None


def acknowledged(replies: Sequence[Any], number: Any, wanted: int) -> list[Any]:
    """The replies to changes, given what ``WAIT`` said: with too few replicas, NotReplicated for each that happened."""
    if isinstance(number, int) and number >= wanted:
        return list(replies)
    told = f"the server answered: {number}" if isinstance(number, resp.ReplyError) else f"{number} of {wanted} did"
    message = f"the primary has made the change, but replicas did not confirm it in time: {told}"
    return [NotReplicated(message, ambiguous=True) if _happened(reply) else reply for reply in replies]


def _happened(reply: Any) -> bool:
    """Whether a script or a removal has changed something, or may have before it was repeated."""
    said = reply[0] if isinstance(reply, list) else reply
    return said == b"done" or isinstance(said, int)


def is_unknown_script(reply: Any) -> bool:
    """Whether the server does not have the script, and so did nothing."""
    return isinstance(reply, resp.ReplyError) and str(reply).startswith("NOSCRIPT")


def counted(name: bytes, reply: Any) -> int | Outcome:
    """The sum, or why there is none."""
    became, *number = sound(reply, name)
    return int(number[0]) if number else Outcome(became.decode())


def outcome(name: bytes, reply: Any) -> Outcome:
    """What became of a write."""
    value = sound(reply, name)
    return Outcome.DONE if value == b"OK" else Outcome(value.decode())


def sound(reply: Any, name: bytes | None) -> Any:
    """The reply, unless it is an error, which is raised as one of ours."""
    if isinstance(reply, Exception):
        key = None if name is None else key_part(name)
        if not isinstance(reply, NotReplicated):
            raise _translated(str(reply), key)
        reply.key = key
        raise reply
    return reply


def _translated(message: str, key: str | None) -> CacheError:
    code = message.split(" ", 1)[0]
    if code == "WRONGTYPE":
        return ValueFormatError("the key holds something that unicache did not write", key=key)
    if code in _OUT_OF_ORDER:
        return StoreUnavailable(f"the server cannot serve now: {message}", key=key)
    return ServerError(f"the server answered: {message}", key=key, code=code)


def caught(function: Callable[[bytes, Any], Any], name: bytes, reply: Any) -> Any:
    """The function of the reply, or the error that it raises."""
    try:
        return function(name, reply)
    except CacheError as error:
        return error
