"""Zstandard: exactly one frame, of a bounded size, or the one error; bombs cost neither memory nor time."""

import os
import sys
import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicache._core.records.codec import MAX_VALUE
from unicache._core.records.compression import compress, decompress
from unicache.errors import ValueFormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b'{"name": "secret"}' * 100


@given(st.binary(max_size=2000) | st.binary(max_size=20).map(lambda data: data * 1000))
def test_bytes_come_back(data: bytes) -> None:
    assert decompress(compress(data), len(data)) == data


def test_every_thread_has_its_own_compressor() -> None:
    frames: list[bytes] = []
    threads = [threading.Thread(target=lambda: frames.append(compress(TEXT))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [decompress(frame, len(TEXT)) for frame in frames] == [TEXT] * 4


def refused(frame: bytes, limit: int = MAX_VALUE) -> None:
    with pytest.raises(ValueFormatError) as caught:
        decompress(frame, limit)
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_a_frame_cut_anywhere_is_refused() -> None:
    frame = compress(TEXT)
    for end in range(len(frame)):
        refused(frame[:end])


def test_flipped_bits_give_some_bytes_or_the_one_error() -> None:
    frame = compress(TEXT)
    for bit in range(len(frame) * 8):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            decompress(bytes(flipped), MAX_VALUE)
        except ValueFormatError as error:
            assert error.__context__ is None  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("extra", [b"\0", compress(b"x"), b"\x28\xb5\x2f\xfd"])
def test_trailing_bytes_are_refused(extra: bytes) -> None:
    refused(compress(TEXT) + extra)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    refused(data)
    try:
        decompress(b"\x28\xb5\x2f\xfd" + data, 1000)
    except ValueFormatError as error:
        assert error.__context__ is None  # noqa: PT017 - a frame of nothing is one


def test_what_is_larger_than_the_limit_is_refused() -> None:
    assert decompress(compress(TEXT), len(TEXT)) == TEXT
    refused(compress(TEXT), len(TEXT) - 1)


BOMB = zstd.compress(bytes(2**30))


def lying(length: int) -> bytes:
    """The bomb, whose header says another length."""
    at = BOMB.index((2**30).to_bytes(4, "little"))
    return BOMB[:at] + length.to_bytes(4, "little") + BOMB[at + 4 :]


def streamed() -> bytes:
    """A frame that does not say its length."""
    compressor = zstd.ZstdCompressor()
    return compressor.compress(TEXT) + compressor.flush()


@pytest.mark.parametrize(
    "bomb", [BOMB, lying(1000), lying(MAX_VALUE), streamed()], ids=["open", "small", "large", "no"]
)
def test_a_bomb_is_refused_and_takes_no_more_memory_than_a_value_may(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        refused(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.1 * MAX_VALUE  # the blocks, and what they are joined to


def test_a_frame_that_wants_a_large_window_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 1}
    compressor = zstd.ZstdCompressor(options=options)
    compressor.set_pledged_input_size(2**27)
    frame = compressor.compress(bytes(2**27)) + compressor.flush()
    assert zstd.get_frame_info(frame).decompressed_size == 2**27
    refused(frame, 2**28)


def test_a_child_compresses_beside_its_parent() -> None:
    compress(TEXT)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, compress(TEXT))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert decompress(pipe.read(), len(TEXT)) == TEXT
    os.waitpid(child, 0)
