"""A Sphinx step: ``{module-table}`` makes a table of the modules it is given, with what their docstrings say first.

So the table cannot say anything else than the modules do; that it names all of them is checked by a test.
"""

import ast
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["setup"]

_ROOT = Path(__file__).resolve().parents[2]


class ModuleTable(SphinxDirective):
    """One row for each module; a line of the content is a path, or a pattern, below the root of the repository."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The table, written as Markdown and parsed in place."""
        paths = [path for pattern in self.content for path in sorted(_ROOT.glob(pattern))]
        for path in paths:
            self.env.note_dependency(str(path))
        rows = [f"| `{path.relative_to(_ROOT)}` | {_summary(path)} |" for path in paths]
        table = "\n".join(["| module | what lives there |", "|---|---|", *rows])
        return list(self.parse_text_to_nodes(table))


def _summary(path: Path) -> str:
    """The first paragraph of the module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{path} has no docstring")
    return " ".join(docstring.partition("\n\n")[0].split()).replace("|", "\\|")


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls when it loads the step."""
    app.add_directive("module-table", ModuleTable)
    return {"parallel_read_safe": True}
