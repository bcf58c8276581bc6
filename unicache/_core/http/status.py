"""Cache-Status: what this cache did with a request, and why (RFC 9211). Pure."""

from dataclasses import dataclass
from math import floor

from unicache._core.http.fields import Headers
from unicache._core.http.structured import write_string

__all__ = ["Status", "with_status"]


@dataclass(frozen=True, slots=True)
class Status:
    """One member of Cache-Status. Either a hit, or forwarded for the reason ``fwd``; never both.

    ``fwd``         uri-miss, vary-miss, stale, request, method, bypass or partial; empty for a hit
    ``fwd_status``  what the application answered; 0 when it was not asked, or answered the same
    ``ttl``         seconds of freshness left, negative when it is stale; None when nothing was served from the cache
    ``detail``      what else there is to say, in a word
    """

    fwd: str = ""
    fwd_status: int = 0
    ttl: float | None = None
    stored: bool = False
    collapsed: bool = False
    detail: str = ""

    @property
    def hit(self) -> bool:
        """Whether it was answered without asking the application."""
        return not self.fwd

    def text(self, name: str, key: str = "") -> str:
        """The member, for a cache of this name; with the key if one is given."""
        parts = [name, f"fwd={self.fwd}" if self.fwd else "hit"]
        if self.fwd_status:
            parts.append(f"fwd-status={self.fwd_status}")
        if self.ttl is not None:
            parts.append(f"ttl={floor(self.ttl)}")
        parts += [flag for flag, on in (("stored", self.stored), ("collapsed", self.collapsed)) if on]
        if key:
            parts.append(f"key={write_string(key)}")
        if self.detail:
            parts.append(f"detail={self.detail}")
        return "; ".join(parts)


def with_status(headers: Headers, status: Status, name: str, key: str = "") -> Headers:
    """The fields with this cache's member behind those of the caches before it."""
    return (*headers, ("cache-status", status.text(name, key)))
