"""The synchronous facade, gevent's too: the calls on one document. What they do is the engine's."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from unicache._core.documents.single import MISSING
from unicache._core.facade import Facade
from unicache._core.run import run
from unicache.typing import DEFAULT, Default, Duration, Entry

__all__ = ["DocumentCalls"]

T = TypeVar("T")
D = TypeVar("D")


class DocumentCalls(Facade):
    """The calls on one document."""

    @overload
    def get(self, key: str, default: D, *, type: type[T]) -> T | D: ...
    @overload
    def get(self, key: str, default: None = None, *, type: type[T]) -> T | None: ...
    @overload
    def get(self, key: str, default: Any = None, *, type: Any = None) -> Any: ...
    def get(self, key: str, default: Any = None, *, type: Any = None) -> Any:
        """The value of the key, or ``default`` when there is none.

        None, 0, "" and False are values like any other. With ``type``, such as ``Order`` or ``list[int]``, the value
        must be one. Raises ValueFormatError when what is stored is not; StoreUnavailable, OperationTimeout.
        """
        if (value := self._documents.peek(key, default, type)) is not MISSING:
            return value
        return run(self._documents.get(key, default, type))

    @overload
    def entry(self, key: str, *, type: type[T]) -> Entry[T]: ...
    @overload
    def entry(self, key: str, *, type: Any = None) -> Entry[Any]: ...
    def entry(self, key: str, *, type: Any = None) -> Entry[Any]:
        """The value with its CAS, remaining time, tags and age. Raises KeyNotFound, and what ``get`` raises."""
        return run(self._documents.entry(key, type))

    def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> int:
        """Write a value, whether the key is there or not, and return its new CAS.

        ``ttl``       how long it lives; None for no expiry, the cache's own when not given
        ``tags``      what ``invalidate_tags`` can find it by
        ``cas``       write only if the key still has this CAS
        ``keep_ttl``  keep the remaining time instead of setting one

        Raises CasMismatch when the key has another CAS or is gone; InvalidArgument, ValueFormatError for a value that
        would not come back as it is; StoreUnavailable, OperationTimeout.
        """
        return run(self._documents.set(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl))

    def insert(
        self, key: str, value: Any, *, ttl: Duration | Default | None = DEFAULT, tags: Iterable[str] = ()
    ) -> int:
        """Write a value only if the key is not there, and return its CAS. Raises KeyExists, and what ``set`` raises."""
        return run(self._documents.insert(key, value, ttl=ttl, tags=tags))

    def replace(
        self,
        key: str,
        value: Any,
        *,
        ttl: Duration | Default | None = DEFAULT,
        tags: Iterable[str] = (),
        cas: int | None = None,
        keep_ttl: bool = False,
    ) -> int:
        """Write a value only if the key is there, and return its new CAS.

        Raises KeyNotFound, CasMismatch, and what ``set`` raises.
        """
        return run(self._documents.replace(key, value, ttl=ttl, tags=tags, cas=cas, keep_ttl=keep_ttl))

    def delete(self, key: str, *, cas: int | None = None) -> bool:
        """Remove the key; True if it was there. With ``cas``, only that one: raises CasMismatch for another."""
        return run(self._documents.delete(key, cas))

    def touch(self, key: str, ttl: Duration | None) -> None:
        """Let the key live for ``ttl`` from now; None for no expiry. Raises KeyNotFound."""
        run(self._documents.touch(key, ttl))

    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: type[T]) -> T: ...
    @overload
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> Any: ...
    def get_and_touch(self, key: str, ttl: Duration | None, *, type: Any = None) -> Any:
        """The value of the key, which lives for ``ttl`` from now. Raises KeyNotFound, and what ``get`` raises."""
        return run(self._documents.get_and_touch(key, ttl, type))

    def exists(self, key: str) -> bool:
        """Whether the key is there."""
        return run(self._documents.exists(key))

    def ttl(self, key: str) -> float | None:
        """Seconds that the key has left, None for no expiry. Raises KeyNotFound."""
        return run(self._documents.ttl(key))

    def mutate(
        self,
        key: str,
        fn: Callable[[Any], Any],
        *,
        ttl: Duration | Default | None = DEFAULT,
        retries: int = 100,
    ) -> Any:
        """Change a value by ``fn(old) -> new``, and return the new one; nobody's change in between is lost.

        ``fn`` is called again when somebody else wrote meanwhile, at most ``retries`` times. The remaining time is kept
        unless ``ttl`` is given. Raises KeyNotFound, CasMismatch when all tries were in vain, and what ``set`` raises.
        """
        return run(self._documents.mutate(key, fn, ttl, retries))

    def increment(self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None) -> int:
        """Add ``delta`` to an integer, and return the sum; nobody's change in between is lost.

        ``initial``  what a key that is not there begins at; without it there must be one
        ``ttl``      how long a new key lives, None for no expiry, whatever the cache's own ttl; one that is there keeps
                     its time

        Raises KeyNotFound, NotANumber for a value that is no int, CounterOverflow when the sum has more than 64 bits,
        KeyLocked, InvalidArgument, StoreUnavailable, OperationTimeout.
        """
        return run(self._counters.add(key, delta, initial, ttl))

    def decrement(self, key: str, delta: int = 1, *, initial: int | None = None, ttl: Duration | None = None) -> int:
        """Subtract ``delta`` from an integer; as ``increment``."""
        return run(self._counters.subtract(key, delta, initial, ttl))

    def append(self, key: str, data: str | bytes) -> int:
        """Put text behind a value that is text, or bytes behind bytes, and return the new CAS. Its time stays as it is.

        Raises KeyNotFound, KeyLocked, ValueFormatError for a value of another type, CasMismatch when others were
        quicker a hundred times.
        """
        return run(self._documents.extend(key, data, before=False))

    def prepend(self, key: str, data: str | bytes) -> int:
        """Put text before a value that is text, or bytes before bytes; as ``append``."""
        return run(self._documents.extend(key, data, before=True))
