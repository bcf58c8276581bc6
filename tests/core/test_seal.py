"""Signatures and encryption: only what one of the keys sealed, for this very name, codec and type, is opened."""

import copy
import pickle
import traceback
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from unicache import Cache
from unicache._blocking import BlockingIo
from unicache._core.loads.failures import FAILURE, recalled, remembered
from unicache._core.records.codec import MAX_VALUE, format_of
from unicache._core.records.record import Record
from unicache._core.records.seal import Encryption, KeyRing, Signing
from unicache._core.records.wrapping import COMPRESSED, ENCRYPTED, SIGNED, Wrapping
from unicache._core.values import Values
from unicache.errors import ConfigurationError, ValueFormatError

NAME = b"shop:user:42"
OLD, NEW = b"o" * 32, b"n" * 32
SEALS = [Signing, Encryption]
BITS = {Signing: SIGNED, Encryption: ENCRYPTED}


def values_with(
    seal: Any, keys: dict[str, bytes] | None = None, above: int | None = None, codec: str = "msgpack"
) -> Values:
    wrapping = Wrapping(MAX_VALUE, above, None if seal is None else seal(keys or {"new": NEW}))
    return Values(BlockingIo(), format_of(codec), wrapping)


def altered(record: Record, **changes: Any) -> Record:
    return msgspec.structs.replace(record, **changes)


def refused(values: Values, record: Record, name: bytes = NAME) -> str:
    with pytest.raises(ValueFormatError) as caught:
        values.value(name, record)
    assert caught.value.__context__ is None
    assert caught.value.key == name.partition(b":")[2].decode()
    return str(caught.value)


@pytest.fixture(params=SEALS)
def seal(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("above", [None, 10])
@pytest.mark.parametrize("value", ["", "text" * 10, {"a": (1, 2)}, b"\x00" * 5000])
def test_what_was_sealed_is_opened(seal: Any, above: int | None, value: Any) -> None:
    values = values_with(seal, above=above)
    record = values.record(NAME, value)
    assert values.value(NAME, record) == value
    assert record.wrapping & ~COMPRESSED == BITS[seal]


def test_what_is_encrypted_cannot_be_seen_and_what_is_signed_can() -> None:
    assert b"visible" in values_with(Signing).record(NAME, "visible").payload
    record = values_with(Encryption).record(NAME, "visible")
    assert b"visible" not in record.payload
    assert record.payload != values_with(Encryption).record(NAME, "visible").payload


def test_every_flipped_bit_is_refused(seal: Any) -> None:
    values = values_with(seal)
    record = values.record(NAME, "a secret")
    for bit in range(len(record.payload) * 8):
        flipped = bytearray(record.payload)
        flipped[bit // 8] ^= 1 << bit % 8
        assert "secret" not in refused(values, altered(record, payload=bytes(flipped)))


def test_what_was_cut_or_made_longer_is_refused(seal: Any) -> None:
    values = values_with(seal)
    record = values.record(NAME, "a secret")
    for end in range(len(record.payload)):
        refused(values, altered(record, payload=record.payload[:end]))
    refused(values, altered(record, payload=record.payload + b"\0"))


@pytest.mark.parametrize("name", [b"shop:user:43", b"shop2:user:42", b":user:42", b"shop:user:42 "])
def test_what_was_sealed_for_another_key_or_namespace_is_refused(seal: Any, name: bytes) -> None:
    values = values_with(seal)
    refused(values, values.record(NAME, "text"), name)


@pytest.mark.parametrize(
    "changes",
    [{"codec": 2}, {"codec": FAILURE}, {"schema": 0}, {"schema": 8}, {"wrapping": 0}]
    + [{"wrapping": bits} for bits in (1, 2 | 1, 4 | 1, 2 | 4, 8, 2 | 8, 4 | 8)],
    ids=str,
)
def test_what_was_sealed_as_something_else_is_refused(seal: Any, changes: dict[str, int]) -> None:
    values = values_with(seal, codec="pickle")
    record = values.record(NAME, "text", schema=7)
    if altered(record, **changes) != record:
        refused(values, altered(record, **changes))


def test_a_signature_is_no_ciphertext_and_the_reverse() -> None:
    keys = {"new": NEW}
    for one, other in (SEALS, SEALS[::-1]):
        record = values_with(one, keys).record(NAME, "text")
        assert "as this cache requires" in refused(values_with(other, keys), record)
        refused(values_with(other, keys), altered(record, wrapping=BITS[other]))


def test_with_a_key_nothing_without_is_read_and_without_a_key_nothing_with(seal: Any) -> None:
    for above in (None, 1):
        assert "as this cache requires" in refused(
            values_with(seal), values_with(None, above=above).record(NAME, "text")
        )
    assert "has no key" in refused(values_with(None), values_with(seal).record(NAME, "text"))
    assert "has no key" in refused(values_with(None, above=1), values_with(seal, above=1).record(NAME, "text" * 99))


def test_keys_are_changed_without_a_moment_in_which_somebody_cannot_read(seal: Any) -> None:
    """Each step of the deploy, beside the one before it: both read what both write."""
    steps = [{"old": OLD}, {"old": OLD, "new": NEW}, {"new": NEW, "old": OLD}, {"new": NEW}]
    caches = [values_with(seal, keys) for keys in steps]
    for before, after in pairwise(caches):
        for writer, reader in ((before, after), (after, before)):
            assert reader.value(NAME, writer.record(NAME, "text")) == "text"
    assert "a key that this cache does not have" in refused(caches[3], caches[0].record(NAME, "text"))


def test_the_first_key_writes() -> None:
    assert values_with(Signing, {"b": NEW, "a": OLD}).record(NAME, "").payload.startswith(b"\x01b")


def test_another_key_of_the_same_id_is_refused(seal: Any) -> None:
    refused(values_with(seal, {"k": NEW}), values_with(seal, {"k": OLD}).record(NAME, "text"))


def test_a_remembered_failure_is_sealed_like_a_value(seal: Any) -> None:
    values = values_with(seal)
    record = remembered(values, NAME, LookupError("text"), ())
    assert record is not None
    assert type(recalled(values, NAME, record, [LookupError])) is LookupError
    planted = remembered(values_with(None), NAME, LookupError("text"), ())
    assert planted is not None
    assert recalled(values, NAME, planted, [LookupError]) is None
    assert recalled(values, b"shop:other", record, [LookupError]) is None


WRONG: list[Any] = [None, {}, [("k", NEW)], "k", NEW, {"k": "n" * 32}, {"k": b""}, {"k": b"n" * 31}, {"k": b"n" * 33},
                    {"k": None}, {"": NEW}, {1: NEW}, {"ü": NEW}, {"k" * 65: NEW}, {"a": NEW, "b": NEW}]  # fmt: skip


@pytest.mark.parametrize("keys", WRONG, ids=lambda keys: type(keys).__name__)
@pytest.mark.parametrize("option", ["signing", "encryption"])
def test_wrong_keys_are_told_without_being_shown(option: str, keys: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Cache(**{option: keys})
    assert option in str(caught.value)
    assert "nnn" not in "".join(traceback.format_exception(caught.value)).partition("ConfigurationError")[2]


@pytest.mark.parametrize("option", ["signing", "encryption"])
def test_a_key_does_not_stand_in_a_url(option: str) -> None:
    with pytest.raises(ConfigurationError, match="beside the URL"):
        Cache(f"memory://?{option}=k")


def test_no_key_is_shown_or_pickled() -> None:
    for option in ("signing", "encryption"):
        cache = Cache(**{option: {"k": b"hidden" * 5 + b"!!"}})  # type: ignore[arg-type]
        settings = cache._engine.core.settings
        shown = [
            repr(cache),
            repr(settings),
            repr(settings.wrapping),
            str(vars(cache._engine.core)),
            str(cache.stats()),
        ]
        assert "hidden" not in "".join(shown)
        assert "hidden" not in repr(KeyRing({"k": b"hidden" * 5 + b"!!"}, option))
        for leaking in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled"):
                leaking(settings.wrapping.seal)
        cache.close()


@pytest.mark.parametrize("size", [0, -1, True, 2**40, "2e6"])
def test_the_limit_of_a_value_is_what_a_server_takes(size: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_value_bytes"):
        Cache(max_value_bytes=size)


def test_pickle_needs_a_key() -> None:
    for codec in ("pickle", ["msgpack", "pickle"]):
        with pytest.raises(ConfigurationError, match="signing or encryption"):
            Cache(codec=codec)  # type: ignore[arg-type]
        Cache(codec=codec, signing={"k": NEW}).close()  # type: ignore[arg-type]
        Cache(codec=codec, encryption={"k": NEW}).close()  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="signing or encryption"):
        Cache("memory://?codec=pickle")


def test_signing_and_encryption_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        Cache(signing={"k": NEW}, encryption={"k": OLD})


def test_the_layout_of_a_signed_payload_is_this_in_every_release() -> None:
    record = values_with(Signing, {"2026": OLD}).record(NAME, "text")
    assert record.payload == b"\x042026" + bytes.fromhex(SIGNATURE) + b"text"


SIGNATURE = "8aec47b58a4089cee1bc88f842ca6f5480dbaeead869a7f9b3396a43f871ab08"
