"""The synchronous facade, gevent's too: every public call as one line. What the calls do is the engine's."""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, cast

from unicache._blocking import BlockingIo
from unicache._core.facade import Facade
from unicache._core.functions import invalidating, many, single
from unicache._core.functions.handles import plain_function, refuse_asynchronous
from unicache._core.functions.invalidating import Target, When
from unicache._core.functions.single import Key, Tag
from unicache._core.io import Io
from unicache._core.keys.binding import Vary
from unicache._core.loads.terms import Ttl
from unicache._core.run import run
from unicache._documents import DocumentCalls
from unicache._functions import CachedFunction, CachedManyFunction, InvalidatingFunction
from unicache._locks import LockCalls
from unicache._many import ManyCalls
from unicache._parts import PartCalls
from unicache._pending import Pending
from unicache.typing import DEFAULT, Duration, LoadOptions

__all__ = ["Cache"]

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")


class Cache(DocumentCalls, LockCalls, ManyCalls, PartCalls):
    __doc__ = Facade.__doc__

    _pending = Pending

    def _new_io(self) -> Io:
        return BlockingIo()

    # -- life cycle

    def connect(self, *, within: Duration | None = None) -> None:
        """Have a working connection. Nothing needs this: the first call connects by itself.

        ``within``  keep trying for so long, for a server that is still starting; by default there is one attempt

        Raises StoreUnavailable, naming host and port, OperationTimeout, ConfigurationError for a server that is too
        old.
        """
        run(self._engine.connect(within))

    def close(self) -> None:
        """Close the connections; calls under way fail, later ones raise CacheClosed. Allowed twice."""
        run(self._engine.core.close())

    def ping(self) -> None:
        """Ask the store for a sign of life. Raises StoreUnavailable, OperationTimeout."""
        run(self._engine.core.store.ping())

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- load-through

    def get_or_set(
        self,
        key: str,
        loader: Callable[[], T],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
        type: Any = None,
        **options: Unpack[LoadOptions],
    ) -> T:
        """The value of the key; when there is none, ``loader()`` makes it, once for all who ask meanwhile.

        ``ttl`` may be a function of the result; ``options`` are those of ``unicache.typing.LoadOptions``. Raises what
        the loader raises, and InvalidArgument. A store that is down raises nothing: the loader runs.
        """
        return cast("T", run(self._engine.get_or_set(key, loader, ttl=ttl, tags=tags, wanted=type, options=options)))

    def get_or_set_many(
        self,
        keys: Iterable[str],
        loader: Callable[[list[str]], Mapping[str, T]],
        *,
        ttl: Ttl = DEFAULT,
        tags: Iterable[str] = (),
    ) -> dict[str, T]:
        """The values of the keys; ``loader(missing)`` makes those that are not there, in one call for all of them.

        A key that the loader does not give is in no result. Raises what the loader raises, TypeError when it gives no
        mapping, and InvalidArgument.
        """
        return run(self._engine.get_or_set_many(keys, loader, ttl=ttl, tags=tags))

    def cached(
        self,
        *,
        ttl: Ttl = DEFAULT,
        key: Key | None = None,
        tags: Iterable[Tag] = (),
        ignore: Collection[str] = (),
        version: str | int | None = None,
        vary: Vary | None = None,
        **options: Unpack[LoadOptions],
    ) -> "Callable[[Callable[P, T]], CachedFunction[P, T]]":
        """Cache what a function returns, per arguments.

        ``key``      a template such as ``"num_orders:{customer}"``, or a function of the same arguments that returns
                     the key; by default the function's name and a digest of the arguments
        ``tags``     tags, templates of tags, or functions of the same arguments that return one or several
        ``ignore``   names of parameters that take no part in the key
        ``version``  change it to make what was stored before unreachable
        ``vary``     what else tells calls apart, by name, such as ``{"tenant": tenant.get}``; asked at each call

        ``ttl`` may be a function of the result; ``options`` are those of ``unicache.typing.LoadOptions``. Arguments are
        told apart by type and value, at any depth. Raises ConfigurationError at decoration.
        """

        def decorate(function: Callable[P, T]) -> CachedFunction[P, T]:
            plain = plain_function(function)
            refuse_asynchronous(plain)
            return CachedFunction(
                single.CachedFunction(
                    self._engine,
                    plain,
                    ttl=ttl,
                    key=key,
                    tags=tags,
                    ignore=ignore,
                    version=version,
                    vary=vary,
                    options=options,
                ),
                function,
            )

        return decorate

    def cached_many(
        self,
        *,
        ttl: Ttl = DEFAULT,
        key: Key | None = None,
        tags: Iterable[Tag] = (),
        version: str | int | None = None,
        gather: Duration | None = None,
    ) -> "Callable[[Callable[..., Mapping[K, T]]], CachedManyFunction[K, T]]":
        """Cache what a function of many items returns, per item: it is called with those that are missing.

        The function takes a list of items and returns a mapping from items to values. ``key`` is a template with one
        field, the item, such as ``"user:{id}"``; ``tags`` and ``version`` are as for ``cached``. ``gather`` is how long
        a call of ``f.one`` waits for others to be answered together with it; None for one tick of the event loop, and
        not at all under threads. Raises ConfigurationError at decoration.
        """

        def decorate(function: Callable[..., Mapping[K, T]]) -> CachedManyFunction[K, T]:
            plain = plain_function(function)
            refuse_asynchronous(plain)
            core = many.CachedMany(self._engine, plain, ttl=ttl, key=key, tags=tags, version=version, gather=gather)
            return CachedManyFunction(core, function)

        return decorate

    def invalidates(
        self,
        *,
        keys: Target | Iterable[Target] = (),
        tags: Target | Iterable[Target] = (),
        functions: "Iterable[CachedFunction[..., Any]]" = (),
        when: When = "after",
    ) -> "Callable[[Callable[P, T]], InvalidatingFunction[P, T]]":
        """Invalidate what a function makes out of date, when it has run without an error.

        ``keys tags``  templates of the function's parameters, or functions of the ``Call`` that return one or several
        ``functions``  cached functions, whose call with the arguments of the same names is invalidated
        ``when``       ``"after"`` the function, ``"before"`` it, or ``"both"``

        Raises ConfigurationError at decoration. The decorated function raises InvalidationUncertain when the store did
        not confirm.
        """

        def decorate(function: Callable[P, T]) -> InvalidatingFunction[P, T]:
            plain = plain_function(function)
            refuse_asynchronous(plain)
            core = invalidating.InvalidatingFunction(
                self._engine, plain, keys=keys, tags=tags, functions=functions, when=when
            )
            return InvalidatingFunction(core, function)

        return decorate

    # -- invalidation

    def invalidate(self, *keys: str) -> None:
        """Remove keys. What a load under way brings for them is not stored. Absent keys are fine.

        Raises InvalidationUncertain when the store did not confirm.
        """
        run(self._engine.invalidation.keys(keys))

    def expire(self, key: str) -> bool:
        """Take a value for stale from now on, without removing it: it is served as a load-through's windows allow for
        a stale one, and renewed. A load under way for the key is not stored.

        ``get`` does not find it any more. Returns whether there was a value. Raises InvalidationUncertain when the
        store did not confirm.
        """
        return run(self._engine.invalidation.expire(key))

    def invalidate_tags(self, *tags: str) -> None:
        """Make every entry that carries one of the tags invalid, however many there are.

        Raises InvalidationUncertain when the store did not confirm.
        """
        run(self._engine.invalidation.tags(tags))

    def invalidate_prefix(self, prefix: str) -> None:
        """Remove all keys that begin with ``prefix``, which is not empty. What loads under way bring is not stored.

        The end of a part of a key is up to the prefix: ``"user:"`` leaves ``"users:1"`` alone. The server is asked in
        steps, between which it serves others. Raises InvalidArgument, InvalidationUncertain when it did not confirm.
        """
        run(self._engine.invalidation.prefix(prefix))

    def clear(self) -> None:
        """Remove all entries of this namespace, and nothing of any other, nor of a view inside it.

        Raises InvalidationUncertain when the store did not confirm.
        """
        run(self._engine.invalidation.everything())

    def pending(self) -> Pending:
        """A transaction to give to ``on_commit`` where the database layer has no hooks; a context manager.

        Commit inside the block: leaving it invalidates, leaving it by an exception drops what was queued.
        """
        return Pending()
