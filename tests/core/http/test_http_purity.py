"""The policy is pure (line 106): no clock, no I/O, no event model, and nobody who imports unicache pays for it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
POLICY = sorted(path for path in (ROOT / "unicache" / "_core" / "http").glob("*.py"))
PURE = {"calendar", "collections", "dataclasses", "datetime", "enum", "hashlib", "http", "http_sf", "math", "msgspec"}
PURE |= {"functools", "re", "struct", "typing", "unicache", "urllib"}
ENGINE = {
    "aging.py",
    "arriving.py",
    "choices.py",
    "exchange.py",
    "filing.py",
    "parts.py",
    "shelf.py",
    "site.py",
    "turns.py",
}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", [path for path in POLICY if path.name not in ENGINE], ids=lambda path: path.stem)
def test_line_106_the_policy_imports_nothing_that_acts(path: Path) -> None:
    assert imported(path) <= PURE
    assert "await" not in {type(node).__name__.lower() for node in ast.walk(ast.parse(path.read_text()))}


def test_importing_unicache_imports_none_of_it() -> None:
    program = "import sys, unicache, unicache_asyncio; print([m for m in sys.modules if 'http' in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
