"""The envelope: whole and unchanged, under its own name, or refused."""

import pickle
import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.records.envelope import (
    CAS_LENGTH,
    CAS_OFFSET,
    FLAGS_OFFSET,
    LEASE_PREFIX,
    MAX_TAGS,
    RECORD_PREFIX,
    TAGGED,
    WrongKey,
    pack,
    pack_cas,
    pack_lease,
    unpack,
)
from unicache._core.records.record import Lease, Record, TagVersion
from unicache.errors import InvalidArgument, ValueFormatError

NAME = b"shop:user:42"
TAGS = (TagVersion("user:42", bytes(range(16))), TagVersion("größe", b"v" * 16))
PLAIN = Record(b"payload", 1, 0x1122334455667788, 1_700_000_000.125)
TAGGED_RECORD = Record(b"payload" * 3, 2, 2**64 - 1, 1_700_000_000.0, 1_700_000_060.5, 0.25, 0xFFFFFFFF, TAGS, 3)

moments = st.floats(allow_nan=False)
tags = st.builds(TagVersion, st.text(max_size=20), st.binary(min_size=16, max_size=16))
records = st.builds(
    Record,
    payload=st.binary(max_size=200),
    codec=st.integers(0, 255),
    cas=st.integers(0, 2**64 - 1),
    created=moments,
    soft=moments,
    cost=st.integers(0, 2**32 - 1).map(lambda number: number / 1000),
    schema=st.integers(0, 2**32 - 1),
    tags=st.lists(tags, max_size=5).map(tuple),
    wrapping=st.integers(0, 255),
)


def sealed(body: bytes) -> bytes:
    """``body`` with a right CRC: what somebody who knows the format could forge."""
    return body + struct.pack("<I", crc32(body))


def altered(record: Record, offset: int, new: bytes) -> bytes:
    body = pack(NAME, record)[:-4]
    return sealed(body[:offset] + new + body[offset + len(new) :])


@given(st.binary(max_size=100), records)
def test_a_record_comes_back_as_it_was(name: bytes, record: Record) -> None:
    assert unpack(name, pack(name, record)) == record


def test_the_bytes_of_a_record_are_these_in_every_release() -> None:
    assert pack(NAME, TAGGED_RECORD) == bytes.fromhex("""
        c155 01 01 02 03 0000 ffffffffffffffff a6d3990f8fb1b368 ffffffff 00000040fc54d941
        0000204ffc54d941 fa000000 0200 15000000
        0700 757365723a3432 000102030405060708090a0b0c0d0e0f
        0700 6772c3b6c39f65 76767676767676767676767676767676
        7061796c6f61647061796c6f61647061796c6f6164 f62a80dc
    """)


def test_the_fixed_offsets_hold_what_scripts_look_for() -> None:
    for record in (PLAIN, TAGGED_RECORD):
        data = pack(NAME, record)
        assert data.startswith(RECORD_PREFIX)
        assert data[CAS_OFFSET : CAS_OFFSET + CAS_LENGTH] == pack_cas(record.cas)
        assert data[FLAGS_OFFSET] & TAGGED == bool(record.tags)


def test_a_lease_comes_back_as_it_was() -> None:
    data = pack_lease(b"t" * 16)
    assert data == LEASE_PREFIX + b"t" * 16
    assert unpack(NAME, data) == Lease(b"t" * 16)


@pytest.mark.parametrize(
    "data", [pack_lease(b"t" * 15), pack_lease(b"t" * 17), LEASE_PREFIX, b"\xc1", b"", b"\xc1X" + b"t" * 16]
)
def test_a_lease_of_another_length_or_kind_is_refused(data: bytes) -> None:
    with pytest.raises(ValueFormatError):
        unpack(NAME, data)


@pytest.mark.parametrize("record", [PLAIN, TAGGED_RECORD])
def test_a_record_cut_at_any_byte_is_refused(record: Record) -> None:
    data = pack(NAME, record)
    for end in range(len(data)):
        with pytest.raises(ValueFormatError):
            unpack(NAME, data[:end])


@pytest.mark.parametrize("record", [PLAIN, TAGGED_RECORD])
def test_every_single_flipped_bit_is_refused(record: Record) -> None:
    data = pack(NAME, record)
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueFormatError):
            unpack(NAME, bytes(flipped))


@pytest.mark.parametrize("extra", [b"\0", b"\0" * 4, pack(NAME, PLAIN)])
def test_trailing_bytes_are_refused(extra: bytes) -> None:
    with pytest.raises(ValueFormatError):
        unpack(NAME, pack(NAME, PLAIN) + extra)
    with pytest.raises(ValueFormatError, match="length"):
        unpack(NAME, sealed(pack(NAME, PLAIN)[:-4] + extra))


@given(st.binary(max_size=300))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    for foreign in (data, RECORD_PREFIX + data, sealed(RECORD_PREFIX + b"\x01" + data)):
        with pytest.raises(ValueFormatError):
            unpack(NAME, foreign)


@given(st.binary(max_size=100), st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_forged_tags_and_lengths_give_a_record_or_the_one_error(junk: bytes, count: int, length: int) -> None:
    head = pack(NAME, PLAIN)[:48]
    head = head[:FLAGS_OFFSET] + bytes([bool(count)]) + head[FLAGS_OFFSET + 1 :]
    for size in (length, len(junk)):
        try:
            unpack(NAME, sealed(head + struct.pack("<HI", count, size) + junk))
        except ValueFormatError as error:
            assert error.__context__ is None  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(("offset", "new"), [(2, b"\x00"), (2, b"\x02"), (3, b"\x02"), (3, b"\x81"), (3, b"\x01")])
def test_an_unknown_version_or_flag_is_refused(offset: int, new: bytes) -> None:
    with pytest.raises(ValueFormatError, match="unknown to this release"):
        unpack(NAME, altered(PLAIN, offset, new))


def test_a_record_of_another_name_is_a_wrong_key() -> None:
    with pytest.raises(WrongKey) as caught:
        unpack(b"shop:user:43", pack(NAME, PLAIN))
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), WrongKey)  # noqa: S301 - our own bytes


def test_a_damaged_record_of_another_name_is_not_taken_for_a_mix_up() -> None:
    damaged = bytearray(pack(b"shop:user:43", PLAIN))
    damaged[-1] ^= 1
    with pytest.raises(ValueFormatError) as caught:
        unpack(NAME, bytes(damaged))
    assert not isinstance(caught.value, WrongKey)


def test_a_record_carries_as_many_tags_as_allowed_and_no_more() -> None:
    many = tuple(TagVersion(f"t{number}", b"v" * 16) for number in range(MAX_TAGS + 1))
    most = Record(b"", 1, 1, 1.0, tags=many[:-1])
    assert unpack(NAME, pack(NAME, most)) == most
    with pytest.raises(InvalidArgument) as caught:
        pack(NAME, Record(b"", 1, 1, 1.0, tags=many))
    assert caught.value.argument == "tags"


def test_an_over_long_tag_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        pack(NAME, Record(b"", 1, 1, 1.0, tags=(TagVersion("x" * 65_536, b"v" * 16),)))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_tag_version_of_another_length_is_refused_rather_than_padded(length: int) -> None:
    with pytest.raises(ValueFormatError):
        pack(NAME, Record(b"", 1, 1, 1.0, tags=(TagVersion("t", b"v" * length),)))


def test_no_error_shows_what_is_stored() -> None:
    data = pack(NAME, Record(b"secret", 1, 1, 1.0, tags=(TagVersion("secret", b"secretsecretsecr"),)))
    for end in range(len(data)):
        with pytest.raises(ValueFormatError) as caught:
            unpack(NAME, data[:end])
        assert "secret" not in repr(caught.value)
