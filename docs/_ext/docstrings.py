"""A Sphinx step: the plain docstrings of this project as reStructuredText.

Two shapes in them mean something else to Sphinx than to a reader: lines of names in double backticks with their
meanings beside them, which become a definition list, and indented blocks, which become literal blocks.
"""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

__all__ = ["as_rst", "setup"]

_FIRST_MEANING = re.compile(r"``[^`]+`` {2,}\S.*")
_MEANING = re.compile(r"``(?P<names>[^`]+)`` +(?P<text>\S.*)")


def as_rst(lines: list[str]) -> list[str]:
    """A docstring, line by line, as reStructuredText."""
    made: list[str] = []
    for block in _blocks(lines):
        if _FIRST_MEANING.fullmatch(block[0]):
            made += _definitions(block)
        elif all(line.startswith("    ") for line in block):
            made += ["::", "", *block]
        else:
            made += block
        made.append("")
    return made


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The paragraphs: what stands between empty lines."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def _definitions(block: list[str]) -> Iterator[str]:
    for line in block:
        if found := _MEANING.fullmatch(line):
            yield ", ".join(f"``{name}``" for name in found["names"].split())
            yield f"    {found['text']}"
        else:
            yield f"    {line.strip()}"


def _rewrite(_app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls when it loads the step."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", _rewrite)
    return {"parallel_read_safe": True}
