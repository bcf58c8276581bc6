"""Which transaction is meant: from what ``on_commit`` is given to what is outstanding for it. Queues nothing itself.

SQLAlchemy is looked at only when the application has imported it: without it, nothing can be one of its sessions.
"""

import sys
from typing import TypeVar

from unicache._core.invalidation.pending import Outstanding
from unicache.errors import ConfigurationError, InvalidArgument

__all__ = ["outstanding"]

T = TypeVar("T", bound=Outstanding)


def outstanding(transaction: object, kind: type[T]) -> T:
    """What is outstanding for the transaction, as this flavour's ``kind``.

    Raises InvalidArgument for what is no transaction, ConfigurationError for one that another flavour waits for.
    """
    found = _attached(transaction) or _of_session(transaction, kind)
    if found is None:
        raise InvalidArgument(
            "transaction must be a SQLAlchemy session, cache.pending(), or an object that has one as unicache_pending; "
            f"not {type(transaction).__name__} (for adbapi, take ConnectionPool from unicache_twisted.adbapi)",
            argument="transaction",
        )
    if not isinstance(found, kind):
        theirs, ours = (each.__module__.partition(".")[0] for each in (type(found), kind))
        raise ConfigurationError(f"the transaction waits for caches of {theirs}, and this is one of {ours}")
    return found


def _attached(transaction: object) -> Outstanding | None:
    """The object itself, or what it carries with it."""
    found = transaction if isinstance(transaction, Outstanding) else getattr(transaction, "unicache_pending", None)
    return found if isinstance(found, Outstanding) else None


def _of_session(transaction: object, kind: type[Outstanding]) -> Outstanding | None:
    if "sqlalchemy.orm" not in sys.modules:
        return None
    from unicache._core.invalidation import sessions

    session = sessions.session_of(transaction)
    return None if session is None else sessions.outstanding(session, kind)
