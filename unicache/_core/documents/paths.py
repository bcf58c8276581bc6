"""Paths: text such as ``a.b[0]`` that names a part of a document, taken apart. Pure.

    a.b          what is at b in what is at a
    a[0], a[-1]  the first and the last item of the list at a
    `a.b`[0]     backticks around a name that has a dot, bracket or backtick in it; a backtick in it is written twice
                 and nothing at all is the whole document

The way of writing is Couchbase's for sub-documents. What must not live here: documents, and what is done to their parts
(``parts``).
"""

import re

from unicache._core.records.codec import MAX_DEPTH
from unicache.errors import InvalidArgument

__all__ = ["Step", "Steps", "parse"]

Step = str | int
"""A name in a dict, or an index in a list."""

Steps = tuple[Step, ...]
"""From the whole document to a part of it."""

_NAME = r"(?:(?P<plain>[^.`\[\]]+)|`(?P<quoted>(?:[^`]|``)*+)`)"
_INDEX = r"\[(?P<index>0|-?[1-9][0-9]{0,17})\]"
_FIRST = re.compile(f"{_NAME}|{_INDEX}")
_NEXT = re.compile(rf"\.{_NAME}|{_INDEX}")


def parse(path: str) -> Steps:
    """The steps of a path; none for the empty one.

    Raises InvalidArgument, with the position, for what is no path, and for one with more steps than a value has levels.
    """
    if not isinstance(path, str):
        raise _refused(f"a str, not {type(path).__name__}")
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = (_NEXT if at else _FIRST).match(path, at)
        if found is None:
            raise _refused(f"'.name' or '[index]' at position {at}" if at else "a name or '[index]' at position 0")
        steps.append(_step(found))
        at = found.end()
    if len(steps) > MAX_DEPTH:
        raise _refused(f"at most {MAX_DEPTH} steps, not {len(steps)}")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    return found["plain"] if found["plain"] is not None else found["quoted"].replace("``", "`")


def _refused(what: str) -> InvalidArgument:
    return InvalidArgument(f"path must be {what}", argument="path")
