"""From a URL and keyword options to checked settings: everything a user can get wrong is found here, before any I/O.

    memory://                                       in this process
    valkey://[user:password@]host[:port][/db]       redis:// is the same
    valkeys://…                                     TLS, certificate and host name verified; rediss:// is the same
    unix:///path/to/socket?db=0

Options stand behind ``?`` or are given as keywords. Parsing is the standard library's: a client library's parser comes
with the whole client, to import each time. No error shows more of a URL than the option or part it is about.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from unicache._core.io import Endpoint
from unicache._core.setup.node import Credentials, NodeOptions
from unicache._core.setup.schemes import ALL, MEMORY, SCHEMES, SETTINGS, Convert
from unicache._core.setup.settings import Settings
from unicache.errors import ConfigurationError, InvalidArgument

if TYPE_CHECKING:
    import ssl

__all__ = ["Configuration", "Memory", "configuration"]


class Memory(msgspec.Struct, frozen=True):
    """``memory://``: the bounds of the store."""

    max_entries: int = 100_000
    max_bytes: int = 256 * 2**20


class Configuration(msgspec.Struct, frozen=True):
    """Where the store is, and how the cache behaves."""

    store: Memory | NodeOptions
    settings: Settings


def configuration(url: str, options: Mapping[str, Any]) -> Configuration:
    """Check everything. Raises ConfigurationError, naming the option or the part of the URL that is wrong.

    A URL may hold only what its scheme knows. Keywords may be of any scheme, and those of others are left alone: the
    code of an application stays as it is when its URL changes.
    """
    parts = _split(url)
    kind = SCHEMES[parts.scheme]
    _refuse_loose_ends(parts, kind)
    foreign = _converted(ALL, {name: value for name, value in options.items() if name not in kind})
    given = _given(parts, {name: value for name, value in options.items() if name not in foreign})
    values = _converted(kind, given)
    settings = Settings(**{name: values.pop(name) for name in SETTINGS if name in values})
    store = Memory(**values) if kind is MEMORY else _node(parts, values)
    return Configuration(store, settings)


def from_environment() -> str:
    """What ``UNICACHE_URL`` says. Raises ConfigurationError when it says nothing."""
    url = os.environ.get("UNICACHE_URL")
    if not url:
        raise ConfigurationError("the environment has no UNICACHE_URL; set it to a URL such as valkey://localhost:6379")
    return url


# -- what is given


_NOT_YET = ("valkey+cluster", "valkey+sentinel")


def _split(url: str) -> SplitResult:
    if not isinstance(url, str):
        raise ConfigurationError(f"url must be a str such as 'valkey://localhost:6379', not {type(url).__name__}")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its message would show the URL, and with it a password
        raise ConfigurationError("url is malformed: its host or port cannot be read") from None
    if parts.scheme in _NOT_YET:
        raise ConfigurationError(f"{parts.scheme}:// is not supported yet; give the URL of a single node")
    if "://" not in url:
        raise ConfigurationError("url must begin with a scheme, such as valkey://localhost:6379")
    if parts.scheme not in SCHEMES:
        raise _unknown("URL scheme", parts.scheme, SCHEMES)
    return parts


def _refuse_loose_ends(parts: SplitResult, kind: Mapping[str, Any]) -> None:
    """What would be passed over in silence, and what is left of a password that was not quoted: it is not shown."""
    unknown = dict(parse_qsl(parts.query, keep_blank_values=True)).keys() - kind.keys()
    if parts.fragment or (unknown and "@" in parts.query):
        raise ConfigurationError("url is malformed: in a password, write %23 for a '#' and %3F for a '?'")
    if kind is MEMORY and (parts.netloc or parts.path.strip("/")):
        raise ConfigurationError("memory:// has no host and no path; options stand behind a '?'")


def _given(parts: SplitResult, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the URL and of the call together; the same one in both places is an error."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    given: dict[str, Any] = dict(pairs)
    for name, value in (*_of_authority(parts).items(), *options.items()):
        if name in given:
            raise ConfigurationError(f"{name} is given twice, in the URL and beside it")
        given[name] = value
    if len(dict(pairs)) < len(pairs):
        raise ConfigurationError("url names an option twice")
    return given


def _of_authority(parts: SplitResult) -> dict[str, Any]:
    """User, password and database where a URL has them outside its options."""
    found: dict[str, Any] = {}
    if parts.username:
        found["username"] = unquote(parts.username)
    if parts.password is not None:
        found["password"] = unquote(parts.password)
    database = parts.path.strip("/")
    if database and parts.scheme not in ("unix", "memory"):
        if not database.isdecimal():
            raise ConfigurationError("the path of url must be the number of a database, such as /0")
        found["db"] = database
    return found


def _converted(kind: dict[str, Convert], given: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in given.items():
        if name not in kind and name in ALL:
            homes = [f"{scheme}://" for scheme, options in SCHEMES.items() if name in options]
            raise ConfigurationError(f"{name!r} is an option of {', '.join(homes)} alone")
        if name not in kind:
            raise _unknown("option", name, kind)
        try:
            values[name] = kind[name](value, name)
        except InvalidArgument as error:
            raise ConfigurationError(str(error)) from None
    return values


def _unknown(what: str, name: str, known: Mapping[str, Any]) -> ConfigurationError:
    from difflib import get_close_matches  # dear to import, and only a mistake needs it

    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    return ConfigurationError(f"unknown {what} {name!r}; {hint}")


# -- what they make


def _node(parts: SplitResult, values: dict[str, Any]) -> NodeOptions:
    who = Credentials(
        username=values.pop("username", "default"),
        password=values.pop("password", None),
        database=values.pop("db", 0),
        client_name=values.pop("client_name", None),
    )
    node, replica = _endpoint(parts, values), values.pop("replica", None)
    if replica is not None and node.tls is not None:
        replica = msgspec.structs.replace(replica, tls=node.tls)
    return NodeOptions(endpoint=node, who=who, replica=replica, **values)


def _endpoint(parts: SplitResult, values: dict[str, Any]) -> Endpoint:
    if parts.scheme == "unix":
        path = unquote(parts.path)
        if parts.netloc or not path:
            raise ConfigurationError(
                "a unix URL has three slashes and an absolute path, such as unix:///run/valkey.sock"
            )
        return Endpoint(path=path)
    tls = _context(values) if parts.scheme in ("valkeys", "rediss") else None
    return Endpoint(host=parts.hostname or "localhost", port=parts.port or 6379, tls=tls)


def _context(values: dict[str, Any]) -> "ssl.SSLContext":
    """A context that verifies certificate and host name, unless ``ssl_cert_reqs`` says in so many words not to."""
    import ssl  # dear to import, and most URLs need it not

    authorities, own, key = (values.pop(name, None) for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"))
    try:
        context = ssl.create_default_context(cafile=authorities)
        if own is not None:
            context.load_cert_chain(own, key)
    except OSError as error:
        raise ConfigurationError(f"a certificate or key file cannot be used: {error.strerror or error}") from None
    if values.pop("ssl_cert_reqs", "required") == "none":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
