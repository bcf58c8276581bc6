"""Which options each kind of URL has, and what each of them may be: text from a URL, or a value from the code.

A converter gives the value that the rest of the library takes, or raises ConfigurationError or InvalidArgument, naming
the option. What must not live here: URLs themselves, and what is made of the options.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from unicache._core.io import Endpoint
from unicache._core.records.codec import Format, format_of
from unicache._core.records.seal import Encryption, Signing
from unicache._core.setup.node import NearOptions
from unicache._core.tools.durations import optional_seconds, seconds
from unicache.errors import ConfigurationError
from unicache.typing import Near

__all__ = ["ALL", "MEMORY", "SCHEMES", "SETTINGS", "Convert"]

_LARGEST_VALUE = 500 * 2**20
"""What fits into the 512 MiB that a server takes as one string, with everything around it."""


def _optional_time(value: Any, name: str) -> float | None:
    return optional_seconds(_numeric(value), name)


def _time(value: Any, name: str) -> float:
    return seconds(_numeric(value), name)


def _numeric(value: Any) -> Any:
    """Options of a URL are text: there, a bare number means seconds."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _positive(value: Any, name: str) -> int:
    return _whole(value, name, least=1)


def _whole(value: Any, name: str, least: int = 0) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ConfigurationError(f"{name} must be a whole number, {least} or more")
    return number


def _value_size(value: Any, name: str) -> int:
    size = _positive(value, name)
    if size > _LARGEST_VALUE:
        raise ConfigurationError(f"{name} must be at most {_LARGEST_VALUE}, which is what a server takes")
    return size


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} must be a str that is not empty")
    return value


def _address(value: Any, name: str) -> Endpoint:
    wrong = ConfigurationError(f"{name} must be 'host' or 'host:port'")
    try:
        parts = urlsplit(f"//{_text(value, name)}")
        port = parts.port or 6379
    except ValueError:
        raise wrong from None
    if not parts.hostname or "@" in parts.netloc or parts.netloc != value:
        raise wrong
    return Endpoint(host=parts.hostname, port=port)


def _requirement(value: Any, name: str) -> str:
    if value not in ("required", "none"):
        raise ConfigurationError(f"{name} must be 'required' or 'none'")
    return str(value)


def _near(value: Any, name: str) -> NearOptions | None:
    if isinstance(value, str) and value in ("true", "false"):
        value = value == "true"
    if isinstance(value, bool) or value is None:
        value = Near() if value else None
    if not isinstance(value, Near | None):
        raise ConfigurationError(f"{name} must be True, False or a Near")
    return (
        None
        if value is None
        else NearOptions(
            max_bytes=_positive(value.max_bytes, f"{name}.max_bytes"),
            max_entries=_positive(value.max_entries, f"{name}.max_entries"),
            max_staleness=_time(value.max_staleness, f"{name}.max_staleness"),
        )
    )


def _codec(value: Any, name: str) -> Format:
    if value is None:
        return Format()
    return format_of(value.split(",") if isinstance(value, str) else value, name)


def _compression(value: Any, name: str) -> bool:
    if value not in ("zstd", "none"):
        raise ConfigurationError(f"{name} must be 'zstd' or 'none'")
    return bool(value == "zstd")


Convert = Callable[[Any, str], Any]
SETTINGS: dict[str, Convert] = {
    "ttl": _optional_time,
    "lease": _time,
    "origin_limit": _positive,
    "replay_invalidations": _whole,
    "codec": _codec,
    "compression": _compression,
    "compression_threshold": _whole,
    "signing": lambda value, _: Signing(value),
    "encryption": lambda value, _: Encryption(value),
    "max_value_bytes": _value_size,
}
MEMORY: dict[str, Convert] = {**SETTINGS, "max_entries": _positive, "max_bytes": _positive}
NODE: dict[str, Convert] = {
    **SETTINGS,
    "timeout": _time,
    "connect_timeout": _time,
    "max_connections": _positive,
    "client_name": _text,
    "username": _text,
    "password": _text,
    "db": _whole,
    "near": _near,
    "acknowledged_by": _whole,
    "replica": _address,
}
TLS: dict[str, Convert] = {
    **NODE,
    "ssl_ca_certs": _text,
    "ssl_certfile": _text,
    "ssl_keyfile": _text,
    "ssl_cert_reqs": _requirement,
}
SCHEMES = {"memory": MEMORY, "valkey": NODE, "redis": NODE, "unix": NODE, "valkeys": TLS, "rediss": TLS}
ALL = {**MEMORY, **TLS}
