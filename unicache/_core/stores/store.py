"""What a store must be able to do: the one protocol behind ``memory://`` and ``valkey://``.

Every call is about one name (or many, each on its own), so that it holds on a cluster. Names are complete server keys
as bytes; times to live are seconds, or None for "no expiry". A store knows records and leases; it knows nothing of
values, codecs, namespaces or whether a tag version is still current.
"""

from collections.abc import AsyncIterator, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

import msgspec

from unicache._core.records.record import Held, Known, Record

__all__ = [
    "BATCH",
    "INT64",
    "KEEP_TTL",
    "Claim",
    "Count",
    "Fill",
    "Found",
    "Given",
    "KeepTtl",
    "Outcome",
    "Reader",
    "Removal",
    "Rule",
    "Store",
    "Write",
]


class KeepTtl(Enum):
    """The type of ``KEEP_TTL``: leave the remaining time to live as it is."""

    KEEP = "keep"


KEEP_TTL = KeepTtl.KEEP

BATCH = 500
"""Names that are looked at, or handled, in one step, so that none holds a server up for long."""

INT64 = range(-(2**63), 2**63)
"""What a counter can be."""


class Rule(Enum):
    """When a change may happen. A lease counts as absent in all of them, and every write that happens removes it.

    Over a locked record nothing is written but by the lock's CAS, which releases it.
    """

    ALWAYS = "always"
    ABSENT = "absent"
    PRESENT = "present"
    SAME_CAS = "same-cas"
    """Whatever the record is worth: it was judged, by whoever asks."""
    ALIVE_CAS = "alive-cas"
    """The CAS is a user's, and says nothing of what became of the record's tags since."""

    @property
    def by_cas(self) -> bool:
        """Whether the CAS is looked at."""
        return self in (Rule.SAME_CAS, Rule.ALIVE_CAS)


class Outcome(Enum):
    """What became of a write or a removal."""

    DONE = "done"
    MISSING = "missing"
    EXISTS = "exists"
    MISMATCH = "mismatch"
    LOCKED = "locked"
    """Somebody has a lock on the record, and the CAS is not the lock's."""
    OVERFLOW = "overflow"
    """The counter would leave the range of 64 bits."""
    UNLOCKED = "unlocked"
    """There is no lock, or not this one."""
    JUDGE = "judge"
    """There is a record with tags, with a soft expiry, or of a failure, and only the caller can say whether it counts;
    or one that is no counter yet. Nothing was changed; ask again by CAS.
    """


class Write(msgspec.Struct, frozen=True):
    """One record to write. ``cas`` is looked at only under rules that say so."""

    name: bytes
    record: Record
    ttl: float | KeepTtl | None
    rule: Rule = Rule.ALWAYS
    cas: int = 0


class Removal(NamedTuple):
    """One record to remove; ``rule`` says if it has to have the CAS, or only to be there."""

    name: bytes
    rule: Rule = Rule.PRESENT
    cas: int = 0


class Claim(NamedTuple):
    """One lease to put where nothing is."""

    name: bytes
    token: bytes


class Fill(NamedTuple):
    """One record to put where our lease is."""

    name: bytes
    token: bytes
    record: Record
    ttl: float | None


class Count(msgspec.Struct, frozen=True):
    """A number to add to a counter, or a counter to begin at ``initial``, unless that is None, where nothing is.

    ``fresh`` is the record to write, but that its payload is up to the store.
    """

    name: bytes
    delta: int
    initial: int | None
    ttl: float | None
    fresh: Record


class Found(msgspec.Struct, frozen=True):
    """A record together with the seconds it has left (None for no expiry), and whether somebody has a lock on it."""

    record: Record
    ttl: float | None
    locked: bool = False


class Given(msgspec.Struct, frozen=True):
    """What became of a call that gives the record back, and what it found if that was done."""

    outcome: Outcome
    found: Found | None = None


class Reader(Protocol):
    """Where records are looked at.

    Raises StoreUnavailable, OperationTimeout, ServerError, CacheClosed; ValueFormatError for foreign bytes.
    """

    near: bool
    """Whether ``peek`` may find anything; where it cannot, nobody need make up the name for it."""

    def peek(self, name: bytes) -> Known:
        """What is known of the name at once, without waiting; None says nothing about what ``read`` would find."""
        ...

    async def read(self, name: bytes) -> Held:
        """What the name holds now."""
        ...

    async def read_many(self, names: Sequence[bytes]) -> list[Held | Exception]:
        """What the names hold, in order, in as few round trips as possible; foreign bytes as their ValueFormatError."""
        ...

    async def find(self, name: bytes) -> Found | None:
        """The record and its remaining time, read as one; None for absent and for a lease."""
        ...

    async def close(self) -> None:
        """Let go of everything that belongs to the running scheduler, and refuse later calls with CacheClosed."""
        ...


class Store(Reader, Protocol):
    """Where records are kept. Raises what a ``Reader`` does; a change may raise NotReplicated when it was made."""

    @property
    def available(self) -> bool:
        """False while it is known to be out of reach, so that asking would only cost time."""
        ...

    async def find_many(self, names: Sequence[bytes]) -> list[Found | Exception | None]:
        """``find`` for each, sent together; foreign bytes as their ValueFormatError."""
        ...

    async def write(self, write: Write) -> Outcome:
        """Write under the rule: DONE, or what refused it (``rules.refusal``)."""
        ...

    async def write_many(self, writes: Sequence[Write]) -> list[Outcome | Exception]:
        """Each write on its own, sent together."""
        ...

    async def remove(self, removal: Removal) -> Outcome:
        """Remove a record under the rule; and a lease, which counts as MISSING."""
        ...

    async def remove_many(self, removals: Sequence[Removal]) -> list[Outcome | Exception]:
        """Each on its own, sent together."""
        ...

    async def expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Outcome:
        """Give a record a new time to live, by its CAS or if it is there. Never touches a lease."""
        ...

    async def expire_many(self, lives: Sequence[tuple[bytes, float | None]]) -> list[Outcome | Exception]:
        """A new time to live for each that is there, sent together."""
        ...

    async def find_and_expire(self, name: bytes, ttl: float | None, cas: int | None = None) -> Given:
        """The same, and give the record back, as one."""
        ...

    async def count(self, count: Count) -> int | Outcome:
        """Add to a counter, whose time to live stays: the sum, or MISSING, LOCKED, JUDGE, OVERFLOW."""
        ...

    async def count_many(self, counts: Sequence[Count]) -> list[int | Outcome | Exception]:
        """Each on its own, sent together."""
        ...

    async def lock(self, name: bytes, seconds: float, lock: int, cas: int | None = None) -> Given:
        """Put a lock with the CAS ``lock`` around a record for so long, by its CAS or if it is there.

        Readers find the record as before; ``drop`` removes it all the same.
        """
        ...

    async def unlock(self, name: bytes, lock: int) -> Outcome:
        """Take away the lock with this CAS: DONE, MISSING, UNLOCKED."""
        ...

    async def claim(self, name: bytes, token: bytes, ttl: float, over: int | None = None) -> Held:
        """R1. Put a lease where nothing is, or over the record whose CAS is ``over``. None: the lease is ours.

        Otherwise what is there, a record or somebody's lease, and nothing was changed. A lock on the
        record that is to be replaced counts as somebody's lease: it ends.
        """
        ...

    async def fill(self, name: bytes, token: bytes, record: Record, ttl: float | None) -> bool:
        """R3. Put the record where our lease still is; False when it is not, and nothing was changed."""
        ...

    async def claim_many(self, claims: Sequence[Claim], ttl: float) -> list[Held | Exception]:
        """``claim`` for each, sent together; foreign bytes as their ValueFormatError."""
        ...

    async def fill_many(self, fills: Sequence[Fill]) -> list[bool | Exception]:
        """``fill`` for each, sent together."""
        ...

    async def renew(self, name: bytes, token: bytes, ttl: float) -> bool:
        """Let our lease live for ``ttl`` from now; False when it is gone."""
        ...

    async def release(self, name: bytes, token: bytes) -> None:
        """Take our lease away if it is still there."""
        ...

    async def changed(self, name: bytes, seconds: float) -> bool:
        """Wait until the name may hold no lease, or another, at most ``seconds``; False at once if nobody can tell."""
        ...

    async def drop(self, names: Sequence[bytes]) -> None:
        """R5. Remove whatever is there, leases too, under every rule and on a full server."""
        ...

    async def versions(self, names: Sequence[bytes]) -> list[bytes | None]:
        """R9. The current versions of tags; None where a tag has none."""
        ...

    async def make_versions(self, names: Sequence[bytes], fresh: bytes, ttl: float | None) -> list[bytes]:
        """R9. The current versions of tags; one that has none gets ``fresh``. Each lives ``ttl`` from now or longer."""
        ...

    def scan(self, prefix: bytes, batch: int = BATCH) -> AsyncIterator[list[bytes]]:
        """Names that start with ``prefix``, in batches; one that is there throughout is given at least once.

        For each batch about ``batch`` names are looked at. Nothing goes on behind the caller, who may stop anywhere.
        """
        ...

    async def ping(self) -> None:
        """One round trip."""
        ...

    async def connect(self) -> None:
        """Be ready, or raise the reason."""
        ...
