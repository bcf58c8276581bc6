"""Where a node is, who to be there, and how to use it: checked options, as values. Nothing here opens anything.

They stand apart from what uses them, so that reading a URL does not take the wire.
"""

import msgspec

from unicache._core.io import Endpoint
from unicache._core.tools.discreet import Discreet

__all__ = ["Credentials", "NearOptions", "NodeOptions"]


class Credentials(Discreet, frozen=True):
    """Who to be on the server; the password is in no repr."""

    username: str = "default"
    password: str | None = None
    database: int = 0
    client_name: str | None = None

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, database={self.database})"


class NearOptions(msgspec.Struct, frozen=True):
    """``max_staleness`` in seconds."""

    max_bytes: int
    max_entries: int
    max_staleness: float


class NodeOptions(msgspec.Struct, frozen=True):
    """``timeout`` and ``connect_timeout`` in seconds; ``max_connections`` bounds the pool of an exclusive model.

    ``acknowledged_by``  how many replicas must have a change of a document; ``replica``  where documents are read
    """

    endpoint: Endpoint
    who: Credentials
    timeout: float = 1.0
    connect_timeout: float = 1.0
    max_connections: int = 32
    near: NearOptions | None = None
    acknowledged_by: int = 0
    replica: Endpoint | None = None
