"""How a record or a lease lies in the store as bytes (R11), and nothing else: no value is encoded or judged here.

A lease is ``0xc1 'L'`` and its 16-byte token. A locked record is ``0xc1 'K'``, the end of the lock by the
server's clock (8, unix milliseconds), the lock's CAS (8), and the record as it was. A record; all numbers are
little-endian:

    offset  bytes
     0      2      0xc1 'U'; MessagePack never uses 0xc1, so neither kind can be taken for a bare value
     2      1      version, 1
     3      1      flags; bit 0 (``TAGGED``): the entry carries tags
     4      1      codec id
     5      1      wrapping: what was done to the payload after it was encoded
     6      2      zero
     8      8      CAS
    16      8      BLAKE2b-64 of the full name the record was written under
    24      4      schema fingerprint
    28      8      time of the write, unix seconds, IEEE double
    36      8      soft expiry, unix seconds, IEEE double; 0 for none
    44      4      duration of the load, milliseconds
    48      2      number of tags
    50      4      payload length
    54      …      per tag: length of its text (2), UTF-8 text, version (16)
     …      …      payload
     …      4      CRC-32 of everything before it

Server scripts compare bytes at the fixed offsets named below; to move one is to change the version.
"""

import struct
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from unicache._core.records.record import Lease, Lock, Record, TagVersion
from unicache.errors import InvalidArgument, ValueFormatError

__all__ = [
    "CAS_LENGTH",
    "CAS_OFFSET",
    "FLAGS_OFFSET",
    "LEASE_PREFIX",
    "LENGTH_OFFSET",
    "LOCK_PREFIX",
    "MAX_TAGS",
    "RECORD_PREFIX",
    "TAGGED",
    "WrongKey",
    "pack",
    "pack_cas",
    "pack_lease",
    "pack_start",
    "unpack",
    "unpack_lock",
]

RECORD_PREFIX = b"\xc1U"
LEASE_PREFIX = b"\xc1L"
LOCK_PREFIX = b"\xc1K"
FLAGS_OFFSET = 3
CAS_OFFSET = 8
CAS_LENGTH = 8
LENGTH_OFFSET = 50
TAGGED = 1
MAX_TAGS = 64

_START_BYTES = RECORD_PREFIX + b"\x01"
_LONGEST_COST = 0xFFFFFFFF
_HEADER = struct.Struct("<3sBBB2xQ8sIddIHI")
_START = _HEADER.size
_read_header = _HEADER.unpack_from
_CAS = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_CRC_LENGTH = _CRC.size
_TAG_LENGTH = struct.Struct("<H")
_VERSION_LENGTH = 16
_LOCK = struct.Struct("<2sQQ")
_LEASE_LENGTH = len(LEASE_PREFIX) + 16
# The CRC-32 of any bytes followed by their own little-endian CRC-32: checking needs neither a slice nor a second read.
_RESIDUE = 0x2144DF1C


class WrongKey(ValueFormatError):
    """A whole and sound record, but of another name: replies may have been mixed up, so the connection must go."""


def pack(name: bytes, record: Record) -> bytes:
    """The bytes of ``record`` under the full server key ``name``.

    Raises InvalidArgument for more than ``MAX_TAGS`` tags or a tag over 65,535 bytes, ValueFormatError for a tag
    version that is not 16 bytes.
    """
    tags = _pack_tags(record.tags) if record.tags else b""
    head = _HEADER.pack(
        _START_BYTES,
        TAGGED if tags else 0,
        record.codec,
        record.wrapping,
        record.cas,
        _digest(name),
        record.schema,
        record.created,
        record.soft,
        min(round(record.cost * 1000), _LONGEST_COST),
        len(record.tags),
        len(record.payload),
    )
    checksum = crc32(record.payload, crc32(tags, crc32(head)))
    return b"".join((head, tags, record.payload, _CRC.pack(checksum)))


def unpack(name: bytes, data: bytes) -> Record | Lease:
    """What ``data``, found under the full server key ``name``, holds.

    Raises ValueFormatError for anything that ``pack`` or ``pack_lease`` did not write, whole and unchanged, and
    WrongKey for a record written under another name.
    """
    size = len(data)
    if size < _START or crc32(data) != _RESIDUE:
        return _unpack_other(name, data)
    start, flags, codec, wrapping, cas, digest, schema, created, soft, cost, count, length = _read_header(data)
    if start != _START_BYTES or flags != (TAGGED if count else 0):
        return _unpack_other(name, data)
    if digest != _digest(name):
        raise WrongKey("the stored record was written under another key")
    tags, at = _unpack_tags(data, count) if count else ((), _START)
    end = at + length
    if end + _CRC_LENGTH != size:
        raise ValueFormatError("the stored record has the wrong length")
    return Record(data[at:end], codec, cas, created, soft, cost / 1000 if cost else 0.0, schema, tags, wrapping)


@lru_cache(maxsize=4096)
def _digest(name: bytes) -> bytes:
    """The digest of a name, which takes a quarter of a read; names that are read once are often read again."""
    return blake2b(name, digest_size=8).digest()


def pack_lease(token: bytes) -> bytes:
    """The bytes of a lease; ``token`` is 16 random bytes."""
    return LEASE_PREFIX + token


def pack_start(name: bytes, record: Record) -> tuple[bytes, int]:
    """A record without tags, up to its payload's length, which the server will add, and the CRC-32 so far."""
    start = pack(name, record)[:LENGTH_OFFSET]
    return start, crc32(start)


def pack_cas(cas: int) -> bytes:
    """``cas`` as it lies at ``CAS_OFFSET``."""
    return _CAS.pack(cas)


def unpack_lock(data: bytes) -> Lock | None:
    """The lock around a record, if there is one; it ends by the server's clock, unix seconds."""
    if len(data) < _LOCK.size or not data.startswith(LOCK_PREFIX):
        return None
    _, until, cas = _LOCK.unpack_from(data)
    return Lock(cas, until / 1000)


def _unpack_other(name: bytes, data: bytes) -> Record | Lease:
    """What is no whole record of this release: a locked one, a lease, or an error."""
    if data.startswith(LOCK_PREFIX) and data.startswith(RECORD_PREFIX, _LOCK.size):
        return unpack(name, data[_LOCK.size :])
    if data.startswith(RECORD_PREFIX):
        raise _unreadable(data)
    if not data.startswith(LEASE_PREFIX) or len(data) != _LEASE_LENGTH:
        raise ValueFormatError("the stored bytes were not written by this library, or by a newer release of it")
    return Lease(data[2:])


def _unreadable(data: bytes) -> ValueFormatError:
    if len(data) < _START or crc32(data) != _RESIDUE:
        return ValueFormatError("the stored record is damaged")
    version, flags = data[len(RECORD_PREFIX)], data[FLAGS_OFFSET]
    return ValueFormatError(f"the stored record has version {version} and flags {flags}, unknown to this release")


def _pack_tags(tags: tuple[TagVersion, ...]) -> bytes:
    if len(tags) > MAX_TAGS:
        raise InvalidArgument(f"{len(tags)} tags; an entry can carry at most {MAX_TAGS}", argument="tags")
    return b"".join(map(_pack_tag, tags))


def _pack_tag(tag: TagVersion) -> bytes:
    text = tag.tag.encode()
    if len(text) > 0xFFFF:
        raise InvalidArgument(f"a tag of {len(text)} bytes; at most 65,535 are possible", argument="tags")
    if len(tag.version) != _VERSION_LENGTH:
        raise ValueFormatError("the version of a tag is not 16 bytes")
    return b"".join((_TAG_LENGTH.pack(len(text)), text, tag.version))


def _unpack_tags(data: bytes, count: int) -> tuple[tuple[TagVersion, ...], int]:
    """The tags and the offset behind them. The CRC has been checked: what is wrong here was forged."""
    try:
        return _read_tags(data, count)
    except (struct.error, UnicodeDecodeError) as error:
        problem = type(error).__name__
    # Raised outside the handler: a UnicodeDecodeError holds the bytes, and must not hang on as the context.
    raise ValueFormatError(f"the stored tags cannot be read ({problem})")


def _read_tags(data: bytes, count: int) -> tuple[tuple[TagVersion, ...], int]:
    if count > MAX_TAGS:
        raise ValueFormatError("the stored record has too many tags")
    tags, at = [], _START
    for _ in range(count):
        (length,) = _TAG_LENGTH.unpack_from(data, at)
        middle = at + _TAG_LENGTH.size + length
        at, text = middle + _VERSION_LENGTH, data[at + _TAG_LENGTH.size : middle]
        tags.append(TagVersion(text.decode(), data[middle:at]))
    return tuple(tags), at
