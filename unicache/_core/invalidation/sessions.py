"""SQLAlchemy sessions: what was queued for one is invalidated when its transaction has ended by a commit.

The listeners stand on the class of all sessions, once per process, and what is known of a session is in its ``info``:
so nothing has to be removed, and nothing outlives the session. The invalidation runs when the transaction has ended
and not in ``after_commit``: there the session still holds its connection, and an error would leave it unusable.

A commit that was tried and not confirmed may have happened, because the connection was lost or the caller cancelled
on the way. It counts as one that happened: to invalidate for nothing costs a load, not to invalidate costs the truth.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_session
from sqlalchemy.orm import Session, SessionTransaction, scoped_session
from sqlalchemy.util import await_only

from unicache._core.invalidation.pending import Outstanding, Savepoint
from unicache.errors import ConfigurationError

__all__ = ["outstanding", "session_of"]

_KEY = "unicache"
"""Where ``Session.info`` has the ``_Watch``."""


def session_of(given: object) -> Session | None:
    """The session behind one of SQLAlchemy's several faces for it, or None."""
    if isinstance(given, scoped_session | async_scoped_session):
        given = given()
    if isinstance(given, AsyncSession):
        given = given.sync_session
    return given if isinstance(given, Session) else None


def outstanding(session: Session, kind: type[Outstanding]) -> Outstanding:
    """What is outstanding for the session's transaction, this one or the next. Raises ConfigurationError."""
    _refuse_unfit(session, kind)
    watch = _watch(session)
    watch.pending = watch.pending or kind()
    return watch.pending


def _refuse_unfit(session: Session, kind: type[Outstanding]) -> None:
    """Now, because when it turns out at the commit it is too late."""
    found = "Session" if async_session(session) is None else "AsyncSession"
    if found != kind._session:
        raise ConfigurationError(
            f"this cache needs a SQLAlchemy {kind._session}, not {found}; "
            "take Cache from unicache_asyncio for AsyncSession, and from another package for Session"
        )
    kind._check_hook()


class _Watch:
    """How far a session's transaction has come, and what is outstanding for it."""

    def __init__(self) -> None:
        self.pending: Outstanding | None = None
        self.savepoints: dict[SessionTransaction, Savepoint] = {}
        self.tried = 0
        self.confirmed = False

    def savepoint_begins(self, transaction: SessionTransaction) -> None:
        if self.pending is not None:
            self.savepoints[transaction] = self.pending.savepoint()

    def savepoint_ends(self, transaction: SessionTransaction) -> None:
        confirmed, self.confirmed = self.confirmed, False
        savepoint = self.savepoints.pop(transaction, None)
        if self.pending is not None and not confirmed:
            (savepoint or Savepoint(self.pending)).rollback()  # without one, everything was queued inside it

    def transaction_ends(self) -> None:
        if self.pending is None:
            return
        if not self.confirmed and not self.tried:
            self.pending.rollback()
        elif self.pending._session == "AsyncSession":
            await_only(self.pending._commit())
        else:
            self.pending._settle()


def _watch(session: Session) -> _Watch:
    info: dict[Any, Any] = session.info
    found: _Watch = info.setdefault(_KEY, _Watch())
    return found


def _before_commit(session: Session) -> None:
    _watch(session).tried += 1


def _after_commit(session: Session) -> None:
    watch = _watch(session)
    watch.tried -= 1
    watch.confirmed = True


def _after_create(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        _watch(session).savepoint_begins(transaction)


def _after_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        _watch(session).savepoint_ends(transaction)
    elif transaction.parent is None:
        ended: _Watch | None = session.info.pop(_KEY, None)
        if ended is not None:
            ended.transaction_ends()


# First of all listeners, so that none that fails keeps from knowing of the commit.
event.listen(Session, "before_commit", _before_commit, insert=True)
event.listen(Session, "after_commit", _after_commit, insert=True)
event.listen(Session, "after_transaction_create", _after_create)
event.listen(Session, "after_transaction_end", _after_end)
