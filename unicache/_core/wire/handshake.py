"""What is said first on a new link, and what the answers tell about the server. Pure.

``HELLO 3`` with credentials, tracking, the database, and who we are go out in one write, so that a link costs one round
trip.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from unicache._core.setup.node import Credentials
from unicache._core.version import VERSION
from unicache._core.wire.resp import ReplyError
from unicache.errors import CacheError, ConfigurationError, StoreUnavailable

__all__ = ["Features", "features", "greeting", "refusal"]

FLOOR = (7, 0)
"""The oldest Redis that has ``SET … NX GET``, RESP3 and everything else that is needed."""

_AUTHENTICATION = ("WRONGPASS", "NOAUTH", "NOPERM")


class Features(msgspec.Struct, frozen=True):
    """What the server can do beyond the floor; ``tracking`` that it tells of changes, if the user may ask for that."""

    server: str
    version: tuple[int, ...]
    tracking: bool = False

    @property
    def set_ifeq(self) -> bool:
        """``SET … IFEQ``: Valkey 8.1 and later."""
        return self.server == "valkey" and self.version >= (8, 1)

    @property
    def delifeq(self) -> bool:
        """``DELIFEQ``: Valkey 9.0 and later."""
        return self.server == "valkey" and self.version >= (9, 0)


def greeting(who: Credentials, *, tracks_all: bool = False) -> list[tuple[bytes | str | int, ...]]:
    """The commands that open a link; the first is HELLO, and ``features`` reads the answers.

    ``tracks_all``  have the server tell of changes of whatever is read, not only of what is said to matter
    """
    hello: list[bytes | str | int] = ["HELLO", 3]
    if who.password is not None:
        hello += ["AUTH", who.username, who.password]
    if who.client_name is not None:
        hello += ["SETNAME", who.client_name]
    tracking = ("CLIENT", "TRACKING", "ON") if tracks_all else ("CLIENT", "TRACKING", "ON", "OPTIN")
    commands: list[tuple[bytes | str | int, ...]] = [tuple(hello), tracking]
    if who.database:
        commands.append(("SELECT", who.database))
    # Servers before 7.2 answer these two with an error, which nobody looks at.
    commands.append(("CLIENT", "SETINFO", "LIB-NAME", "unicache"))
    commands.append(("CLIENT", "SETINFO", "LIB-VER", VERSION))
    return commands


def features(replies: Sequence[Any], who: Credentials, where: str) -> Features:
    """Read the answers to ``greeting``.

    Raises ConfigurationError for a server that is too old or lacks the database, StoreUnavailable for one that
    refuses us; both name the place and never the password.
    """
    hello = replies[0]
    if isinstance(hello, ReplyError):
        raise refusal(hello, where)
    if not isinstance(hello, Mapping):
        raise ConfigurationError(f"{where} does not speak RESP3; unicache needs Valkey, or Redis 7.0 or later")
    if who.database and isinstance(replies[2], ReplyError):
        raise ConfigurationError(f"{where} has no database {who.database}: {replies[2]}")
    tracking = not isinstance(replies[1], ReplyError)
    found = Features(hello[b"server"].decode(), _numbers(hello[b"version"].decode()), tracking)
    if found.version < FLOOR:
        text = ".".join(map(str, found.version))
        raise ConfigurationError(f"{where} is {found.server} {text}; unicache needs Valkey, or Redis 7.0 or later")
    return found


def refusal(error: ReplyError, where: str) -> CacheError:
    """What it means that the server answered HELLO with an error; some say it and hang up (``maxclients``)."""
    message = str(error)
    code = message.split(" ", 1)[0]
    if code in _AUTHENTICATION:
        return StoreUnavailable(f"{where} refused the credentials ({code}); check user and password")
    if code == "NOPROTO" or "unknown command" in message.lower():
        return ConfigurationError(f"{where} does not speak RESP3; unicache needs Valkey, or Redis 7.0 or later")
    return StoreUnavailable(f"{where} refused the connection: {message}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
