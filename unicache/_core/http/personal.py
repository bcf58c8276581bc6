"""Whether the application was seen to look at who is asking: at a session, or a Cookie that is read lazily. Pure.

Django, Flask and Starlette tell it by ``Vary: Cookie``. This is for those that leave a trace and say nothing.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["seen_in"]

_SESSIONS = ("session", "beaker.session", "werkzeug.session")
"""Where in an environment or scope a session is kept."""

_COOKIES = "bottle.request.cookies"
"""What Bottle keeps there when they were read."""


def seen_in(environment: Mapping[str, Any]) -> bool:
    """By the environment or scope that the application was given, after it has begun its response."""
    return _COOKIES in environment or any(_touched(environment.get(name)) for name in _SESSIONS)


def _touched(session: Any) -> bool:
    """What a session says of itself; one that says nothing was touched if there is anything in it."""
    accessed = getattr(session, "accessed", None)
    if accessed is None:
        return bool(session)
    return bool(accessed() if callable(accessed) else accessed)
