"""Values as pickles: for applications that must, and only where a signature or encryption says who wrote them.

To unpickle is to run what the bytes say. Nothing here checks who wrote them: that is done before, by ``wrapping``.

A pickle tells the classes in it by name alone, so each that has fields is stored with its fingerprint beside it.
"""

import io
import pickle
from typing import Any

import msgspec

from unicache._core.records.codec.fingerprint import fingerprint
from unicache._core.records.codec.forms import PICKLE
from unicache.errors import ValueFormatError

__all__ = ["encode_pickle", "read_pickle"]

_PROTOCOL = 5
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[dict[str, int], bytes]).decode


class _Pickler(pickle.Pickler):
    """Notes the classes of what it pickles."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, _PROTOCOL)
        self.kinds: set[type] = set()

    def reducer_override(self, value: Any) -> Any:
        self.kinds.add(type(value))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    """Refuses classes that are not what they were."""

    def __init__(self, file: io.BytesIO, fingerprints: dict[str, int]) -> None:
        super().__init__(file)
        self._fingerprints = fingerprints

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        stored = self._fingerprints.get(f"{module}:{name}")
        if stored is not None and fingerprint(found) != stored:
            raise ValueFormatError(f"{module}.{name} has other fields than when the value was stored")
        return found


def encode_pickle(value: Any) -> tuple[int, bytes]:
    """The codec id and the bytes. Raises ValueFormatError for what cannot be pickled."""
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(value)
    except Exception as error:  # noqa: BLE001  code of the application, which may raise anything
        problem = type(error).__name__
    else:
        marks = {f"{kind.__module__}:{kind.__qualname__}": fingerprint(kind) for kind in pickler.kinds}
        return PICKLE, _pack(({path: mark for path, mark in marks.items() if mark}, file.getvalue()))
    # Raised outside the handler: what was caught may hold parts of the value.
    raise ValueFormatError(f"cannot store value: it cannot be pickled ({problem})")


def read_pickle(payload: bytes) -> Any:
    """The value. Raises ValueFormatError, for anything that goes wrong in it."""
    try:
        fingerprints, pickled = _unpack(payload)
        return _Unpickler(io.BytesIO(pickled), fingerprints).load()
    except ValueFormatError:
        raise
    except Exception as error:  # noqa: BLE001  code of the application, which may raise anything
        problem = type(error).__name__
    raise ValueFormatError(f"the stored value cannot be unpickled ({problem})")
