"""The terms of a load-through: how long values live, when they are stale, how long callers wait. Checked once, at
decoration; pure.

What must not live here: what to do about a record under these terms (``freshness``), and doing it (``load``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec

from unicache._core.loads.freshness import NO_WINDOWS, Windows
from unicache._core.setup.settings import Settings
from unicache._core.tools.durations import optional_seconds, seconds
from unicache.errors import ConfigurationError
from unicache.typing import Default, Duration, LoadOptions

__all__ = ["Terms", "Ttl", "terms_of"]

Ttl = Duration | Default | Callable[[Any], Duration | None] | None
"""A time to live, or what computes it from the result."""


class Terms(msgspec.Struct, frozen=True):
    """All times in seconds; see ``unicache.typing.LoadOptions`` for what they mean.

    ``cancelled``  whether a load that nobody waits for is
    """

    ttl: float | Callable[[Any], Duration | None] | None
    windows: Windows = NO_WINDOWS
    jitter: float = 0.0
    soft_timeout: float | None = None
    hard_timeout: float | None = None
    cancelled: bool = False
    negative: Mapping[type[Exception], float] = {}
    result_tags: Callable[[Any], Iterable[str]] | None = None

    def life(self, value: Any) -> float | None:
        """The time to live of this result."""
        if not callable(self.ttl):
            return self.ttl
        return optional_seconds(self.ttl(value), "ttl")

    @property
    def longest_known(self) -> float | None:
        """How long an entry may live, as far as that is known before the load."""
        return None if callable(self.ttl) or self.ttl is None else self.ttl + self.windows.longest

    def negative_life(self, error: Exception) -> float | None:
        """How long this failure is remembered; None for not at all."""
        return next((life for kind, life in self.negative.items() if isinstance(error, kind)), None)


def terms_of(settings: Settings, ttl: Ttl, options: LoadOptions) -> Terms:
    """The terms that a user asked for.

    Raises InvalidArgument for what is no duration, ConfigurationError for what is unknown or contradicts itself.
    """
    unknown = options.keys() - LoadOptions.__annotations__.keys()
    if unknown:
        raise ConfigurationError(f"unknown option {min(unknown)!r}; there are {', '.join(LoadOptions.__annotations__)}")
    terms = _read(settings, ttl, options)
    _check(terms, settings)
    return terms


def _read(settings: Settings, ttl: Ttl, options: LoadOptions) -> Terms:
    return Terms(
        ttl=_ttl(settings, ttl),
        windows=Windows(
            revalidate=_window(options, "stale_while_revalidate"),
            if_error=_window(options, "stale_if_error"),
            early=_number(options, "early_refresh"),
        ),
        jitter=_number(options, "jitter"),
        soft_timeout=optional_seconds(options.get("soft_timeout"), "soft_timeout"),
        hard_timeout=optional_seconds(options.get("hard_timeout"), "hard_timeout"),
        cancelled=_cancelled(options),
        negative=_negative(options.get("negative", {})),
        result_tags=_result_tags(options),
    )


def _result_tags(options: LoadOptions) -> Callable[[Any], Iterable[str]] | None:
    given = options.get("result_tags")
    if given is not None and not callable(given):
        raise ConfigurationError("result_tags must be a function from the result to its tags")
    return given


def _cancelled(options: LoadOptions) -> bool:
    given = options.get("abandoned", "finish")
    if given not in ("finish", "cancel"):
        raise ConfigurationError(f"abandoned must be 'finish' or 'cancel', not {given!r}")
    return given == "cancel"


def _ttl(settings: Settings, ttl: Ttl) -> float | Callable[[Any], Duration | None] | None:
    if isinstance(ttl, Default):
        return settings.ttl
    return ttl if callable(ttl) else optional_seconds(ttl, "ttl")


def _window(options: LoadOptions, name: str) -> float:
    value = cast("Duration | None", options.get(name))
    return 0.0 if value is None else seconds(value, name)


def _number(options: LoadOptions, name: str) -> float:
    value = options.get(name, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1000.0:
        raise ConfigurationError(f"{name} must be a number, 0 or more")
    return float(value)


def _negative(given: Mapping[type[Exception], Duration]) -> dict[type[Exception], float]:
    if not isinstance(given, Mapping) or not all(
        isinstance(kind, type) and issubclass(kind, Exception) for kind in given
    ):
        raise ConfigurationError("negative must be a mapping from exception classes to durations")
    return {kind: seconds(life, "negative") for kind, life in given.items()}


def _check(terms: Terms, settings: Settings) -> None:
    if terms.windows.needs_clock and terms.ttl is None:
        raise ConfigurationError("a stale window or early refresh needs a ttl: what never expires is never stale")
    if terms.jitter >= 1.0:
        raise ConfigurationError("jitter must be below 1: it is the part of the ttl that may be cut off")
    if terms.soft_timeout is not None and not terms.windows.if_error:
        raise ConfigurationError("soft_timeout needs stale_if_error: without it there is nothing to serve meanwhile")
    if None not in (terms.soft_timeout, terms.hard_timeout) and terms.soft_timeout >= terms.hard_timeout:  # type: ignore[operator]
        raise ConfigurationError("soft_timeout must be shorter than hard_timeout")
    if terms.hard_timeout is not None and settings.lease < terms.hard_timeout:
        raise ConfigurationError("hard_timeout must not exceed the cache's lease, or others would load meanwhile")
