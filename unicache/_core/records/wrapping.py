"""What is done to an encoded value before it is stored: compressed, then signed or encrypted; and all of it undone.

A signature holds for one name, codec and declared type, and for exactly what was done. It says nothing of when the
value was written: CAS, tags and expiry can be changed without the key, and an older value of the same name be put back.
"""

import struct

import msgspec

from unicache._core.records.compression import compress, decompress
from unicache._core.records.record import Record
from unicache._core.records.seal import Encryption, Seal, Signing
from unicache.errors import ValueFormatError

__all__ = ["COMPRESSED", "ENCRYPTED", "SIGNED", "Wrapping"]

COMPRESSED, SIGNED, ENCRYPTED = 1, 2, 4
"""Bits of a record's ``wrapping``. Stored data: never reused for something else."""

_CONTEXT = struct.Struct("<BBBI")
_CONTEXT_VERSION = 1


class Wrapping(msgspec.Struct, frozen=True):
    """How the values of one cache are wrapped.

    ``compress_above``  compress what takes more bytes than this; None for never
    ``seal``            what signs or encrypts; None for neither
    ``limit``           the most bytes that a value may have when it is unwrapped
    """

    limit: int
    compress_above: int | None = None
    seal: Seal | None = None

    @property
    def does_nothing(self) -> bool:
        """Whether payloads are stored as they are."""
        return self.seal is None and self.compress_above is None

    @property
    def bit(self) -> int:
        """What of ``SIGNED`` and ``ENCRYPTED`` every record must have."""
        return _BITS[type(self.seal)]

    def wrap(self, name: bytes, codec: int, schema: int, payload: bytes) -> tuple[bytes, int]:
        """The payload to store, and what was done to it."""
        done = self.bit
        if self.compress_above is not None and len(payload) > self.compress_above:
            smaller = compress(payload)
            if len(smaller) < len(payload):
                payload, done = smaller, done | COMPRESSED
        if self.seal is not None:
            payload = self.seal.close(_context(name, codec, schema, done), payload)
        return payload, done

    def unwrap(self, name: bytes, record: Record) -> bytes:
        """The encoded value. Raises ValueFormatError for what this cache would not have written, and for too much."""
        payload, done = record.payload, record.wrapping
        if done & ~COMPRESSED != self.bit:
            raise ValueFormatError(_UNLIKE.get(self.bit, _SEALED))
        if self.seal is not None:
            payload = self.seal.open(_context(name, record.codec, record.schema, done), payload)
        return decompress(payload, self.limit) if done & COMPRESSED else payload


_BITS: dict[type, int] = {type(None): 0, Signing: SIGNED, Encryption: ENCRYPTED}
_SEALED = "the stored value is signed or encrypted, and this cache has no key"
_UNLIKE = {
    SIGNED: "the stored value is not signed, as this cache requires",
    ENCRYPTED: "the stored value is not encrypted, as this cache requires",
}


def _context(name: bytes, codec: int, schema: int, done: int) -> bytes:
    """What a signature or a ciphertext is bound to."""
    return _CONTEXT.pack(_CONTEXT_VERSION, done, codec, schema) + name
