"""All stories."""

from http_table import asking, changing, choosing, guarding, storing

__all__ = ["STORIES", "TABLES"]

TABLES = (storing, asking, changing, guarding, choosing)

STORIES = tuple(story for table in TABLES for story in table.STORIES)
