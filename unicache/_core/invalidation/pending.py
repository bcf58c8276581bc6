"""What a transaction makes out of date: kept until it is committed, and dropped when it is rolled back.

It is a log of keys and tags, each once, in the order in which they came. A savepoint is a place in the log: to roll
back to it is to cut the log there, and to release it is to do nothing. What must not live here: how a database layer
says that it has committed (``sessions``), and what it means to invalidate (``calls``).
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, ClassVar

from unicache._core.core import Core
from unicache._core.engine import Engine
from unicache._core.tools.detached import finish
from unicache.errors import CacheError, InvalidArgument

__all__ = ["Outstanding", "Savepoint"]

Target = tuple[Core, str, str, str]
"""Cache, namespace, ``"keys"`` or ``"tags"``, and the key or tag."""

Invalidate = Callable[[Iterable[str]], Coroutine[Any, Any, None]]


class Outstanding:
    """What one transaction makes out of date, until it is known how it ends.

    It stands for the transaction in ``cache.on_commit(…)``, which fills it. Leaving it as a context manager says that
    the transaction was committed, and invalidates; leaving it by an exception says that it was rolled back. A database
    layer with hooks of its own calls ``commit`` and ``rollback`` instead, and ``savepoint`` for transactions inside it.
    """

    _session: ClassVar[str]
    """Which of SQLAlchemy's sessions can wait for this flavour: ``"Session"`` or ``"AsyncSession"``."""

    def __init__(self) -> None:
        self._log: dict[Target, Invalidate] = {}
        self._over = False

    def savepoint(self) -> "Savepoint":
        """A transaction inside the transaction. Leaving it by an exception drops what was queued since."""
        return Savepoint(self, len(self._log))

    def rollback(self) -> None:
        """The transaction was rolled back: drop everything. Allowed twice, and after ``commit``."""
        self._take()

    # -- for the flavours and the adapters

    def _add(self, engine: Engine, keys: Iterable[str], tags: Iterable[str]) -> None:
        """Queue keys and tags; a bad one raises InvalidArgument, and then nothing is queued."""
        if self._over:
            raise InvalidArgument("the transaction is over; queue before it is committed", argument="transaction")
        names, invalidation = engine.names, engine.invalidation
        found = (("keys", invalidation.keys, names.entries(keys)), ("tags", invalidation.tags, names.tags(tags)))
        for kind, invalidate, texts in found:
            for text in texts:
                self._log[engine.core, names.namespace, kind, text] = invalidate  # keeps its place if it is there

    def _cut(self, length: int) -> None:
        while len(self._log) > length:
            self._log.popitem()

    def _take(self) -> dict[Target, Invalidate]:
        log, self._log, self._over = self._log, {}, True
        return log

    async def _commit(self) -> None:
        """Invalidate what is queued, even when the caller is cancelled meanwhile: it is committed by now."""
        log = self._take()
        if log:
            io = next(iter(log))[0].io
            await finish(io, lambda: _invalidate(log))

    async def _end(self, *, committed: bool) -> None:
        if committed:
            await self._commit()
        else:
            self.rollback()

    @classmethod
    def _check_hook(cls) -> None:
        """Raise ConfigurationError where ``_settle`` could not wait."""

    def _settle(self) -> None:
        """Commit from within a plain function that a database layer calls, and return when it is done."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._log)} keys and tags>"


class Savepoint:
    """A transaction inside a transaction: what was queued before it stays when it is rolled back.

    As a context manager it is rolled back by an exception. Releasing it needs no call.
    """

    def __init__(self, pending: Outstanding, place: int = 0) -> None:
        self._pending = pending
        self._place = place

    def rollback(self) -> None:
        """Drop what was queued since the savepoint was set."""
        self._pending._cut(self._place)

    def __enter__(self) -> "Savepoint":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.rollback()


async def _invalidate(log: dict[Target, Invalidate]) -> None:
    """One command for all keys of a namespace, and one for its tags. All are tried before the first failure is told."""
    rounds: dict[tuple[Core, str, str], tuple[Invalidate, list[str]]] = {}
    for (core, namespace, kind, text), invalidate in log.items():
        rounds.setdefault((core, namespace, kind), (invalidate, []))[1].append(text)
    failures = [failure for each in rounds.values() if (failure := await _failure(*each))]
    if failures:
        raise failures[0]


async def _failure(invalidate: Invalidate, texts: list[str]) -> CacheError | None:
    try:
        await invalidate(texts)
    except CacheError as error:
        return error
    return None
