"""What names a URL in the store, and which requests have such a name at all (RFC 9111 2, 7). Pure.

Two requests share a name only if the application cannot tell them apart by anything that this module knows of. Nothing
is decoded, resolved or cut off: what another program would take for the same resource is another one here.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote_plus

from unicache._core.http.fields import Headers, lines, split
from unicache._core.http.messages import Request
from unicache._core.http.rules import Rules

__all__ = ["base_of", "key_of", "normal_host", "origin_of", "unkeyable", "variant_of", "with_normal_query"]

LONGEST_PREFIX = 400
"""Characters of scheme, host and path that can be read in a key; what is longer is told apart by the digest alone."""

LONGEST_HOST = 255

_HOST = re.compile(r"(?:[a-z0-9._~%!$&'()*+;=-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_PATH = re.compile(r"/[!-~]*")
_PORTS = {"http": ":80", "https": ":443"}

_FORWARDING = frozenset(
    {
        "forwarded",
        "front-end-https",
        "x-host",
        "x-http-destinationurl",
        "x-http-host-override",
        "x-scheme",
        "x-script-name",
        "x-url-scheme",
    }
)
_FORWARDING_STEMS = ("x-forwarded-", "x-original-", "x-rewrite-")
"""Fields by which applications build other URLs than the request's, or know who is asking."""

_ADDRESSES = frozenset({"x-forwarded-by", "x-forwarded-for", "x-original-forwarded-for"})
"""Fields that begin so and are in every request behind a proxy."""

_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})


@lru_cache(maxsize=256)
def normal_host(scheme: str, host: str) -> str | None:
    """The host in lower case and without the scheme's own port; None when it is not a host."""
    lowered = host.lower().removesuffix(_PORTS.get(scheme, "")) if host else ""
    return lowered if len(lowered) <= LONGEST_HOST and _HOST.fullmatch(lowered) else None


def origin_of(request: Request) -> str:
    """Scheme and host, as the beginning of an absolute URL."""
    return f"{request.scheme}://{normal_host(request.scheme, request.host) or ''}"


def unkeyable(request: Request, rules: Rules) -> str | None:
    """Why nothing stored may answer the request and its response must not be stored, in a word; None if they may.

    Its answer may depend on what no key has in it.
    """
    host = normal_host(request.scheme, request.host)
    if host is None or len(lines(request.headers, "host")) > 1:
        return "host"
    if rules.hosts is not None and host not in rules.hosts:
        return "host-not-allowed"
    if not _PATH.fullmatch(request.path) or "#" in request.path:
        return "target"
    if request.has_body:
        return "request-body"
    return _by_fields(request.headers, rules)


def _by_fields(headers: Headers, rules: Rules) -> str | None:
    names = {name.replace("_", "-") for name, _ in headers}  # which many applications cannot tell apart
    if names & _OVERRIDES:
        return "method-override"
    if "upgrade" in names:
        return "upgrade"
    forwarding = (names & _FORWARDING) | {name for name in names if name.startswith(_FORWARDING_STEMS)}
    return min(forwarding - _ADDRESSES - rules.trusted - set(rules.vary), default=None)


def with_normal_query(request: Request, rules: Rules) -> Request:
    """The request without the query arguments to be ignored, and with the others in order, if so configured.

    Key and application are given the same one, so that an argument which is in no key reaches no application either.
    """
    if not request.query or not (rules.ignore_query or rules.sort_query):
        return request
    kept = [each for each in request.query.split("&") if _name(each) not in rules.ignore_query]
    return replace(request, query="&".join(sorted(kept) if rules.sort_query else kept))


def _name(argument: str) -> str:
    return unquote_plus(argument.partition("=")[0])


def base_of(request: Request) -> str:
    """Scheme, host and path: what can be read in a key, and what a purge by prefix compares with."""
    return f"{origin_of(request)}{request.path}"[:LONGEST_PREFIX]


def key_of(request: Request, rules: Rules) -> str:
    """The key of a URL: its beginning, and a digest of all of it. The query is in the digest only.

    Arguments are often secrets; a path hardly ever is.
    """
    parts = [request.scheme, origin_of(request), request.path, request.query or ""]
    parts.append("" if request.query is None else "?")
    for name in sorted(rules.trusted):
        parts += _selected(request.headers, name, rules)
    if rules.parts is not None:
        parts += rules.parts(request)
    return f"{base_of(request)}#{_digest(parts).hex()}"


def variant_of(request: Request, vary: Iterable[str], rules: Rules) -> bytes:
    """The digest of what the request says in the fields that a response varies by (RFC 9111 4.1)."""
    parts: list[str] = []
    for name in vary:
        parts += (name, *_selected(request.headers, name, rules))
    return _digest(parts)


def _selected(headers: Headers, name: str, rules: Rules) -> tuple[str, str]:
    """Whether the field is there, and its members; lines, and white space around members, make no difference.

    Neither do ``_`` and ``-`` in its name, which are one in a WSGI environment.
    """
    plain = name.replace("_", "-")
    said = [value for each, value in headers if each.replace("_", "-") == plain]
    if not said:
        return "absent", ""
    found = split(", ".join(said))
    if name in rules.normalise:
        found = sorted({";".join(map(str.strip, each.lower().split(";"))) for each in found})
    return "there", ",".join(found)


def _digest(parts: Iterable[str]) -> bytes:
    """128 bits of all parts, each with its length in front, so that no two lists run into one."""
    pieces = [part.encode("utf-8", "surrogatepass") for part in parts]
    whole = b"".join([len(piece).to_bytes(8, "little") + piece for piece in pieces])
    return hashlib.blake2b(whole, digest_size=16).digest()
