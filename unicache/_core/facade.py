"""What the facades of all flavours share: everything that does not wait."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Self, Unpack

from unicache._core.engine import Engine, engine_for
from unicache._core.invalidation.pending import Outstanding
from unicache._core.invalidation.transactions import outstanding
from unicache._core.io import Io
from unicache._core.setup.url import from_environment
from unicache.typing import Duration, Options

__all__ = ["Facade"]


class Facade:
    """A cache. It opens no connection before it is used, and a module may hold one for as long as the process lives.

    ``url``        where to cache: ``memory://``, ``valkey://host:6379/0``, ``valkeys://…`` (TLS), ``unix:///path``
    ``namespace``  what the keys of this cache stand under; caches of one namespace share their entries
    ``ttl``        how long entries live that name no ttl of their own, counters apart; None for no expiry
    ``options``    see ``unicache.typing.Options``

    Durations are seconds as int or float, a timedelta, or text such as ``"1h30m"``. Raises ConfigurationError, naming
    what is wrong with the URL or an option.
    """

    _pending: ClassVar[type[Outstanding]]

    def __init__(
        self,
        url: str = "memory://",
        *,
        namespace: str = "",
        ttl: Duration | None = None,
        **options: Unpack[Options],
    ) -> None:
        given: dict[str, Any] = dict(options) if ttl is None else {"ttl": ttl, **options}
        self._use(engine_for(self._new_io(), url, namespace, given))

    def _new_io(self) -> Io:
        """The event model of this flavour."""
        raise NotImplementedError

    def _use(self, engine: Engine) -> None:
        self._engine = engine
        self._documents = engine.documents
        self._locks = engine.locks
        self._counters = engine.counters
        self._many = engine.many

    @classmethod
    def from_env(cls, *, namespace: str = "", ttl: Duration | None = None, **options: Unpack[Options]) -> Self:
        """A cache at the URL that the environment variable ``UNICACHE_URL`` holds.

        Takes what the class takes. Raises ConfigurationError when the variable is not set.
        """
        return cls(from_environment(), namespace=namespace, ttl=ttl, **options)

    def namespace(self, name: str) -> Self:
        """A view of the namespace ``name`` inside this one; it shares the connection, and closing either closes both.

        Raises InvalidArgument for an empty name, or one that is too long.
        """
        view = type(self).__new__(type(self))
        view._use(self._engine.view(name))
        return view

    def on_commit(self, transaction: object, *, keys: Iterable[str] = (), tags: Iterable[str] = ()) -> None:
        """Invalidate keys and tags when the transaction has committed, and not when it is rolled back.

        ``transaction``  a SQLAlchemy session (``Session``, ``AsyncSession``, or a scoped one), what a pool of
                         ``unicache_twisted.adbapi`` gives, ``pending()``, or an object with one as ``unicache_pending``
        ``keys tags``    as ``invalidate`` and ``invalidate_tags`` take them

        Nothing is waited for here. Whoever commits waits for the invalidation, and gets InvalidationUncertain when the
        store did not confirm it; the transaction is committed all the same. Raises InvalidArgument at once, and
        ConfigurationError for a transaction that only another package's caches can wait for.
        """
        outstanding(transaction, self._pending)._add(self._engine, keys, tags)

    def stats(self) -> dict[str, int]:
        """Counters of this process since the cache was made: hits, misses, loads, waits, refused fills and so on."""
        return self._engine.core.counts.as_dict()

    def on(self, event: str, callback: Callable[..., Any]) -> None:
        """Have ``callback`` called at every ``event``; it must be quick, and its errors are logged.

        There are load, load_error, refused, corrupt, invalidate, outage and recovered. Raises ConfigurationError.
        """
        self._engine.core.events.on(event, callback)

    def disabled(self) -> AbstractContextManager[None]:
        """A context in which cached functions and ``get_or_set`` run their loaders and store nothing.

        It covers the task, greenlet or thread that enters it. Documents and invalidations work as always.
        """
        return self._engine.core.disable_here()

    @property
    def enabled(self) -> bool:
        """Whether cached functions use the cache. Set it to False to have them run instead, in all of the process."""
        return self._engine.core.enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._engine.core.switch(on=bool(value))

    def __repr__(self) -> str:
        return f"<{type(self).__module__.split('.')[0]}.Cache namespace={self._engine.names.namespace!r}>"
