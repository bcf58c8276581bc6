"""What somebody can do who can read and write the server's memory and knows the format, but has no key."""

from valkey import Valkey

from caches import Stage
from unicache._core.records.envelope import pack, unpack
from unicache._core.records.record import Record

__all__ = ["plant", "stored"]


def stored(observer: Valkey, stage: Stage, key: str = "k") -> Record:
    """The record that lies on the server."""
    name = f"{stage.namespace}:{key}".encode()
    record = unpack(name, observer.get(name))  # type: ignore[arg-type]
    assert isinstance(record, Record)
    return record


def plant(observer: Valkey, stage: Stage, record: Record, key: str = "k") -> None:
    """Put a record there that is whole, and says that it is this key's."""
    name = f"{stage.namespace}:{key}".encode()
    observer.set(name, pack(name, record))
