"""Zstandard for encoded values: bytes to fewer bytes and back, bounded. Which values are compressed is not known here.

The module is the standard library's from Python 3.14 on, and backports-zstd before (the extra ``compression``).
"""

import functools
import sys
import threading
from types import ModuleType
from typing import Any

from unicache.errors import ValueFormatError

__all__ = ["available", "compress", "decompress"]

_WINDOW_LOG = 23
"""The most memory that a frame may ask for, as a power of two: 8 MiB, which RFC 8878 has every decoder provide."""

_mine = threading.local()
"""A compressor costs five times what it does to 1 KB. One for each thread: a fork may copy it while it is at work."""


@functools.cache
def _zstd() -> ModuleType | None:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        return None
    return zstd


@functools.cache
def _options() -> dict[int, int]:
    return {int(_required().DecompressionParameter.window_log_max): _WINDOW_LOG}


def available() -> bool:
    """Whether Zstandard can be had here."""
    return _zstd() is not None


def compress(data: bytes) -> bytes:
    """One frame, which says how long ``data`` is."""
    compressor = getattr(_mine, "compressor", None)
    if compressor is None:
        compressor = _mine.compressor = _required().ZstdCompressor()
    try:
        frame: bytes = compressor.compress(data, compressor.FLUSH_FRAME)
    except BaseException:
        del _mine.compressor  # it may be in the middle of a frame
        raise
    return frame


def decompress(frame: bytes, limit: int) -> bytes:
    """What ``frame`` was made of, if that is exactly one frame of at most ``limit`` bytes.

    Raises ValueFormatError. A frame that claims too much is not begun, and one that claims too little is stopped.
    """
    zstd = _required()
    try:
        length = zstd.get_frame_info(frame).decompressed_size
        if length is not None and length <= limit:
            return _exactly(zstd.ZstdDecompressor(options=_options()), frame, length)
    except zstd.ZstdError:
        length = None
    # Raised outside the handler: what was caught must not hang on as the context.
    if length is None:
        raise _damaged()
    raise ValueFormatError(f"the stored value takes more than {limit} bytes when it is decompressed")


def _exactly(decompressor: Any, frame: bytes, length: int) -> bytes:
    data: bytes = decompressor.decompress(frame, length)
    if not decompressor.eof:  # a frame of nothing, or its last, empty block
        data += decompressor.decompress(b"", 1)
    if not decompressor.eof or len(data) != length or decompressor.unused_data:
        raise _damaged()
    return data


def _required() -> Any:
    zstd = _zstd()
    if zstd is None:
        raise ValueFormatError("the value is compressed; to read it, pip install 'unicache-kit[compression]'")
    return zstd


def _damaged() -> ValueFormatError:
    return ValueFormatError("the stored value cannot be decompressed")
