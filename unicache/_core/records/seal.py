"""Who wrote a value: signatures (keyed BLAKE2b, RFC 7693) and encryption (AES-256-GCM), with keys that can be changed.

A sealed payload begins with the id of its key. What it is bound to, the ``context``, is not stored in it: who opens it
must say it. The algorithm is this cache's own and never what the data says. No key is in any repr or error.

    signed      length of the id (1), id, signature (32), payload
    encrypted   length of the id (1), id, random bytes (24), ciphertext, tag (16)

Key and nonce of each ciphertext are derived from the ring's key and its own 24 random bytes, as XAES-256-GCM does it:
so random nonces do not run out, as the 12 bytes of AES-GCM alone would after 2³² values.
"""

import os
from collections.abc import Mapping
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, Protocol

from unicache.errors import ConfigurationError, ValueFormatError

__all__ = ["Encryption", "KeyRing", "Seal", "Signing"]

KEY_LENGTH = 32
LONGEST_ID = 64

_SIGNATURE = 32
_RANDOM = 24
_NONCE = 12


class Seal(Protocol):
    """What closes payloads, and opens only those that were closed with one of its keys in the same context."""

    def close(self, context: bytes, payload: bytes) -> bytes:
        """The sealed payload."""
        ...

    def open(self, context: bytes, data: bytes) -> bytes:
        """The payload. Raises ValueFormatError for anything else."""
        ...


class KeyRing:
    """Keys by their ids. The first one writes, all of them read.

    Raises ConfigurationError, naming the option, for keys that are not 32 bytes and ids that are not short text.
    """

    def __init__(self, keys: Any, option: str) -> None:
        if not isinstance(keys, Mapping) or not keys:
            raise ConfigurationError(f"{option} must be a mapping from ids to keys, given beside the URL, not in it")
        self._keys = {_label(name, option): _key(key, option) for name, key in keys.items()}
        if len(set(self._keys.values())) < len(self._keys):
            raise ConfigurationError(f"{option} has one key under two ids")
        self.active, self.key = next(iter(self._keys.items()))

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._keys)}>"

    def __reduce__(self) -> Any:
        raise TypeError("keys are not pickled")

    def find(self, data: bytes) -> tuple[bytes, bytes]:
        """The key that ``data`` begins with the id of, and what follows. Raises ValueFormatError."""
        end = 1 + data[0] if data else 0
        key = self._keys.get(data[:end])
        if key is None:
            raise ValueFormatError("the stored value was signed or encrypted with a key that this cache does not have")
        return key, data[end:]


def _label(name: Any, option: str) -> bytes:
    """The id as it stands in front of what was sealed."""
    if not isinstance(name, str) or not name.isascii() or not 0 < len(name) <= LONGEST_ID:
        raise ConfigurationError(f"the ids in {option} must be ASCII text of 1 to {LONGEST_ID} characters")
    return bytes([len(name)]) + name.encode()


def _key(key: Any, option: str) -> bytes:
    if not isinstance(key, bytes):
        raise ConfigurationError(f"the keys in {option} must be bytes, not {type(key).__name__}")
    if len(key) != KEY_LENGTH:
        raise ConfigurationError(f"the keys in {option} must have {KEY_LENGTH} bytes, not {len(key)}")
    return key


class Signing:
    """Payloads in the clear, with a signature."""

    def __init__(self, keys: Any) -> None:
        self._ring = KeyRing(keys, "signing")

    def close(self, context: bytes, payload: bytes) -> bytes:
        """The payload behind its signature."""
        return b"".join((self._ring.active, _signature(self._ring.key, context, payload), payload))

    def open(self, context: bytes, data: bytes) -> bytes:
        """The payload, if it was signed in this context."""
        key, rest = self._ring.find(data)
        payload = rest[_SIGNATURE:]
        if not compare_digest(_signature(key, context, payload), rest[:_SIGNATURE]):
            raise ValueFormatError("the stored value was not signed for this key, or was changed")
        return payload


def _signature(key: bytes, context: bytes, payload: bytes) -> bytes:
    digest = blake2b(len(context).to_bytes(4, "little"), key=key, digest_size=_SIGNATURE, person=b"unicache signed")
    digest.update(context)
    digest.update(payload)
    return digest.digest()


class Encryption:
    """Payloads that only those can read who have the key. Needs the extra ``encryption``."""

    def __init__(self, keys: Any) -> None:
        self._ring = KeyRing(keys, "encryption")
        try:
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise ConfigurationError("encryption needs pip install 'unicache-kit[encryption]'") from None
        self._cipher: Any = AESGCM
        self._invalid = InvalidTag

    def close(self, context: bytes, payload: bytes) -> bytes:
        """The ciphertext behind the id of its key and its random bytes."""
        random = os.urandom(_RANDOM)
        key, nonce = _derived(self._ring.key, random)
        return b"".join((self._ring.active, random, self._cipher(key).encrypt(nonce, payload, context)))

    def open(self, context: bytes, data: bytes) -> bytes:
        """The payload, if it was encrypted in this context."""
        key, rest = self._ring.find(data)
        key, nonce = _derived(key, rest[:_RANDOM])
        try:
            payload: bytes = self._cipher(key).decrypt(nonce, rest[_RANDOM:], context)
        except (self._invalid, ValueError):  # ValueError: too short to hold a tag
            payload = b""
        else:
            return payload
        # Raised outside the handler: what was caught must not hang on as the context.
        raise ValueFormatError("the stored value was not encrypted for this key, or was changed")


def _derived(key: bytes, random: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of one ciphertext."""
    derived = blake2b(random, key=key, digest_size=KEY_LENGTH + _NONCE, person=b"unicache aes-gcm").digest()
    return derived[:KEY_LENGTH], derived[KEY_LENGTH:]
