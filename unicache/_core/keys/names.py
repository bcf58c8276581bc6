"""How what the user calls a key becomes the name of a key on the server. Pure, and the same bytes in every flavour.

    <namespace>:<key>      an entry
    <namespace>#<tag>      the version of a tag
    <namespace>#           the version that every invalidation of tags changes
    <namespace>!<key>      the lease of a load that is to replace an entry which is still served

The namespace is percent-escaped, so that the first ``:`` or ``#`` always ends it: two different (namespace, key) pairs
never share a name, and ``user:`` is not a prefix of ``users:…``. Keys and tags stand behind it as they are, in UTF-8.

What must not live here: how arguments become a key (``binding``), and what is stored under a name.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from unicache._core.records.envelope import MAX_TAGS
from unicache.errors import InvalidArgument

__all__ = ["LONGEST_KEY", "LONGEST_NAMESPACE", "Keyspace", "bounded", "key_part", "only_key"]

LONGEST_KEY = 1024
"""Bytes of UTF-8 in a key or a tag."""

LONGEST_NAMESPACE = 200
"""Bytes of UTF-8 in a namespace, before it is escaped."""

_ENTRY = re.compile(rb"[^:#!]*:")
_UNSAFE = re.compile(rb"[^A-Za-z0-9_.\-/]")


class Keyspace:
    """The names of one namespace. Immutable; ``entry_prefix`` is what the names of all its entries begin with, and
    ``epoch`` the version that changes with every invalidation of tags.

    ``namespace``  segments joined by ``/``, or empty; at most 200 bytes of UTF-8

    Raises InvalidArgument for anything else.
    """

    __slots__ = ("_lock_prefix", "_tag_prefix", "entry_prefix", "epoch", "namespace")

    def __init__(self, namespace: str) -> None:
        escaped = b"" if namespace == "" else _escaped(namespace, "namespace")
        self.namespace = namespace
        self.entry_prefix = escaped + b":"
        self._tag_prefix = escaped + b"#"
        self._lock_prefix = escaped + b"!"
        self.epoch = self._tag_prefix

    def __repr__(self) -> str:
        return f"Keyspace({self.namespace!r})"

    def view(self, name: str) -> "Keyspace":
        """The namespace ``name`` inside this one. Raises InvalidArgument when it is none, or both together too long."""
        _escaped(name, "name")
        path = f"{self.namespace}/{name}" if self.namespace else name
        _escaped(path, "name")
        return Keyspace(path)

    def entry(self, key: str) -> bytes:
        """The name of an entry. Raises InvalidArgument unless ``key`` is text of 1 to 1024 bytes of UTF-8."""
        if type(key) is str and key.isascii() and 0 < len(key) <= LONGEST_KEY:
            return self.entry_prefix + key.encode()
        return self.entry_prefix + _encoded(key, "key")

    def entries(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Key to name for many keys, each once, in the order in which they first appear.

        Raises InvalidArgument for a key as ``entry`` does, and for a str, bytes or mapping in place of many keys.
        """
        return _each(keys, "keys", self.entry)

    def starting(self, prefix: str) -> bytes:
        """What the names of all keys begin with that begin with ``prefix``. Raises InvalidArgument as ``entry`` does,
        but for the empty one.
        """
        return self.entry_prefix + (b"" if prefix == "" else _encoded(prefix, "prefix"))

    def lock(self, name: bytes) -> bytes:
        """Where the lease of a load stands that is to replace the entry ``name`` while it is still served."""
        return self._lock_prefix + name.removeprefix(self.entry_prefix)

    def tag(self, tag: str, argument: str = "tags") -> bytes:
        """The name under which the version of a tag is kept. Raises InvalidArgument as ``entry`` does."""
        return self._tag_prefix + _encoded(tag, argument)

    def tags(self, tags: Iterable[str]) -> dict[str, bytes]:
        """Tag to name for many tags; as ``entries``."""
        return _each(tags, "tags", self.tag)

    def carried(self, tags: Iterable[str]) -> tuple[str, ...]:
        """The tags of one entry, each once. Raises InvalidArgument as ``tags`` does, and when they are too many."""
        return bounded(tuple(self.tags(tags)))

    def key_of(self, name: bytes) -> str:
        """The key whose entry has this name. Raises InvalidArgument for a name that no key of this namespace gives."""
        data = name.removeprefix(self.entry_prefix)
        if name.startswith(self.entry_prefix) and 0 < len(data) <= LONGEST_KEY:
            try:
                return data.decode()
            except UnicodeDecodeError:
                pass  # written by another application
        raise InvalidArgument("name must be one that a key of this namespace gives, not a foreign one", argument="name")


def bounded(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The same tags. Raises InvalidArgument when they are more than an entry can carry."""
    if len(tags) > MAX_TAGS:
        raise InvalidArgument(f"{len(tags)} tags; an entry can carry at most {MAX_TAGS}", argument="tags")
    return tags


def _encoded(text: str, argument: str, longest: int = LONGEST_KEY) -> bytes:
    """The UTF-8 of a key, tag or namespace. On the path of every call."""
    if isinstance(text, str):
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = b""  # refused below: raised in here, the error would carry the text along
        if 0 < len(data) <= longest:
            return data
    raise _refused(text, argument, longest)


def _refused(text: object, argument: str, longest: int) -> InvalidArgument:
    """Why this is no key, tag or namespace. The text is not shown: it may be long, and it may be private."""
    if not isinstance(text, str):
        message = f"a str, not {type(text).__name__}"
    elif not text:
        message = "a str of one character or more, not an empty one"
    elif any("\ud800" <= character <= "\udfff" for character in text):
        message = "text that UTF-8 can carry, not one with a lone surrogate"
    else:
        message = f"at most {longest} bytes of UTF-8, not {len(text.encode())}"
    return InvalidArgument(f"{argument} must be {message}", argument=argument)


def _escaped(namespace: str, argument: str) -> bytes:
    """A namespace as it stands in names. "/" stays, so that a view's names are those of the joined namespace."""
    data = _encoded(namespace, argument, LONGEST_NAMESPACE)
    if b"" in data.split(b"/"):
        raise InvalidArgument(f"{argument} must be segments joined by '/', not empty ones", argument=argument)
    return _UNSAFE.sub(lambda match: b"%%%02X" % ord(match[0]), data)


def _each(texts: Iterable[str], argument: str, name: Callable[[str], bytes]) -> dict[str, bytes]:
    if isinstance(texts, str | bytes | Mapping) or not isinstance(texts, Iterable):
        kind = type(texts).__name__
        message = f"{argument} must be a list or other iterable of str, not {kind}: wrap a single one, list a mapping's"
        raise InvalidArgument(message, argument=argument)
    return {text: name(text) for text in texts}


def key_part(name: bytes) -> str:
    """The key in the name of an entry, of whatever namespace; for errors."""
    return name.partition(b":")[2].decode(errors="replace")


def only_key(names: Iterable[bytes]) -> str | None:
    """The key, if these are the name of one entry and no other name; for errors."""
    different = set(names)
    name = different.pop() if len(different) == 1 else b""
    return key_part(name) if _ENTRY.match(name) else None
