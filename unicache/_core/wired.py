"""What a cache on a server is made of: links, and the stores over them. How they work stands in those modules."""

import msgspec

from unicache._core.core import Core
from unicache._core.io import Io
from unicache._core.setup.node import NodeOptions
from unicache._core.setup.settings import Settings
from unicache._core.stores.near_store import NearStore
from unicache._core.stores.replicas import ReplicaReader
from unicache._core.stores.sending import Acknowledgement
from unicache._core.stores.store import Reader
from unicache._core.stores.valkey import ValkeyStore
from unicache._core.wire.links import Links
from unicache._core.wire.near import Near
from unicache._core.wire.pool import links_for

__all__ = ["wired"]

PATIENCE = 0.5
"""The part of ``timeout`` that replicas have to confirm a change: their number must still arrive in time."""


def wired(io: Io, where: NodeOptions, settings: Settings) -> Core:
    """The core of a cache whose store is this node. Opens nothing."""
    near = None if where.near is None else Near(where.near, io.now)
    links = links_for(io, where, near)
    store = ValkeyStore(links) if near is None else NearStore(links, near)
    replicated = _acknowledged(io, store, links, where) if where.acknowledged_by else None
    return Core(io, store, settings, replicated=replicated, reader=_reader(io, store, where))


def _acknowledged(io: Io, store: ValkeyStore, links: Links, where: NodeOptions) -> ValkeyStore:
    """A link that is lent to one caller at a time waits with that one. One that is shared would make all wait."""
    milliseconds = max(1, round(where.timeout * 1000 * PATIENCE))
    own = links if io.exclusive else links_for(io, where)
    return store.acknowledged(Acknowledgement(own, where.acknowledged_by, milliseconds))


def _reader(io: Io, store: ValkeyStore, where: NodeOptions) -> Reader:
    """What a near cache keeps is told by the link that read it, so a near cache reads from the primary."""
    if where.replica is None or where.near is not None:
        return store
    replica = msgspec.structs.replace(where, endpoint=where.replica)
    return ReplicaReader(ValkeyStore(links_for(io, replica)), store, io.now)
