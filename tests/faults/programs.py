"""Programs of their own, for what only a whole interpreter shows: what they print, and that they do not complain."""

import subprocess
import sys
import textwrap
from collections.abc import Sequence

__all__ = ["said", "started"]

STRICT = ("-X", "dev", "-W", "error")

PATIENCE = "import logging\nlogging.getLogger('asyncio').setLevel(logging.ERROR)\n"
"""In its development mode asyncio warns of steps that take 100 ms, which on a busy machine any of them may."""


def started(text: str, *arguments: str, options: Sequence[str] = ()) -> "subprocess.Popen[str]":
    """Start it; warnings are errors, and leaks are warnings."""
    command = [sys.executable, *STRICT, *options, "-c", PATIENCE + textwrap.dedent(text), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def said(program: "subprocess.Popen[str]") -> str:
    """Wait for its end; what it printed. What it complained of fails the test."""
    output, complaints = program.communicate(timeout=60)
    assert (program.returncode, complaints) == (0, "")
    return output.strip()
