"""Twisted's face of a transaction's end. What becomes of what is queued is the engine's."""

from types import TracebackType
from typing import Any, Self

from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import blockingCallFromThread
from twisted.python import threadable

import unicache
from unicache._core.invalidation.pending import Outstanding
from unicache._core.tools.docstrings import documented_like
from unicache.errors import ConfigurationError
from unicache_twisted._driving import Driven

__all__ = ["Pending"]

_UNTYPED: Any = threadable
_UNTYPED_CALL: Any = blockingCallFromThread


@documented_like(unicache.Pending)
class Pending(Outstanding):
    __doc__ = Outstanding.__doc__

    _session = "Session"

    def commit(self) -> "Deferred[None]":
        return Driven(self._commit())

    def __aenter__(self) -> "Deferred[Self]":
        return succeed(self)

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> "Deferred[None]":
        return Driven(self._end(committed=error is None))

    @classmethod
    def _check_hook(cls) -> None:
        if _UNTYPED.isInIOThread():
            raise ConfigurationError("a session on the reactor's thread cannot wait for it; use it in deferToThread")

    def _settle(self) -> None:
        """In a thread beside the reactor, which does the work."""
        from twisted.internet import reactor

        self._check_hook()
        _UNTYPED_CALL(reactor, self.commit)
