"""Every error unicache raises, one tree, the same class objects in all four packages.

    CacheError
    ├── KeyNotFound (KeyError)            the key is not there
    ├── KeyExists                         ``insert`` found the key
    ├── CasMismatch                       the document changed since it was read
    ├── KeyLocked · KeyNotLocked          pessimistic locks
    ├── NotANumber · CounterOverflow      counters
    ├── PathError                         parts of documents
    │   ├── PathNotFound (LookupError)    the document has no such part
    │   │   └── IndexOutOfRange (IndexError)  … because a list has no such index
    │   ├── PathExists                    the document has the part already
    │   └── PathMismatch                  what is there cannot have such a part
    ├── QueueEmpty (IndexError)           there is nothing to pop
    ├── ValueFormatError (ValueError)     a value cannot be written, or what is stored cannot be read as asked
    ├── InvalidArgument (ValueError)      a call's argument is wrong; nothing was sent
    ├── ConfigurationError (ValueError)   a URL, option or decoration is wrong; nothing was sent
    ├── StoreUnavailable                  the store could not be reached, or the connection was lost
    │   ├── InvalidationUncertain         … while invalidating: what should be gone may still be there
    │   └── NotReplicated                 the primary has the change, and too few replicas confirmed it
    ├── OperationTimeout                  no answer within the deadline
    ├── ServerError                       the server answered with an error
    ├── StreamError                       a row stream broke
    ├── CacheClosed                       the cache was closed
    └── ManyError                         some keys of a many-key call failed

Errors carry ``key`` where one key is meant; they never carry a value or a credential, and they pickle.
What must not live here: anything that decides *when* an error is raised.
"""

from collections.abc import Mapping
from typing import Any

__all__ = [
    "CacheClosed",
    "CacheError",
    "CasMismatch",
    "ConfigurationError",
    "CounterOverflow",
    "IndexOutOfRange",
    "InvalidArgument",
    "InvalidationUncertain",
    "KeyExists",
    "KeyLocked",
    "KeyNotFound",
    "KeyNotLocked",
    "ManyError",
    "NotANumber",
    "NotReplicated",
    "OperationTimeout",
    "PathError",
    "PathExists",
    "PathMismatch",
    "PathNotFound",
    "QueueEmpty",
    "ServerError",
    "StoreUnavailable",
    "StreamError",
    "ValueFormatError",
]


class CacheError(Exception):
    """The root of all unicache errors.

    ``key`` is the key the call was about, or None.
    """

    def __init__(self, message: str = "", *, key: str | None = None) -> None:
        # Only the message goes into ``args``: with the rest in ``__dict__``, the stock ``__reduce__`` pickles it all.
        super().__init__(message)
        self.key = key

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # KeyError would show the repr


class KeyNotFound(CacheError, KeyError):
    """The key is not in the cache."""


class KeyExists(CacheError):
    """``insert`` found a value at the key."""


class CasMismatch(CacheError):
    """The document changed since the given ``cas`` was read; the stored value is untouched."""


class KeyLocked(CacheError):
    """Somebody holds a lock on the document."""


class KeyNotLocked(CacheError):
    """``unlock`` found no lock, or not this one."""


class NotANumber(CacheError):
    """A counter call found a value that is not an integer."""


class CounterOverflow(CacheError):
    """A counter would leave the signed 64-bit range; the stored value is untouched."""


class PathError(CacheError):
    """Something is wrong with a part of a document, which is untouched; ``path`` is the part's."""

    def __init__(self, message: str = "", *, key: str | None = None, path: str | None = None) -> None:
        super().__init__(message, key=key)
        self.path = path


class PathNotFound(PathError, LookupError):
    """The document has no such part."""


class IndexOutOfRange(PathNotFound, IndexError):
    """A list in the document, or the document itself, has no such index."""


class PathExists(PathError):
    """The document has the part already."""


class PathMismatch(PathError):
    """What is at the path, or on the way to it, is not what the call is about: no list, or no dict."""


class QueueEmpty(CacheError, IndexError):
    """The queue has nothing to pop."""


class ValueFormatError(CacheError, ValueError):
    """A value cannot be written as it is, or what is stored cannot be read as asked."""


class InvalidArgument(CacheError, ValueError):
    """An argument is wrong; ``argument`` names it. Nothing was sent."""

    def __init__(self, message: str = "", *, key: str | None = None, argument: str | None = None) -> None:
        super().__init__(message, key=key)
        self.argument = argument


class ConfigurationError(CacheError, ValueError):
    """A URL, an option or a decoration is wrong. Nothing was sent."""


class StoreUnavailable(CacheError):
    """The store could not be reached, or the connection was lost.

    ``ambiguous`` is True when the command had been sent, so that it may have been carried out.
    """

    def __init__(self, message: str = "", *, key: str | None = None, ambiguous: bool = False) -> None:
        super().__init__(message, key=key)
        self.ambiguous = ambiguous


class InvalidationUncertain(StoreUnavailable):
    """An invalidation may not have happened: what should be gone may still be served until it expires."""


class NotReplicated(StoreUnavailable):
    """The primary has carried a change out, and fewer replicas than ``acknowledged_by`` confirmed in time to have it.

    ``ambiguous`` is True: the change is there to be read, and may be lost with the primary.
    """


class OperationTimeout(CacheError):
    """The store gave no answer within the deadline.

    ``ambiguous`` is True when the command had been sent, so that it may have been carried out.
    """

    def __init__(self, message: str = "", *, key: str | None = None, ambiguous: bool = False) -> None:
        super().__init__(message, key=key)
        self.ambiguous = ambiguous


class ServerError(CacheError):
    """The server answered with an error; ``code`` is its first word, such as ``OOM``."""

    def __init__(self, message: str = "", *, key: str | None = None, code: str = "") -> None:
        super().__init__(message, key=key)
        self.code = code


class StreamError(CacheError):
    """A row stream broke before its end."""


class CacheClosed(CacheError):
    """The cache was closed before, or during, the call."""


class ManyError(CacheError):
    """Some keys of a many-key call failed.

    ``results`` has every key of the call: its result, or the exception that befell it.
    """

    def __init__(self, message: str = "", *, results: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.results: Mapping[str, Any] = {} if results is None else results
