"""All stories."""

from http_table import asking, changing, choosing, guarding, storing

__all__ = ["ENGINE", "STORIES"]

ENGINE = {
    15: "what lies in the store",
    57: "a race between a fetch and an invalidation",
    60: "purges are calls, not responses",
    63: "what runs beside a client",
    66: "a store that is down",
    **dict.fromkeys(range(73, 81), "several clients, or bodies that come in pieces"),
    83: "each server's own ways to send a body",
    86: "the request's body",
    105: "every server model",
}
"""Lines that no story with one client and whole bodies can show, and why."""

STORIES = (*storing.STORIES, *asking.STORIES, *changing.STORIES, *guarding.STORIES, *choosing.STORIES)
